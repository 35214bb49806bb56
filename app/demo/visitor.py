"""Somebody who uses the service as a person does: opens pages, fills in their forms, presses their buttons.

The demonstration's story is told this way, so that it goes through every check that real work goes through.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.test import TestResponse

Values = dict[str, Any]


class StoryBroke(RuntimeError):
    """A page did not do what the story needs; the message says which, and what it said."""


@dataclass
class PageForm:
    """A form on a page: where it goes, what it holds already, and its buttons by their words."""

    action: str
    method: str
    values: Values = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Collects the forms of a page, as a browser would send them if nothing were changed."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[tuple[str, str]] = []
        self.title = ""
        self._link: tuple[str, list[str]] | None = None
        self._open: PageForm | None = None
        self._words: list[str] | None = None
        self._button = ("", "")
        self._area: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "main":
            self.links.clear()
        elif tag == "a":
            self._link = (given.get("href", ""), [])
        elif tag == "form":
            self._open = PageForm(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._open)
        elif tag in ("button", "title"):
            self._words, self._button = [], (given.get("name", ""), given.get("value", ""))
        elif self._open is not None:
            self._field(tag, given, dict(attrs))

    def _field(self, tag: str, given: dict[str, str], attrs: dict[str, str | None]) -> None:
        name, values = given.get("name", ""), (self._open or PageForm("", "")).values
        if tag == "textarea":
            self._area = name
            values[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in attrs or self._select not in values):
            values[self._select] = given.get("value", "")
        elif tag == "input" and name:
            if given.get("type") in ("radio", "checkbox") and self._open:
                self._open.choices.setdefault(name, []).append(given.get("value", "on"))
                if "checked" in attrs:
                    values.setdefault(name, []).append(given.get("value", "on"))
            elif given.get("type") != "file":
                before = values.get(name)
                value = given.get("value", "")
                values[name] = (
                    value if before is None else [*([before] if isinstance(before, str) else before), value]
                )

    def handle_data(self, data: str) -> None:
        if self._link is not None:
            self._link[1].append(data)
        if self._words is not None:
            self._words.append(data)
        elif self._area is not None and self._open is not None:
            self._open.values[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("button", "title") and self._words is not None:
            words = " ".join("".join(self._words).split())
            if tag == "title":
                self.title = self.title or words
            elif self._open is not None:
                self._open.buttons[words] = self._button
            self._words = None
        elif tag == "a" and self._link is not None:
            self.links.append((" ".join("".join(self._link[1]).split()), self._link[0]))
            self._link = None
        elif tag == "form":
            self._open = None
        elif tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None


class Visitor:
    """One person at one browser."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.path = ""
        self.text = ""

    def become(self, account_id: int) -> "Visitor":
        """Sign in as that person of the demonstration."""
        self.open("/demonstration")
        form = self._find(lambda each: each.action.split("?")[0] == f"/demonstration/become/{account_id}")
        self._keep(self.client.post(form.action, data=form.values, follow_redirects=True))
        return self

    def open(self, path: str) -> "Visitor":
        """Go to a page."""
        self._keep(self.client.get(path, follow_redirects=True))
        return self

    def follow(self, words: str) -> "Visitor":
        """Follow the first link of the page's main part whose words begin with `words`."""
        links = self._read().links
        address = next((href for text, href in links if text.startswith(words)), None)
        if address is None:
            raise StoryBroke(f"{self.path} has no link “{words}”, only {[text for text, _ in links]}")
        return self.open(address)

    def press(self, button: str, **values: Any) -> "Visitor":
        """Fill `values` into the form whose button's words begin with `button`, and press it.

        A dash in a field's name is written as two underscores. A file is (bytes stream, name).
        """
        form = self._find(lambda each: any(words.startswith(button) for words in each.buttons))
        words = next(words for words in form.buttons if words.startswith(button))
        name, value = form.buttons[words]
        data = form.values | ({name: value} if name else {})
        data |= {key.replace("__", "-"): given for key, given in values.items()}
        send = self.client.post if form.method == "post" else self.client.get
        extra: Any = {"data": data} if form.method == "post" else {"query_string": data}
        self._keep(send(form.action or self.path, follow_redirects=True, **extra))
        return self

    def leads_to(self, button: str) -> str:
        """Where the form goes whose button's words begin with `button`."""
        return self._find(lambda each: any(words.startswith(button) for words in each.buttons)).action

    def links(self) -> list[tuple[str, str]]:
        """The words and addresses of the links in the page's main part."""
        return self._read().links

    def choices(self, name: str) -> list[str]:
        """What may be chosen in the field of that name on this page."""
        return next(form.choices[name] for form in self._read().forms if name in form.choices)

    def holds(self, name: str) -> str:
        """What the field of that name on this page holds."""
        return str(next(form.values[name] for form in self._read().forms if name in form.values))

    def _find(self, fits: Any) -> PageForm:
        forms = self._read().forms
        found = next((form for form in forms if fits(form)), None)
        if found is None:
            buttons = [words for form in forms for words in form.buttons]
            raise StoryBroke(f"{self.path} has no such button, only {buttons}")
        return found

    def _keep(self, response: TestResponse) -> None:
        self.path, self.text = urlsplit(response.request.path).path, response.get_data(as_text=True)
        title = self._read().title
        if response.status_code >= 400 or title.startswith("Error"):
            raise StoryBroke(f"{response.status_code} at {self.path}: {title}: {_said(self.text)}")

    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.text)
        return reader


class _Words(HTMLParser):
    """Collects the words of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _said(text: str) -> str:
    """The error summary of a page, without its markup."""
    reader = _Words()
    reader.feed(text.partition('nhsuk-error-summary__list">')[2].partition("</ul>")[0])
    return " ".join(" ".join(reader.words).split())
