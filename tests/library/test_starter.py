from pathlib import Path

import pytest
import yaml

from app.library.identifiers import identifiers_in
from app.library.rules import faults_in, fill, placeholders_of
from app.library.setup import read_setup
from app.library.starter import SETS, STARTERS
from app.library.warnings import warnings_in
from tests.conftest import Acting

DOVER, MEDWAY = STARTERS / "dover-town", STARTERS / "medway"
LETTERS = (DOVER / "letter.md", MEDWAY / "letter.md")
TEXT_LIMIT = 306  # characters of two parts of a text


def body_of(name: str) -> str:
    return body_in(DOVER / name)


def body_in(path: Path) -> str:
    return path.read_text().split("---\n", 2)[2]


def where(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", sorted(STARTERS.glob("*/*.md")), ids=where)
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


def test_the_second_set_up_finds_everything_it_names() -> None:
    setup = read_setup((MEDWAY / "setup.yaml").read_text())
    heads = [yaml.safe_load(path.read_text().split("---\n", 2)[1]) for path in MEDWAY.glob("*.md")]
    assert set(setup.needs) == {(head["kind"], head["name"]) for head in heads}
    assert [rule.label for rule in setup.rules] == [
        "age 20 to 39",
        "latest BMI 30 or more, or 27.5 by ethnicity (obesity)",
        "hypertension",
        "may be on the way to diabetes",
        "supported by a local service",
    ]
    assert [step.aloud(number) for number, step in enumerate(setup.steps, 1)] == [
        "Letter to everybody whose practice has released its people.",
        "Call on day 5 to 7 after step 1 reached them, to those who have not answered. At once to those whom "
        "step 1 could not reach. At most 40 a day.",
    ]


def test_every_folder_of_starters_is_a_set_that_is_shared() -> None:
    assert {path.name for path in STARTERS.iterdir()} == set(SETS)


@pytest.mark.parametrize(
    "element",
    [
        "will ring you in 5 to 7 days",
        "If you do not want the call",
        "((reply link))",
        "I do not want to be rung",
    ],
)
def test_the_letter_that_a_call_follows_says_so_and_how_to_say_no_before(element: str) -> None:
    assert element in body_in(MEDWAY / "letter.md")


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
@pytest.mark.parametrize("path", LETTERS, ids=where)
def test_a_letter_holds_every_element_of_an_invitation(element: str, path: Path) -> None:
    assert element in body_in(path)


@pytest.mark.parametrize("element", ["in about a week", "If you do not want to take part"])
def test_the_letter_that_follows_a_text_says_what_comes_next_and_how_to_say_no(element: str) -> None:
    assert element in body_of("letter.md")


@pytest.mark.parametrize("path", LETTERS, ids=where)
def test_sentences_of_a_letter_have_at_most_twenty_words(path: Path) -> None:
    prose = [line for line in body_in(path).splitlines() if line and not line.startswith(("#", "-", "(("))]
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


@pytest.mark.parametrize("path", LETTERS, ids=where)
def test_a_letter_uses_only_placeholders_that_outreach_fills(path: Path) -> None:
    assert placeholders_of(body_in(path)) <= {
        "sender name", "sender address", "sender phone", "address block", "letter date", "nhs number",
        "full name", "practice", "reply link", "interpreter", "can be rung", "privacy address",
    }  # fmt: skip


@pytest.mark.parametrize("path", [*LETTERS, DOVER / "letter-easy-read.md"], ids=where)
@pytest.mark.parametrize("rung", [True, False])
def test_a_letter_promises_a_call_only_to_whom_one_can_reach(path: Path, rung: bool) -> None:
    body = body_in(path)
    values: dict[str, str | bool] = dict.fromkeys(placeholders_of(body), "-")
    written = fill(body, values | {"interpreter": False, "can be rung": rung})
    assert ("will ring" in written) is rung


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
