"""What people need so that they can take part: said on the reply page, kept apart, and kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.outreach import needs
from app.outreach.choice_models import NEEDS, ContactNeed
from app.programmes.models import Participant
from tenants import scope
from tenants.db import db
from tests.outreach.conftest import Outreach


def live(outreach: Outreach) -> dict[str, tuple[str, str]]:
    """Ada's needs: value and source by kind."""
    with outreach.acting("dover-town"):
        rows = db.session.scalars(select(ContactNeed).where(ContactNeed.lifted_at.is_(None)))
        return {need.kind: (need.value, need.source) for need in rows}


def ada(outreach: Outreach) -> int:
    """Ada's number as a person. Ask inside `acting`."""
    return int(db.session.get_one(Participant, (scope.current().tenant, outreach.people[0])).person_id)


def ask(outreach: Outreach, link: str, **data: object):
    return outreach.client_of(None).post(f"{link}/another-way", data=data)


def test_each_thing_that_was_ticked_is_kept_as_a_need(outreach: Outreach, link: str) -> None:
    ways = ["large print", "another language", "an interpreter", "someone to speak for me"]
    assert ask(outreach, link, ways=ways, language=" polish ").status_code == 303
    assert live(outreach) == {
        "format": ("Large print", "reply page"),
        "language": ("pl", "reply page"),
        "interpreter": ("", "reply page"),
        "someone to speak for me": ("", "reply page"),
    }
    done = outreach.client_of(None).get(f"{link}/done").text
    assert "another language: polish" in done


def test_who_needs_another_language_is_asked_which_and_loses_nothing(outreach: Outreach, link: str) -> None:
    answer = ask(outreach, link, ways=["another language", "large print"], language=" ")
    assert answer.status_code == 422
    assert "Write which language you need" in answer.text
    assert answer.text.count("checked") == 2
    assert live(outreach) == {}


def test_a_language_that_is_named_and_not_ticked_is_kept(outreach: Outreach, link: str) -> None:
    assert ask(outreach, link, ways=["an interpreter"], language="Polish").status_code == 303
    assert live(outreach) == {"interpreter": ("", "reply page"), "language": ("pl", "reply page")}


def test_a_new_answer_replaces_what_was_ticked_before_and_nothing_else(outreach: Outreach, link: str) -> None:
    def cora() -> None:
        needs.note(ada(outreach), "interpreter", source="by phone", entered_by="Cora")

    outreach.change(cora)
    ask(outreach, link, ways=["large print", "another language"], language="Tigrinya")
    ask(outreach, link, ways=["another language"], language="Romanian")
    assert live(outreach) == {"language": ("ro", "reply page"), "interpreter": ("", "by phone")}
    shown = outreach.client_of(None).get(f"{link}/another-way").text
    assert 'value="Romanian"' in shown
    with outreach.acting("dover-town"):
        assert len(needs.of_person(ada(outreach))) == 4


def test_the_same_answer_again_writes_nothing_new(outreach: Outreach, link: str) -> None:
    for _ in range(3):
        ask(outreach, link, ways=["large print"], language="")
    with outreach.acting("dover-town"):
        assert len(needs.of_person(ada(outreach))) == 1


def test_a_need_stays_when_they_then_say_no(outreach: Outreach, link: str) -> None:
    ask(outreach, link, ways=["large print"])
    outreach.client_of(None).post(link, data={"answer": "no thank you"})
    assert live(outreach) == {"format": ("Large print", "reply page")}


@pytest.mark.parametrize(("kind", "value"), [("language", ""), ("interpreter", "x"), ("shouting", "")])
def test_what_is_no_need_is_refused(outreach: Outreach, link: str, kind: str, value: str) -> None:
    with outreach.acting("dover-town"), pytest.raises(ValueError, match="not a need"):
        needs.note(ada(outreach), kind, value, source="x", entered_by="Cora")


@given(st.text())
def test_whatever_is_said_means_a_need_with_what_it_needs_or_none(way: str) -> None:
    found = needs.meant(way)
    assert found is None or (found[0] in NEEDS and (found[0] in needs.WITH_A_VALUE) == bool(found[1].strip()))


@given(st.text())
def test_a_named_language_is_a_need_unless_it_is_blank(named: str) -> None:
    found = needs.meant(f"another language: {named}")
    assert (found is None) == (not named.strip())
