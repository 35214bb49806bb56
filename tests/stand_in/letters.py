"""Reads a precompiled letter as GOV.UK Notify does before it prints one, and says what is wrong with it.

Pages are upright A4, at most ten, with every font inside. Nothing stands within 15 mm of the sides or 5 mm of
top and bottom. On the first page the address has its window to itself, the sender may stand to the right of
it, and the text begins 95 mm from the top. Source: GOV.UK Notify, letter specification.
"""

import io
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.errors import PdfReadError

MM = 72 / 25.4
WIDTH, HEIGHT = 210.0, 297.0
MOST_PAGES = 10
Box = tuple[float, float, float, float]  # left, top, right, bottom; in mm from the upper left
ANYWHERE: Box = (15, 5, WIDTH - 15, HEIGHT - 5)
WINDOW: Box = (24.6, 40, 120, 66.2)
FIRST_PAGE: tuple[Box, ...] = (
    WINDOW,
    (15, 5, 125, 30),
    (125, 5, WIDTH - 15, 95),
    (15, 95, WIDTH - 15, HEIGHT - 5),
)
ADDRESS_LINES = range(3, 8)


def fault_of(pdf: bytes) -> str:
    """What keeps the letter from being printed; empty where nothing does."""
    try:
        pages = PdfReader(io.BytesIO(pdf)).pages
        if len(pages) > MOST_PAGES:
            return "letter-too-long"
        faults = (_fault_on(number, page) for number, page in enumerate(pages, 1))
        return next(filter(None, faults), "") if len(pages) else "no-pages"
    except PdfReadError:
        return "unable-to-read-the-file"


def _fault_on(number: int, page: PageObject) -> str:
    if abs(float(page.mediabox.width) - WIDTH * MM) > 2 or abs(float(page.mediabox.height) - HEIGHT * MM) > 2:
        return "letter-not-a4-portrait-oriented"
    if not all(_is_embedded(font.get_object()) for font in page["/Resources"]["/Font"].values()):  # type: ignore[index]
        return "fonts-not-embedded"
    texts = _texts_of(page)
    allowed = FIRST_PAGE if number == 1 else (ANYWHERE,)
    if any(not any(_is_in(box, x, y) for box in allowed) for x, y, _ in texts):
        return "content-outside-printable-area"
    lines = {round(y) for x, y, _ in texts if _is_in(WINDOW, x, y)}
    return "not-enough-address-lines" if number == 1 and len(lines) not in ADDRESS_LINES else ""


def _is_embedded(font: Any) -> bool:
    inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
    return any(
        name in inner["/FontDescriptor"].get_object() for name in ("/FontFile", "/FontFile2", "/FontFile3")
    )


def _texts_of(page: PageObject) -> list[tuple[float, float, str]]:
    """Each piece of text with where it begins, in mm from the upper left."""
    found: list[tuple[float, float, str]] = []

    def take(text: str, cm: list[float], tm: list[float], *_: object) -> None:
        if text.strip():
            x, y = tm[4] * cm[0] + tm[5] * cm[2] + cm[4], tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            found.append((x / MM, HEIGHT - y / MM, text))

    page.extract_text(visitor_text=take)
    return found


def _is_in(box: Box, x: float, y: float) -> bool:
    left, top, right, bottom = box
    return left <= x <= right and top <= y <= bottom
