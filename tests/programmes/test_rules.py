"""Where a participant is, as a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.programmes.models import MILESTONES
from app.programmes.rules import ANSWERS, PRECEDENCE, SPINE, replaced_by, status_of

PLACES = [
    ((), "identified"),
    (("identified",), "identified"),
    (("identified", "contacted"), "contacted"),
    (("identified", "contacted", "not reached"), "not reached"),
    (("identified", "contacted", "engaged", "wants a call"), "wants a call"),
    (("identified", "contacted", "engaged", "wants another way"), "wants another way"),
    (("identified", "contacted", "not now"), "not now"),
    (("identified", "contacted", "engaged", "wants a call", "conversation held"), "conversation held"),
    (("identified", "engaged", "conversation held", "plan agreed", "referred"), "referred"),
    (("conversation held", "plan agreed", "referred", "referral declined"), "referral declined"),
    (("referred", "referral declined", "referral accepted"), "referral accepted"),
    (("referred", "referral accepted", "opted out"), "opted out"),
    (("opted out", "left out"), "left out"),
]


@pytest.mark.parametrize(("milestones", "place"), PLACES)
def test_a_participant_is_in_the_place_that_their_milestones_say(
    milestones: tuple[str, ...], place: str
) -> None:
    assert status_of(frozenset(milestones)) == place


@given(st.frozensets(st.sampled_from(MILESTONES)))
def test_every_set_of_milestones_gives_exactly_one_place(milestones: frozenset[str]) -> None:
    assert status_of(milestones) in (milestones or {"identified"})


def test_every_milestone_has_a_place_and_the_spine_is_in_order() -> None:
    assert sorted(PRECEDENCE) == sorted(MILESTONES)
    assert [kind for kind in reversed(PRECEDENCE) if kind in SPINE] == list(SPINE)


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_only_the_latest_answer_stands(kind: str) -> None:
    assert replaced_by(kind) == ANSWERS - {kind}


def test_opting_out_takes_nothing_back() -> None:
    assert replaced_by("opted out") == frozenset()
