"""Whoever must not be contacted by one record is not contacted by the other, once they are merged."""

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import update

from app.outreach import choices
from app.outreach.facts import known_of
from app.outreach.rules import Reason, Sending, why_not
from app.people import merging
from app.people.models import Person
from app.programmes.models import Participant
from tenants import scope
from tenants.db import db
from tests.outreach.conftest import Outreach
from tests.rows import person

LIVE = Sending()
MOMENT = dt.datetime(2026, 11, 2, 11, 0, tzinfo=dt.UTC)


def says(**values: object) -> Callable[[Outreach, int], None]:
    """The record says so itself."""
    return lambda _outreach, number: db.session.execute(
        update(Person).where(Person.id == number).values(**values)
    )


def opted_out(outreach: Outreach, number: int) -> None:
    """The person has left the programme by way of this record."""
    choices.opt_out(number, outreach.programme_id, source="letter", entered_by="Cora")


def not_again(_outreach: Outreach, number: int) -> None:
    """The person has asked by way of this record never to be contacted."""
    choices.never_contact(number, source="letter", entered_by="Cora")


PROTECTED = [
    (says(died_on=dt.date(2026, 10, 1)), Reason.DIED),
    (says(sensitive=True), Reason.SENSITIVE),
    (says(preferred_contact="8"), Reason.NO_TELEPHONE),
    (opted_out, Reason.OPTED_OUT),
    (not_again, Reason.DO_NOT_CONTACT),
]


def another_record(outreach: Outreach) -> int:
    """A record of somebody at another practice, in no programme."""
    return int(person(outreach.world.practices["G82998"], 7777).id)


def merge_into(participant_id: int, other: int) -> None:
    """Make `other` another record of whoever holds the place."""
    place = db.session.get_one(Participant, (scope.current().tenant, participant_id))
    merging.merge(place.person_id, other, "The practice says so")


# Said first and merged then; and what people ask for also the other way round. (What a list says later of
# the record that was merged: tests/people/test_merging.py.)
CASES = [(*case, "protected") for case in PROTECTED] + [(*case, "merged") for case in PROTECTED[-2:]]


@pytest.mark.parametrize(("protect", "reason", "first"), CASES)
def test_what_protects_one_record_protects_the_place_of_the_other(outreach, protect, reason, first) -> None:
    (ada,) = outreach.start({"home_phone": "01304555111"})

    def work() -> None:
        other = another_record(outreach)
        before = why_not(known_of([ada])[ada].facts, "call", LIVE, MOMENT)
        if first == "protected":
            protect(outreach, other)
        merge_into(ada, other)
        if first == "merged":
            protect(outreach, other)
        assert (before, why_not(known_of([ada])[ada].facts, "call", LIVE, MOMENT)) == (None, reason)

    outreach.change(work)


def test_a_merge_between_approval_and_sending_holds_the_message_back(outreach: Outreach) -> None:
    ada, ben = outreach.start({}, {})
    batch = outreach.build()
    outreach.approve(batch)

    def work() -> None:
        other = another_record(outreach)
        not_again(outreach, other)
        merge_into(ada, other)

    outreach.change(work)
    outreach.work()
    states = outreach.states(batch)
    assert (states[ada][0], states[ben][0]) == ("held back", "sent")
    assert len(outreach.captured()) == 1
