"""WeasyPrint, kept apart so that it is loaded when the first PDF is made and not when the service starts."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from app.pdf import FONTS, AsksForMore, Drawn


class _OurFiles(URLFetcher):  # type: ignore[misc]
    """Gives out our own fonts, and nothing else."""

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002 - WeasyPrint's own
        folder, _, name = url.rpartition("/")
        if folder != FONTS.as_uri():
            raise FatalURLFetchingError("A document may fetch nothing but the service's own fonts.")
        return URLFetcherResponse(url, (FONTS / name).read_bytes(), {"Content-Type": "font/woff2"})


def typeset(page: str, style: str) -> Drawn:
    """The HTML document `page` in the CSS `style` as a tagged PDF.

    Raises AsksForMore where it wants anything but our fonts.
    """
    fonts, fetcher = FontConfiguration(), _OurFiles()
    with _nothing_collected():
        sheet = CSS(string=style, font_config=fonts, url_fetcher=fetcher)
        try:
            document = HTML(string=page, url_fetcher=fetcher).render(
                stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1"
            )
            made = document.write_pdf(pdf_variant="pdf/ua-1")
        except FatalURLFetchingError as error:  # not an Exception: it would end the worker
            raise AsksForMore(str(error)) from None
        last_first = reversed(list(enumerate(document.pages, 1)))
        starts = {name: number for number, page in last_first for name in page.anchors}
        return Drawn(bytes(made), len(document.pages), starts)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Inside, Python does not look for garbage: every box of the document lives until its end.

    Looking took between a third and a half of the time. Source: docs/decisions/0010-letters.md.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
