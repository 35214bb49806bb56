from pathlib import Path

import pytest
import yaml

from app.library.identifiers import identifiers_in
from app.library.rules import faults_in, fill, placeholders_of
from app.library.setup import read_setup
from app.library.starter import STARTERS
from app.library.warnings import warnings_in
from tests.conftest import Acting

DOVER = STARTERS / "dover-town"
TEXT_LIMIT = 306  # characters of two parts of a text


def body_of(name: str) -> str:
    return (DOVER / name).read_text().split("---\n", 2)[2]


@pytest.mark.parametrize("path", sorted(DOVER.glob("*.md")), ids=lambda path: path.name)
def test_each_file_can_be_saved_as_it_is(path: Path) -> None:
    _, head, body = path.read_text().split("---\n", 2)
    kind = yaml.safe_load(head)["kind"]
    assert faults_in(body, kind) == []
    assert warnings_in(kind, body) == [] or "words_of" in head
    assert identifiers_in(body) == []


def test_the_set_up_finds_everything_it_names() -> None:
    setup = read_setup((DOVER / "setup.yaml").read_text())
    heads = [yaml.safe_load(path.read_text().split("---\n", 2)[1]) for path in DOVER.glob("*.md")]
    assert set(setup.needs) == {(head["kind"], head["name"]) for head in heads}
    assert [rule.label for rule in setup.rules] == [
        "age 40 to 69",
        "most deprived fifth (IMD decile 1 or 2)",
        "latest BMI 30 or more",
        "hypertension",
        "depression",
    ]


def test_the_text_starts_with_the_name_and_takes_at_most_two_parts() -> None:
    body = body_of("text.md").strip()
    link = "https://programmes.dovertown.nhs.uk/r/" + "a" * 43
    values = {"first name": "Alexandrina", "sender name": "Dover Town PCN", "sender phone": "01304 555 000"}
    filled = fill(body, values | {"reply link": link})
    assert body.startswith("((first name)), this is ((sender name))")
    assert len(filled) <= TEXT_LIMIT
    assert "stop" in filled.lower()
    assert not any(word in filled.lower() for word in ("weight", "depress", "blood pressure", "obes"))


@pytest.mark.parametrize(
    "element",
    [
        "Dear ((full name))",
        "NHS number: ((nhs number))",
        "((letter date))",
        "Why we are writing to you",
        "in about a week",
        "If you do not want to take part",
        "((reply link))",
        "large print",
        "braille",
        "British Sign Language",
        "Relay UK",
        "18001",
        "((privacy address))",
        "will stay the same",
        "only if you say yes",
        "Yours sincerely",
    ],
)
def test_the_letter_holds_every_element_of_an_invitation(element: str) -> None:
    assert element in body_of("letter.md")


def test_sentences_of_the_letter_have_at_most_twenty_words() -> None:
    prose = [
        line for line in body_of("letter.md").splitlines() if line and not line.startswith(("#", "-", "(("))
    ]
    sentences = [part for line in prose for part in line.replace("?", ".").split(". ")]
    assert max(len(sentence.split()) for sentence in sentences) <= 20


def test_loading_twice_makes_nothing_new(acting: Acting) -> None:
    from app.library.starter import load, publish_all
    from tenants.db import db

    with acting("kent-and-medway", "ivy", audited=True):
        first = [item.id for item in publish_all(load(DOVER))]
        again = [item.id for item in publish_all(load(DOVER))]
        db.session.commit()
    assert first == again
    assert len(first) == 7


def test_the_letter_uses_only_placeholders_that_outreach_fills() -> None:
    assert placeholders_of(body_of("letter.md")) <= {
        "sender name", "sender address", "sender phone", "address block", "letter date", "nhs number",
        "full name", "practice", "reply link", "interpreter", "privacy address",
    }  # fmt: skip


def test_the_letter_is_a_family_and_large_print_says_the_same(acting: Acting) -> None:
    from app.library.family import members_of
    from app.library.starter import load

    with acting("kent-and-medway", "ivy"):
        load(DOVER)
        family = {one.format: one for one in members_of("letter", "Dover Town letter")}
    assert set(family) == {"standard", "large print", "easy read"}
    assert family["large print"].body == family["standard"].body
    assert family["easy read"].body != family["standard"].body


def test_sentences_of_the_easy_read_letter_are_short() -> None:
    from app.library.reading_level import level_of, sentences_in, words_in

    body = body_of("letter-easy-read.md")
    assert max(len(words_in(sentence)) for sentence in sentences_in(body)) <= 12
    level = level_of(body)
    assert level is not None
    assert level.age <= 9
