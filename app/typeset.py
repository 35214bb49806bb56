"""WeasyPrint, kept apart so that it is loaded when the first PDF is made and not when the service starts."""

import gc
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pydyf
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from app.fonts import VENDOR
from app.pdf import AsksForMore, Drawn

OURS = re.compile(r"[a-z-]+/[a-z0-9-]+\.woff2")
STYLES = 8  # that are kept: letters and plans, each in the scripts of its people
_kept = threading.local()


class _OurFiles(URLFetcher):  # type: ignore[misc]
    """Gives out our own fonts, and nothing else."""

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002 - WeasyPrint's own
        inside = url.removeprefix(f"{VENDOR.as_uri()}/")
        if not OURS.fullmatch(inside):
            raise FatalURLFetchingError("A document may fetch nothing but the service's own fonts.")
        return URLFetcherResponse(url, (VENDOR / inside).read_bytes(), {"Content-Type": "font/woff2"})


class _Pdf(pydyf.PDF):  # type: ignore[misc]
    """A PDF that writes the list of its pages once, and not for each tagged box in it.

    Doing so made the time of a document grow with the square of its pages: a fifth of a part of 150 letters.
    """

    _references: tuple[bytes, ...] | None = None

    def add_page(self, page: Any) -> None:
        """Add a page, and forget the list."""
        super().add_page(page)
        self._references = None

    @property
    def page_references(self) -> tuple[bytes, ...]:
        """How each page is referred to, in order."""
        if self._references is None:
            self._references = super().page_references
        return self._references


pydyf.PDF = _Pdf  # what WeasyPrint makes its documents of


def typeset(page: str, style: str) -> Drawn:
    """The HTML document `page` in the CSS `style` as a tagged PDF.

    Raises AsksForMore where it wants anything but our fonts.
    """
    fonts, sheet = _sheet_of(style)
    with _collected_afterwards():
        try:
            return _drawn(page, sheet, fonts)
        except FatalURLFetchingError as error:  # not an Exception: it would end the worker
            raise AsksForMore(str(error)) from None


def _drawn(page: str, sheet: Any, fonts: Any) -> Drawn:
    document = HTML(string=page, url_fetcher=_OurFiles()).render(
        stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1"
    )
    made = document.write_pdf(pdf_variant="pdf/ua-1")
    last_first = reversed(list(enumerate(document.pages, 1)))
    starts = {name: number for number, page in last_first for name in page.anchors}
    return Drawn(bytes(made), len(document.pages), starts)


def _sheet_of(style: str) -> tuple[Any, Any]:
    """The fonts of this thread, and `style` read. Kept: unpacking the fonts takes longer than a letter.

    Source: docs/decisions/0010-letters.md. They belong to one thread, as Pango's fonts may.
    """
    sheets = getattr(_kept, "sheets", {})
    if style not in sheets:
        if len(sheets) in (0, STYLES):  # nothing is kept yet, or too much
            _kept.fonts, _kept.sheets = FontConfiguration(), {}
        _kept.sheets[style] = CSS(string=style, font_config=_kept.fonts, url_fetcher=_OurFiles())
    return _kept.fonts, _kept.sheets[style]


@contextmanager
def _collected_afterwards() -> Iterator[None]:
    """Inside, Python does not look for garbage: every box of the document lives until its end. Then it looks.

    Looking all the time took between a third and a half of the time; not looking at the end kept whole
    documents for as long as Python pleased. What is made while nobody looks is all in the youngest
    generation, so no other is looked through. Source: docs/decisions/0010-letters.md.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
        gc.collect(0)
