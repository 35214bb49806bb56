"""What a page's form would send if its button were pressed now."""

from typing import Any

import html5lib

Fields = dict[str, list[str]]


def fields_of(page: Any, action: str) -> Fields:
    """The values of the form of `page` that posts to an address with `action` in it, by name."""
    tree = html5lib.parse(page.text, namespaceHTMLElements=False)
    forms = [form for form in tree.iter("form") if action in (form.get("action") or "")]
    (form,) = [form for form in forms if form.get("method") == "post"][:1]
    found: Fields = {}
    for each in form.iter():
        for value in _values(each):
            found.setdefault(str(each.get("name")), []).append(value)
    return found


def _values(each: Any) -> list[str]:
    if each.get("name") is None:
        return []
    if each.tag == "select":
        chosen = [option for option in each.iter("option") if option.get("selected") is not None]
        return [option.get("value") or "" for option in (chosen or list(each.iter("option"))[:1])]
    if each.tag == "textarea":
        return ["".join(each.itertext())]
    if each.tag != "input" or (each.get("type") in ("radio", "checkbox") and each.get("checked") is None):
        return []
    return [each.get("value") or ""]


def seen(page: Any) -> str:
    """The mark of the definition that the page put into its forms."""
    return str(page.text.split('name="seen"', 1)[1].split('value="', 1)[1].split('"', 1)[0])


def tables_of(text: str) -> list[tuple[str, list[list[str]]]]:
    """Each table of a page: its caption or label, and its rows, the headings among them."""
    tree = html5lib.parse(text, namespaceHTMLElements=False)
    return [(_caption(table), [_cells(row) for row in table.iter("tr")]) for table in tree.iter("table")]


def _caption(table: Any) -> str:
    captions = [_words(caption) for caption in table.iter("caption")]
    return captions[0] if captions else table.get("aria-label") or ""


def _cells(row: Any) -> list[str]:
    return [_words(cell) for cell in row if cell.tag in ("td", "th")]


def _words(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())
