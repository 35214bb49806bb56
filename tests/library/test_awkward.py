"""A message as awkward people would get it."""

from decimal import Decimal

from app.library import awkward
from app.library.awkward import CASES, LONGEST_GIVEN_NAME, preview_of, split_subject
from app.library.rules import KNOWN
from app.outreach import links
from tests.conftest import Acting

TITLES = [case.title for case in CASES]


def test_the_cases_reach_as_far_as_a_name_can() -> None:
    assert max(len(case.given) for case in CASES) == LONGEST_GIVEN_NAME
    assert len(awkward.ENDING) == links.SECRET_LENGTH


def test_every_placeholder_has_a_value_in_every_case(acting: Acting) -> None:
    for slug in ("dover-town", "kent-and-medway", "one-you-kent"):
        with acting(slug):
            for case in CASES:
                assert set(awkward._values_of_all() | awkward.values_of(case)) == set(KNOWN)


def test_a_text_names_its_worst_case_and_what_it_costs(acting: Acting) -> None:
    with acting("dover-town"):
        shown = preview_of("text", "((first name)), this is ((sender name)). " + "a" * 110)
    assert [one.title for one in shown.examples] == TITLES
    assert {one.title: one.parts for one in shown.examples} == {
        "Shortest name": 1,
        "Longest name": 2,
        "Accents: é, ł, Ș": 3,
        "Nothing known": 1,
        "Interpreter, large print, written to before": 1,
    }
    assert shown.worst is not None
    assert (shown.worst.title, shown.worst.outside) == ("Accents: é, ł, Ș", ("Ș", "Ł"))
    assert (shown.least, shown.pence, shown.too_long) == (1, Decimal("7.2"), False)


def test_a_text_that_is_too_long_to_be_sent_is_named(acting: Acting) -> None:
    with acting("dover-town"):
        assert not preview_of("text", "a" * 918).too_long
        assert preview_of("text", "a" * 919).too_long


def test_a_letter_is_large_and_has_its_flags_for_those_who_need_it(acting: Acting) -> None:
    with acting("dover-town"):
        shown = preview_of(
            "letter", "# Hello\n\n((address block))\n\n((interpreter??We bring an interpreter.))"
        )
    said = {one.title: one for one in shown.examples}
    flagged = said["Interpreter, large print, written to before"]
    assert flagged.large
    assert "We bring an interpreter." in flagged.shown
    assert "We bring an interpreter." not in said["Shortest name"].shown
    assert "Al Li<br>12 Harbour Row" in said["Shortest name"].shown
    assert not said["Shortest name"].large


def test_a_letter_in_easy_read_is_large_for_everybody_and_a_text_never_is(acting: Acting) -> None:
    with acting("dover-town"):
        assert all(one.large for one in preview_of("letter", "Hello", "easy read").examples)
        assert not any(one.large for one in preview_of("text", "Hello", "easy read").examples)


def test_what_is_not_known_leaves_its_place_empty(acting: Acting) -> None:
    with acting("dover-town"):
        (unknown,) = [one for one in preview_of("letter", "Dear ((full name)).").examples
                      if one.title == "Nothing known"]  # fmt: skip
    assert "Dear ." in unknown.shown


def test_an_email_shows_its_subject_apart(acting: Acting) -> None:
    with acting("dover-town"):
        shown = preview_of("e-mail", "Subject: For ((first name))\n\nHello <b>you</b>")
    assert shown.examples[0].subject == "For Al"
    assert "Subject" not in shown.examples[0].shown
    assert "<b>" not in shown.examples[0].shown
    assert split_subject("Hello: you\nthere") == ("", "Hello: you\nthere")


def test_what_cannot_be_filled_in_is_said_and_not_shown(acting: Acting) -> None:
    with acting("dover-town"):
        shown = preview_of("text", "Dear ((frist name))")
    assert shown.examples == []
    assert "Change ((frist name))" in shown.faults[0]


def test_no_case_holds_a_real_nhs_number_and_no_value_is_read_as_markdown(acting: Acting) -> None:
    from app.library.identifiers import nhs_numbers_in

    assert nhs_numbers_in(" ".join(case.nhs_number for case in CASES)) == []
    with acting("dover-town"):
        shown = preview_of("letter", "**((full name))**")
    assert "<strong>Al Li</strong>" in shown.examples[0].shown
