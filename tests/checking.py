"""The client that checks every answer of every test: HTML, accessibility, security, isolation, statements."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import html5lib
import pypdf
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.security import HEADERS

BUDGET = 12  # statements a page may use to be read
BUDGET_WRITING = 30  # … and to be acted on
# Once a minute the service notes that somebody is still there: at whichever page, it is not the page’s doing.
UNCOUNTED = re.compile(
    r"^\s*(SET LOCAL|SAVEPOINT|RELEASE|ROLLBACK|UPDATE signed_in SET seen_at=)", re.IGNORECASE
)
TEXTS = {"text/html", "text/csv", "application/json", "text/plain"}


class CheckingClient(FlaskClient):
    """A test client signed in as `who` (or nobody). `budget` may be raised for one page, with a reason."""

    who: str | None = None
    forbidden: frozenset[str] | set[str] = frozenset()
    budget: int | None = None

    def open(self, *args: Any, **kwargs: Any) -> Any:
        with counted() as statements:
            response = super().open(*args, **kwargs)
        if "follow_redirects" not in kwargs or not kwargs["follow_redirects"]:
            limit = self.budget or (BUDGET if response.request.method == "GET" else BUDGET_WRITING)
            spent = [s for s in statements if not UNCOUNTED.match(s)]
            assert len(spent) <= limit, "too many statements:\n" + "\n".join(s[:150] for s in spent)
        check(response, self.forbidden)
        return response

    def sent(self, path: str, **data: Any) -> Any:
        """POST a form and follow where it leads."""
        return self.post(path, data=data, follow_redirects=True)


# Lists that the statements of this thread are written to: others go their own way at the same moment.
_counting: ContextVar[tuple[list[str], ...]] = ContextVar("counting", default=())


@event.listens_for(Engine, "before_cursor_execute")
def _note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
    for seen in _counting.get():
        seen.append(statement)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that this thread executes inside."""
    seen: list[str] = []
    before = _counting.set((*_counting.get(), seen))
    try:
        yield seen
    finally:
        _counting.reset(before)


def check(response: Any, forbidden: frozenset[str] | set[str] = frozenset()) -> None:
    """Everything that must hold of any answer."""
    assert response.status_code < 500 or response.request.path == "/readyz", response.text[:500]
    static = response.request.path.startswith(("/static/", "/assets/"))
    for name, value in HEADERS.items():
        assert response.headers.get(name) == value, f"{name} is {response.headers.get(name)!r}"
    if not static:
        assert response.headers["Cache-Control"] == "no-store"
        assert "HX-Request" in response.headers["Vary"]
    shown = words_of(response)
    for word in forbidden:
        assert word not in shown, f"{word} was shown at {response.request.path}"
    page = response.mimetype == "text/html" and not 300 <= response.status_code < 400
    if page and response.text:
        check_html(response.text, whole="HX-Request" not in response.request.headers)


def words_of(response: Any) -> str:
    """What a person would read in the answer, a PDF's pages included."""
    if response.mimetype in TEXTS:
        return str(response.text)
    if response.mimetype == "application/pdf" and response.status_code == 200:
        pages = pypdf.PdfReader(io.BytesIO(response.data)).pages
        return "\n".join(page.extract_text() for page in pages)
    return ""


def check_html(text: str, *, whole: bool) -> None:
    """Strict HTML with one h1, unique ids, labels, safe forms, nothing inline, and plain twins for htmx."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree: Element = parser.parse(text) if whole else _fragment(parser, text)
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]
    if whole:
        assert tree.get("lang"), "the page has no language"
        assert len([e for e in elements if e.tag == "h1"]) == 1, "a page has exactly one h1"
    _check_title(elements)
    ids = Counter(e.get("id") for e in elements if e.get("id"))
    assert not [i for i, n in ids.items() if n > 1], f"ids twice: {[i for i, n in ids.items() if n > 1]}"
    _check_labels(elements)
    _check_forms(elements)
    _check_nothing_inline(elements)
    _check_twins(elements, set(ids), whole)


def _check_title(elements: list[Element]) -> None:
    """A page has one title, and so has a fragment: htmx makes it the page's."""
    (title,) = [e.text or "" for e in elements if e.tag == "title"]
    assert title.endswith(" – Oast"), title
    assert len(title) > len(" – Oast"), "the title says nothing"
    summary = any("nhsuk-error-summary" in e.get("class", "") for e in elements)
    assert title.startswith("Error: ") == summary, f"title {title!r} and error summary disagree"


def _fragment(parser: Any, text: str) -> Element:
    root = Element("fragment")
    root.extend(parser.parseFragment(text))
    return root


def _check_labels(elements: list[Element]) -> None:
    labelled = {e.get("for") for e in elements if e.tag == "label"}
    for e in elements:
        if e.tag not in ("input", "select", "textarea") or e.get("type") in ("hidden", "submit", "button"):
            continue
        named = e.get("id") in labelled or e.get("aria-label") or e.get("aria-labelledby")
        assert named, f"{e.get('name')} has no label"
    for e in elements:
        if e.tag == "img":
            assert e.get("alt") is not None, "an image without alt"
        if e.tag in ("a", "button"):
            text = "".join(e.itertext()).strip()
            picture = any(child.tag == "img" and child.get("alt") for child in e.iter())
            assert text or e.get("aria-label") or picture, f"an empty {e.tag}"


def _check_forms(elements: list[Element]) -> None:
    for form in (e for e in elements if e.tag == "form"):
        assert form.get("action"), "a form without an action"
        # The reply page needs no cookie: its link is the only secret.
        if form.get("method", "get").lower() == "post" and not str(form.get("action")).startswith("/r/"):
            names = [child.get("name") for child in form.iter()]
            assert "csrf_token" in names, f"the form to {form.get('action')} has no token"
        buttons = [c for c in form.iter() if c.tag == "button" or c.get("type") == "submit"]
        assert buttons, f"the form to {form.get('action')} cannot be sent without a script"


def _check_nothing_inline(elements: list[Element]) -> None:
    for e in elements:
        assert e.tag != "style", "a style element"
        assert e.tag != "script" or e.get("src"), "an inline script"
        for name, value in e.attrib.items():
            assert name != "style", f"an inline style on {e.tag}"
            assert not str(name).startswith(("on", "hx-on")), f"an inline handler {name}"
            assert "javascript:" not in str(value).lower(), f"{name} holds a script"
            if str(name).startswith("hx-"):
                assert not str(value).startswith("js:"), f"{name} is evaluated"
                assert name != "hx-trigger" or "[" not in value, "a trigger filter is evaluated"


def _check_twins(elements: list[Element], ids: set[Any], whole: bool) -> None:
    for e in elements:
        for name in ("hx-get", "hx-post"):
            address = e.get(name)
            if address is None:
                continue
            plain = {child.get("href") or child.get("action") for child in e.iter()}
            paths = {urlsplit(p).path for p in plain if p}
            assert urlsplit(address).path in paths, f"{name}={address} has no plain twin"
        target = e.get("hx-target", "")
        if whole and target.startswith("#"):
            assert target[1:] in ids, f"hx-target {target} is not on the page"
