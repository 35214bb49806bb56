"""Each person gets the letter in the language and format that suits them, in letters that can be printed."""

import datetime as dt
import io
from typing import Any

import pytest
from pypdf import PdfReader

from app.library.models import LibraryItem
from app.outreach.models import Contact
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.conftest import BASE, Outreach
from tests.rows import make

PANJABI = "# ਅਸੀਂ ਮਦਦ ਕਰਨਾ ਚਾਹੁੰਦੇ ਹਾਂ\n\nਪਿਆਰੇ ((full name))\n\n((reply link))"
URDU = "# ہم مدد کرنا چاہتے ہیں\n\nمحترم ((full name))\n\n((reply link))"
LARGE = "# Free support\n\nHello in large print, ((full name))"
PEOPLE: list[dict[str, Any]] = [
    {"given_name": "Ada", "family_name": "Łukaszewicz", "street": "Ştefan Street"},
    {"given_name": "Gurpreet", "family_name": "Panjabi", "language": "pa"},
    {"given_name": "Sana", "family_name": "Urdu", "language": "ur"},
    {"given_name": "Ben", "family_name": "Large", "information_format": "Large print"},
    {"given_name": "Олена", "family_name": "Шевченко", "language": "uk"},
]


def _members() -> None:
    for language, format_, body in (
        ("pa", "standard", PANJABI),
        ("ur", "standard", URDU),
        ("en", "large print", LARGE),
    ):
        make(
            LibraryItem, kind="letter", name="Our letter", language=language, format=format_, body=body,
            state="approved", approved_by="Clara",
        )  # fmt: skip


@pytest.fixture
def batch_id(outreach: Outreach) -> int:
    """An approved batch of letters to five people, with members of the letter's family in other languages."""
    outreach.start(*PEOPLE)
    outreach.change(_members)
    return outreach.letters()


def _pages(outreach: Outreach, batch_id: int) -> dict[str, str]:
    """The first page of each letter, by the family name on it."""
    answer = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}/letters-1.pdf")
    texts = [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(answer.data)).pages]
    return {
        person["family_name"]: text
        for person in PEOPLE
        for text in texts
        if person["family_name"] in text and "Our reference" in text
    }


def test_each_gets_the_member_of_the_family_that_suits_them(outreach: Outreach, batch_id: int) -> None:
    pages = _pages(outreach, batch_id)
    assert "ਪਿਆਰੇ Gurpreet Panjabi" in pages["Panjabi"]
    assert "مدد" in pages["Urdu"]
    assert "Hello in large print, Ben Large" in pages["Large"]
    assert "Dear Ada Łukaszewicz" in pages["Łukaszewicz"]
    assert "Dear Олена Шевченко" in pages["Шевченко"]
    assert "Ştefan Street" in pages["Łukaszewicz"]


def test_a_letter_says_its_language_and_runs_from_the_right_where_it_is_read_so(
    outreach: Outreach, batch_id: int
) -> None:
    with outreach.acting("dover-town"):
        rows = {
            row.recipient.split(",")[0]: row.body
            for row in db.session.query(Contact).filter(Contact.batch_id == batch_id)
        }
    assert 'lang="pa" dir="ltr"' in rows["Gurpreet Panjabi"]
    assert 'lang="ur" dir="rtl"' in rows["Sana Urdu"]
    assert 'class="large"' in rows["Ben Large"]
    assert "lang=" not in rows["Ada Łukaszewicz"].split(">")[0]


def test_no_letter_is_printed_in_a_typeface_that_is_not_ours(outreach: Outreach, batch_id: int) -> None:
    answer = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}/letters-1.pdf")
    fonts = {
        str(font.get_object()["/BaseFont"]).split("+")[1]
        for page in PdfReader(io.BytesIO(answer.data)).pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index,attr-defined]
    }
    assert {name.split("-")[0] for name in fonts} <= {"Atkinson", "Noto"}, fonts
    assert "Noto-Sans-Gurmukhi" in fonts


def test_whoever_approves_is_told_of_names_that_cannot_be_printed(outreach: Outreach) -> None:
    outreach.start({"family_name": "李"}, {"family_name": "Wójcik"})
    outreach.send()
    outreach.moved(seeding.MONDAY + dt.timedelta(days=7))
    made = outreach.build(2)
    page = outreach.client_of("clara").get(f"{BASE}/outreach/batches/{made}/approve").text
    assert "1 letter has characters in the name or address that cannot be printed" in page
