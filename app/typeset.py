"""WeasyPrint, kept apart so that it is loaded when the first PDF is made and not when the service starts."""

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from app.pdf import FONTS, AsksForMore


class _OurFiles(URLFetcher):  # type: ignore[misc]
    """Gives out our own fonts, and nothing else."""

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002 - WeasyPrint's own
        folder, _, name = url.rpartition("/")
        if folder != FONTS.as_uri():
            raise FatalURLFetchingError("A document may fetch nothing but the service's own fonts.")
        return URLFetcherResponse(url, (FONTS / name).read_bytes(), {"Content-Type": "font/woff2"})


def typeset(page: str, style: str) -> tuple[bytes, int]:
    """The HTML document `page` in the CSS `style` as a tagged PDF, and how many pages it came to.

    Raises AsksForMore where it wants anything but our fonts.
    """
    fonts, fetcher = FontConfiguration(), _OurFiles()
    sheet = CSS(string=style, font_config=fonts, url_fetcher=fetcher)
    try:
        document = HTML(string=page, url_fetcher=fetcher).render(
            stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1"
        )
        made = document.write_pdf(pdf_variant="pdf/ua-1")
    except FatalURLFetchingError as error:  # not an Exception: it would end the worker
        raise AsksForMore(str(error)) from None
    return bytes(made), len(document.pages)
