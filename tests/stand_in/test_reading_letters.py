"""The stand-in prints what GOV.UK Notify prints, and refuses what Notify refuses."""

import pytest
from markupsafe import Markup

from app.outreach.letter_pages import CSS
from app.outreach.post import POSTED_CSS
from app.pdf import pdf_of
from tests.stand_in.letters import fault_of

LETTER = (
    '<article><header><div class="from">Dover Town<br>1 Road</div>'
    '<p class="address">Ada Example<br>1 High Street<br>Dover<br>CT16 1AA</p></header>'
    "<p>Dear Ada</p></article>"
)


def _fault(css: str = "", letter: str = LETTER) -> str:
    made = pdf_of(Markup(letter), title="A letter", css=CSS + POSTED_CSS + css)  # noqa: S704 - from this file
    return fault_of(made)


def test_a_letter_as_we_set_it_can_be_printed() -> None:
    assert _fault() == ""
    assert _fault(letter=LETTER.replace("<article", '<article class="large"')) == ""


@pytest.mark.parametrize(
    ("css", "fault"),
    [
        ("header { height: 52mm }", "content-outside-printable-area"),
        (".address { top: 8mm }", "content-outside-printable-area"),
        (".address { left: -3mm }", "content-outside-printable-area"),
        ("@page { margin-left: 10mm }", "content-outside-printable-area"),
        ("@page { size: A5 }", "letter-not-a4-portrait-oriented"),
        ("@page { size: A4 landscape }", "letter-not-a4-portrait-oriented"),
        (".address { display: none }", "not-enough-address-lines"),
    ],
)
def test_what_stands_where_nothing_may_cannot_be_printed(css: str, fault: str) -> None:
    assert _fault(css) == fault


def test_a_letter_of_more_than_ten_pages_is_too_long() -> None:
    pages = LETTER.replace("<p>Dear Ada</p>", '<p style="break-after: page">Dear Ada</p>' * 10)
    assert _fault(letter=pages) == ""
    assert _fault(letter=pages.replace("</article>", "<p>More</p></article>")) == "letter-too-long"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"Dear Ada"])
def test_what_is_no_pdf_cannot_be_read(content: bytes) -> None:
    assert fault_of(content) == "unable-to-read-the-file"
