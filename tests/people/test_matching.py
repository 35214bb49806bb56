"""Whether a row and a person are one: what agrees, and what never links."""

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.people.matching import (
    CONTRADICTED,
    NOBODY,
    NOT_LISTED,
    SEVERAL,
    TOO_LITTLE,
    UNSURE,
    Candidate,
    Said,
    compare,
    family_names_agree,
    given_names_agree,
    judge,
    ranked,
)

BORN = dt.date(1969, 11, 27)
LOUISE = Said("Louise", "O'Neill", BORN, "CT16 3DA")
ONE, TWO = "9990000018", "9990000026"


def person(number: int = 1, nhs_number: str = ONE, said: Said = LOUISE) -> Candidate:
    return Candidate(number, said, frozenset([nhs_number]))


def said(**changed: object) -> Said:
    return Said(**(vars(LOUISE) | changed))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Louise", "LOUISE"),
        ("L", "Louise"),
        ("L.", "Louise"),
        ("J-L", "Jean-Luc"),
        ("J", "Jean-Luc"),
        ("Jean Luc", "Jean-Luc"),
        ("Zoe", "Zoë"),
        ("Renée", "RENEE"),
        ("Łukasz", "Lukasz"),
        ("Siobha\u0301n", "Siobhán"),
        ("Mary", "Mary Ann"),
        ("Xiu-Ying", "XiuYing"),
    ],
)
def test_given_names_that_are_one(left, right):
    assert given_names_agree(left, right)
    assert given_names_agree(right, left)


@pytest.mark.parametrize(
    ("left", "right"), [("Ann", "Anna"), ("L", "Mary"), ("Jo", "Jane Olivia"), ("A B", "Ann Clare")]
)
def test_given_names_that_are_two(left, right):
    assert not given_names_agree(left, right)
    assert not given_names_agree(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("O'Neill", "ONeill"),
        ("O’Neill", "o neill"),
        ("MacLeod", "Mac Leod"),
        ("Smith-Jones", "Jones Smith"),
        ("Smith-Jones", "Smith"),
        ("van der Berg", "VAN DER BERG"),
        ("García", "Garcia"),
        ("Müller", "MULLER"),
    ],
)
def test_family_names_that_are_one(left, right):
    assert family_names_agree(left, right)
    assert family_names_agree(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [("de Souza", "de"), ("S", "Smith"), ("Ng", "Nguyen"), ("van der Berg", "van der Meer")],
)
def test_family_names_that_are_two(left, right):
    assert not family_names_agree(left, right)
    assert not family_names_agree(right, left)


def test_names_may_have_changed_places():
    assert compare(said(given_name="O'Neill", family_name="Louise"), person()).agreeing == 4


@pytest.mark.parametrize("gone", ["given_name", "family_name", "postcode", "born"])
def test_any_three_that_agree_link_and_say_what_agreed(gone):
    empty = None if gone == "born" else ""
    for one in (said(**{gone: empty}), said(**{gone: dt.date(1950, 1, 1) if gone == "born" else "Else"})):
        verdict = judge(one, [person()])
        assert verdict.person_id == 1
        assert {"given_name": "given", "family_name": "family", "born": "birth"}.get(
            gone, gone
        ) not in verdict.how


def test_two_that_agree_wait_unless_something_speaks_against_it():
    assert judge(Said("Louise", "", BORN), [person()]).reason == UNSURE
    refused = judge(Said("Louise", "Brown", BORN), [person()])
    assert (refused.person_id, refused.refused, refused.reason) == (None, True, NOBODY)


def test_several_people_wait_but_twins_are_told_apart_by_the_one_that_agrees_in_all():
    twin = person(2, TWO, said(given_name="Amy"))
    assert judge(said(given_name=""), [person(), twin]).reason == SEVERAL
    assert judge(LOUISE, [person(), twin]).person_id == 1


def test_too_many_whom_a_name_alone_fits_are_not_put_before_anybody():
    everybody = [person(n, f"99900{n:05}", Said("Louise", "O'Neill", BORN)) for n in range(11)]
    verdict = judge(Said("L", "O'Neill"), everybody)
    assert (verdict.reason, verdict.refused) == (TOO_LITTLE, True)
    assert judge(Said("L", "O'Neill"), everybody[:10]).reason == UNSURE


def test_an_nhs_number_links_where_nothing_else_is_said_and_waits_where_the_rest_speaks_against_it():
    assert judge(Said(nhs_number=ONE), [person()]).how == "NHS number"
    assert judge(said(nhs_number=ONE, family_name="Brown"), [person()]).person_id == 1
    other = Said("Jack", "Brown", dt.date(2001, 1, 1), nhs_number=ONE)
    verdict = judge(other, [person()])
    assert (verdict.person_id, verdict.reason, verdict.refused) == (None, CONTRADICTED, False)
    assert [one.candidate.id for one in ranked(other, [person()])] == [1]


def test_the_number_of_a_merged_record_is_a_number_of_the_person():
    both = Candidate(1, LOUISE, frozenset([ONE, TWO]))
    assert judge(said(nhs_number=TWO), [both]).person_id == 1


# Properties.

names = st.text(st.sampled_from("aeiouäéłñ'’- bcdrs"), max_size=12)
days = st.none() | st.dates(dt.date(1960, 1, 1), dt.date(1960, 1, 3))
codes = st.sampled_from(["", "CT16 1AA", "CT161AA", "CT16 2BB"])
numbers = st.sampled_from([ONE, TWO, "9990000034"])
anybody = st.builds(Said, names, names, days, codes)
crowd = st.lists(st.tuples(anybody, numbers), max_size=6).map(
    lambda made: [person(n, number, who) for n, (who, number) in enumerate(made, 1)]
)


@given(anybody, numbers, crowd)
def test_a_row_is_never_linked_or_offered_to_a_person_with_another_nhs_number(who, number, people):
    row = Said(**(vars(who) | {"nhs_number": number}))
    verdict = judge(row, people)
    by_id = {one.id: one for one in people}
    assert verdict.person_id is None or number in by_id[verdict.person_id].numbers
    assert all(number in one.candidate.numbers for one in ranked(row, people))
    if not any(number in one.numbers for one in people):
        assert (verdict.refused, verdict.reason) == (True, NOT_LISTED)


def _otherwise(name: str) -> str:
    """The name as another system would write it: in capitals, without accents and apostrophes."""
    plain = unicodedata.normalize("NFD", name.replace("ł", "l"))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return bare.replace("'", "").replace("’", "").upper()


@given(anybody, crowd)
def test_case_accents_and_apostrophes_make_no_difference(who, people):
    row = Said(
        _otherwise(who.given_name), _otherwise(who.family_name), who.born, who.postcode.replace(" ", "")
    )
    assert judge(row, people) == judge(who, people)


@given(anybody, anybody)
def test_it_makes_no_difference_which_of_two_is_the_row(left, right):
    there, back = compare(left, person(said=right)), compare(right, person(said=left))
    assert there.items == back.items


@given(anybody, crowd)
def test_whoever_is_linked_agrees_in_three_and_is_the_only_one_so_good(who, people):
    verdict = judge(who, people)
    if verdict.person_id is not None:
        compared = [compare(who, one) for one in people]
        chosen = next(one for one in compared if one.candidate.id == verdict.person_id)
        rivals = [one for one in compared if one.agreeing >= 3 and not one.differing and one is not chosen]
        assert chosen.agreeing >= 3
        assert not rivals
