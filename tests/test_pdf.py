"""PDFs: tagged, in our own typeface, every name as it is written, and nothing fetched."""

import io
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup
from pypdf import PdfReader

from app import typeset
from app.fonts import cannot_print, faces_for
from app.pdf import AsksForMore, pdf_of

ROOT = Path(__file__).resolve().parents[1]


def read(body: str, **options: str) -> PdfReader:
    html = Markup(body)  # noqa: S704 - written in this file
    return PdfReader(io.BytesIO(pdf_of(html, title="A title", **options)))


def test_a_document_is_tagged_and_says_its_title_and_language() -> None:
    pdf = read("<h1>Hello</h1>", language="pl")
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "pl"
    assert pdf.metadata is not None
    assert pdf.metadata.title == "A title"


def test_names_of_every_latin_script_are_printed_as_they_are_written() -> None:
    names = "Łukasz Wójcik, Ağaoğlu Şahin, Zoë O’Brien, Štěpán Říha"
    text = read(f"<p>{names}</p><p><b>{names}</b></p>").pages[0].extract_text().replace("\n", " ")
    assert text.count(names) == 2


def test_our_typeface_is_in_the_document() -> None:
    fonts = read("<p>Hello</p>").pages[0]["/Resources"]["/Font"].values()
    assert all("Atkinson-Hyperlegible" in font.get_object()["/BaseFont"] for font in fonts)


@pytest.mark.parametrize(
    "body",
    [
        '<img src="https://elsewhere.test/a.png" alt="">',
        '<img src="file:///etc/passwd" alt="">',
        '<p style="background: url(http://127.0.0.1/x)">x</p>',
        "<style>@import url(http://127.0.0.1/x.css);</style><p>x</p>",
    ],
)
def test_nothing_is_fetched(body: str) -> None:
    with pytest.raises(AsksForMore):
        read(body)


def test_the_service_starts_without_what_draws_pdfs() -> None:
    asked = "import sys, app, worker; sys.exit('weasyprint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], cwd=ROOT, check=False).returncode == 0


SCRIPTS = {
    "Polish, Romanian, Turkish, Czech": "Łukasz Żółć, Ionuț Ţiriac, Ağaoğlu Şahin, Štěpán Říha",
    "Ukrainian": "Олена Шевченко, Ґалаґан",
    "Bulgarian": "Желязко",
    "Greek": "Ελένη Παπά",
    "Panjabi": "ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ",
    "Nepali": "राम बहादुर",
    "Urdu": "محمد علی",
    "Gujarati": "ગુજરાતી",
    "Tamil": "தமிழ்",
}


@pytest.mark.parametrize("words", SCRIPTS.values(), ids=SCRIPTS)
def test_scripts_that_are_read_in_kent_are_printed_in_our_typefaces(words: str) -> None:
    page = read(f"<h1>{words}</h1><p>{words}</p>").pages[0]
    assert page.extract_text().split() == words.split() * 2
    fonts = [str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()]
    assert all("+Atkinson" in name or "+Noto-Sans" in name for name in fonts), fonts
    assert cannot_print(words) == set()


def test_letters_that_no_typeface_of_ours_has_are_named() -> None:
    assert cannot_print("Li 李, Ada") == {"李"}
    assert cannot_print("Ada\tExample\u200d\n") == set()
    assert cannot_print("Zoe\u0308") == set()


@settings(deadline=None)
@given(st.text(st.characters(codec="latin-1")))
def test_every_name_in_western_letters_can_be_printed(name: str) -> None:
    assert cannot_print(name) <= {"\xad"}


def test_only_the_fonts_that_a_document_needs_are_unpacked() -> None:
    assert faces_for("Ada").count("@font-face") == 2
    assert faces_for("<em>Ada</em>").count("@font-face") == 4
    assert "Gurmukhi" in faces_for("ਗੁਰ")


LEFT_BEHIND = """
import gc
from markupsafe import Markup
from app.pdf import pdf_of
letter = '<article><h1>Hello</h1><p>Ring <a href="https://oast.test">us</a>.</p><ul><li>One</li></ul></article>'
letters = Markup(letter * 30)
pdf_of(letters, title="A title")  # which leaves what is loaded once and kept
gc.collect()
pdf_of(letters, title="A title")
print(gc.collect())
"""


def test_a_document_leaves_nothing_behind_that_waits_to_be_collected() -> None:
    """Kept for a while, whole parts of a batch of letters would pile up in a worker (decision 0010).

    In a process of its own, where nobody else leaves anything.
    """
    said = subprocess.run([sys.executable, "-c", LEFT_BEHIND], cwd=ROOT, check=True, capture_output=True)
    assert int(said.stdout) < 30


def test_a_style_that_is_kept_stays_while_no_new_one_needs_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typeset, "_kept", threading.local())
    styles = [f"p {{ margin: {number}pt }}" for number in range(typeset.STYLES)]
    kept = [typeset._sheet_of(style) for style in styles]
    assert [typeset._sheet_of(style) for style in styles] == kept
    typeset._sheet_of("p { color: black }")
    assert typeset._sheet_of(styles[0]) != kept[0]


def test_each_tag_belongs_to_the_page_that_its_words_are_on() -> None:
    pdf = read("".join(f'<h1 style="break-before: page">Page {number}</h1>' for number in range(4)))
    pages = [page.indirect_reference for page in pdf.pages]
    tags = [each.get_object() for each in _tags(pdf.trailer["/Root"]["/StructTreeRoot"])]
    headings = [tag["/K"][0].get_object()["/Pg"].indirect_reference for tag in tags if tag.get("/S") == "/H1"]
    assert headings == pages


def _tags(tag: Any) -> Iterator[Any]:
    """All below a tag, depth first."""
    below = tag.get("/K", [])
    for one in below if isinstance(below, list) else [below]:
        if hasattr(one, "get_object") and hasattr(one.get_object(), "get"):
            yield one
            yield from _tags(one.get_object())
