"""What a message is warned about, and what it is not."""

import pytest
import yaml

from app.library.warnings import LETTER_LINES, WORDS, conditions_in, short_links_in, warnings_in
from app.people.code_lists import code_lists

GOOD_TEXT = (
    "((first name)), this is ((sender name)). Ring ((sender phone)) or see ((reply link)). To stop, ring us."
)


def test_a_text_that_says_who_writes_and_how_to_stop_has_no_warning() -> None:
    assert warnings_in("text", GOOD_TEXT) == []
    assert warnings_in("e-mail", f"Subject: Hello\n{GOOD_TEXT}") == []


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("Your diabetes check", ["diabetes"]),
        ("PREDIABETES and pre-diabetes", ["PREDIABETES", "pre-diabetes"]),
        ("two strokes", ["strokes"]),
        ("high  blood\npressure", ["blood\npressure"]),
        ("Alzheimer’s group", ["Alzheimer’s"]),
        ("About HIV, hiv and STIs", ["HIV", "STIs"]),
        ("((large print??for your cancer visit))", ["cancer"]),
        ("Wait for weightless waiting on a Cancerian road", []),
        ("A smart price, best if you visit", []),
        ("Unfrail strokeplay", []),
        ("((programme)) has a weighty name", []),
    ],
)
def test_conditions_are_found_as_whole_words_in_any_case_and_number(body: str, named: list[str]) -> None:
    assert conditions_in(body) == named


def test_every_condition_that_cohorts_are_made_of_is_found() -> None:
    names = [one.name for one in code_lists() if one.kind == "condition"]
    assert names
    for name in names:
        assert conditions_in(f"About your {name}."), name


def test_a_text_and_an_email_are_warned_about_a_condition_and_a_letter_is_not() -> None:
    body = GOOD_TEXT + " It is about your weight."
    said = "It names a condition: “weight”. Others may see the phone it arrives on"
    assert warnings_in("text", body) == [said]
    assert said in warnings_in("e-mail", body)
    assert said not in warnings_in("letter", body)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("See https://bit.ly/abc.", ["https://bit.ly/abc"]),
        ("See bit.ly/abc", ["bit.ly/abc"]),
        ("See https://www.tinyurl.com/x and t.co/1", ["https://www.tinyurl.com/x", "t.co/1"]),
        ("See https://www.nhs.uk/bit.ly/x", []),
        ("See https://orbit.ly.nhs.uk/x", []),
        ("See ((reply link))", []),
    ],
)
def test_shortened_links_are_found_by_their_host(body: str, found: list[str]) -> None:
    assert short_links_in(body) == found


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("text", "Ring us to stop", "It does not say who writes"),
        ("text", "This is ((sender name)). Ring us.", "It does not say how to stop these messages"),
        ("text", GOOD_TEXT + " http://www.nhs.uk/x", "use the address that starts with https"),
        ("text", GOOD_TEXT + " https://nhs.uk/?n=((first name))", "something about the person into a link"),
        ("e-mail", GOOD_TEXT, "It has no subject"),
        ("e-mail", f"Subject: \n{GOOD_TEXT}", "It has no subject"),
        ("call script", "> Hello. How are you?", "It does not say who writes"),
    ],
)  # fmt: skip
def test_what_is_amiss_is_said(kind: str, body: str, said: str) -> None:
    (warning,) = warnings_in(kind, body)
    assert said in warning


def test_a_letter_is_told_each_line_that_it_lacks() -> None:
    bare = warnings_in("letter", "Dear ((full name)) from ((sender name))")
    assert bare == [f"It does not say {line}" for line in LETTER_LINES]
    assert "Relay UK" in " ".join(bare)


def test_a_letter_says_what_cannot_be_printed() -> None:
    assert "Our typefaces cannot print: 😀" in warnings_in("letter", "Hello 😀")
    assert not [one for one in warnings_in("letter", "Cześć, ਸਤ ਸ੍ਰੀ ਅਕਾਲ") if "typefaces" in one]


@pytest.mark.parametrize("kind", ["SOP", "programme set-up", "cohort definition"])
def test_what_is_not_for_people_is_not_warned_about(kind: str) -> None:
    assert warnings_in(kind, "http://bit.ly/x about diabetes") == []


def test_the_words_are_in_order_and_each_once() -> None:
    for listed in yaml.safe_load(WORDS.read_text()).values():
        assert listed == sorted(set(listed), key=str.lower)
