"""Library items as documents: Markdown to HTML, and values put into the HTML.

A document is rendered first and filled afterwards, so a value can hold neither Markdown nor HTML. HTML in the
Markdown itself is shown, never run. Pages have one h1 of their own, so a document's headings start at h2.
"""

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markupsafe import Markup, escape

from app.library.rules import Value, replaced

SAFE_SCHEMES = ("https://", "http://", "mailto:", "tel:")
CLASSES = {
    "h2": "nhsuk-heading-m",
    "h3": "nhsuk-heading-s",
    "table": "nhsuk-table",
    "thead": "nhsuk-table__head",
    "tbody": "nhsuk-table__body",
    "tr": "nhsuk-table__row",
    "th": "nhsuk-table__header",
    "td": "nhsuk-table__cell",
    "ul": "nhsuk-list nhsuk-list--bullet",
    "ol": "nhsuk-list nhsuk-list--number",
}


class _Dress(Treeprocessor):
    """Moves headings down, adds the NHS classes, and takes out links to anything but the web."""

    def __init__(self, md: Markdown, below: int) -> None:
        super().__init__(md)
        self.below = below

    def run(self, root: Element) -> None:
        for element in root.iter():
            if re.fullmatch(r"h[1-6]", element.tag):
                element.tag = f"h{min(int(element.tag[1]) + self.below, 6)}"
            if element.tag in CLASSES:
                element.set("class", CLASSES[element.tag])
            element.attrib.pop("style", None)
            if element.tag == "th":
                element.set("scope", "col")
            if element.tag == "a":
                _check_link(element)


def _check_link(element: Element) -> None:
    address = element.get("href", "")
    if not address.lower().startswith(SAFE_SCHEMES) or "((" in address:
        element.tag = "span"
        element.attrib.clear()


class _OurMarkdown(Extension):
    def __init__(self, below: int) -> None:
        super().__init__()
        self.below = below

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name that the package calls
        md.preprocessors.deregister("html_block")
        for pattern in ("html", "entity", "image_link", "image_reference", "short_image_ref", "automail"):
            md.inlinePatterns.deregister(pattern)
        md.treeprocessors.register(_Dress(md, self.below), "dress", 1)


def html_of(body: str, below: int = 1) -> Markup:
    """The Markdown `body` as HTML, placeholders left in place. A new line in it is a new line on paper.

    Its headings come below a heading of level `below`.
    """
    return Markup(Markdown(extensions=["tables", "sane_lists", "nl2br", _OurMarkdown(below)]).convert(body))  # noqa: S704


def fill_html(html: Markup, values: Mapping[str, Value]) -> Markup:
    """Rendered HTML with each placeholder replaced by its value, escaped; a new line becomes a line break.

    Raises MissingValue where a value is missing.
    """
    filled = replaced(str(html), values, lambda value: str(escape(value)).replace("\n", "<br>"))
    return Markup(filled)  # noqa: S704 - the template's own HTML, and values escaped one by one
