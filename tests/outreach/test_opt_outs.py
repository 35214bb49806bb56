"""What colleagues enter holds before the next message, in every programme it covers and in no other."""

import datetime as dt
from typing import Any

import pytest

from app import clock
from app.cohorts.models import Release
from app.outreach import needs, opt_outs
from app.outreach.facts import known_of
from app.outreach.rules import Reason, Sending, why_not
from app.programmes.milestones import reach
from app.programmes.models import Participant
from tenants import scope
from tenants.db import db
from tests.outreach.conftest import BASE, Outreach
from tests.programmes.people import programme
from tests.rows import make

MOMENT = dt.datetime(2026, 11, 2, 11, 0, tzinfo=dt.UTC)
SAID = {"source": "by phone", "asked_on-day": "1", "asked_on-month": "11", "asked_on-year": "2026"}


def place(number: int) -> Participant:
    """The participant of that number. Ask inside `acting`."""
    return db.session.get_one(Participant, (scope.current().tenant, number))


@pytest.fixture
def twice(outreach: Outreach) -> tuple[Outreach, int]:
    """Ada in two live programmes, both released; and her place in the second."""
    (ada,) = outreach.start({})

    def second() -> int:
        first = place(ada)
        made = programme(name="Another one", state="live")
        row = make(
            Participant, programme_id=made.id, person_id=first.person_id, practice_id=first.practice_id,
            status="identified", status_since=clock.now(),
        )  # fmt: skip
        reach(row.id, "identified")
        released = {"released_by": "Rita", "released_at": clock.now()}
        make(Release, programme_id=made.id, practice_id=first.practice_id, **released)
        return int(row.id)

    return outreach, outreach.change(second)


@pytest.mark.parametrize(
    ("asked", "here", "there"),
    [
        ("this programme", Reason.OPTED_OUT, None),
        ("any", Reason.DO_NOT_CONTACT, Reason.DO_NOT_CONTACT),
        ("text", Reason.NOT_THIS_WAY, Reason.NOT_THIS_WAY),
        ("letter", None, None),
        ("Type 1 opt-out", None, None),
    ],
)
def test_it_covers_the_programmes_that_it_says(
    twice: Any, asked: str, here: Reason | None, there: Reason | None
) -> None:
    outreach, other = twice
    (ada,) = outreach.people

    def reasons() -> list[Reason | None]:
        with outreach.acting("dover-town"):
            known = known_of([ada, other])
            return [why_not(known[one].facts, "text", Sending(), MOMENT) for one in (ada, other)]

    assert reasons() == [None, None]
    outreach.client_of("cora").post(f"{BASE}/people/{ada}/consent/enter", data=SAID | {"asked": [asked]})
    assert reasons() == [here, there]


@pytest.mark.parametrize("asked", ["this programme", "any", "text"])
def test_it_holds_for_a_message_that_is_approved_and_not_sent_yet(outreach: Outreach, asked: str) -> None:
    ada, ben = outreach.start({}, {"given_name": "Ben"})
    batch = outreach.build()
    outreach.approve(batch)
    outreach.client_of("lena").post(f"{BASE}/people/{ada}/consent/enter", data=SAID | {"asked": [asked]})
    outreach.work()
    states = outreach.states(batch)
    assert (states[ada][0], states[ben][0]) == ("held back", "sent")
    assert len(outreach.captured()) == 1


def test_a_hold_stops_an_approved_message(outreach: Outreach) -> None:
    ada, _ = outreach.start({}, {})
    batch = outreach.build()
    outreach.approve(batch)
    outreach.client_of("lena").post(f"{BASE}/people/{ada}/consent/hold", data={"note": "Ask her daughter"})
    outreach.work()
    assert outreach.states(batch)[ada] == ("held back", Reason.HOLD)


def test_a_format_that_we_were_told_of_holds_back_what_cannot_carry_it(outreach: Outreach) -> None:
    ada, ben = outreach.start({}, {"information_format": "Braille", "given_name": "Ben"})

    def told() -> None:
        said = {"source": "by phone", "entered_by": "Cora"}
        needs.note(place(ada).person_id, "format", "Braille", **said)
        needs.note(place(ben).person_id, "format", "Large print", **said)

    outreach.change(told)
    batch = outreach.build()
    assert outreach.states(batch)[ada] == ("held back", Reason.FORMAT)
    assert outreach.states(batch)[ben][0] == "waiting"


def test_what_is_nothing_to_be_asked_for_is_refused(outreach: Outreach) -> None:
    (ada,) = outreach.start({})
    with outreach.acting("dover-town"), pytest.raises(ValueError, match="not something to be asked for"):
        opt_outs.enter(place(ada), ["everything"], source="by phone", asked_on=None)
