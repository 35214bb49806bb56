"""Calls that need somebody who translates or signs: which these are, and that somebody is booked."""

import datetime as dt

from sqlalchemy import ColumnElement, and_, exists, or_

from app import audit, clock
from app.outreach import call_times
from app.outreach.call_doubts import by_signs
from app.outreach.call_models import BOOKED, Call
from app.outreach.choice_models import ContactNeed
from app.outreach.rules import Facts, signs
from app.people.models import Person

THERE = "The interpreter is there then"


def is_needed(facts: Facts) -> bool:
    """Whether somebody cannot be rung by a colleague alone, by their record or by what they said."""
    return facts.interpreter or signs(facts)


def books_first(call: Call, facts: Facts) -> bool:
    """Whether an interpreter has to be booked before the call is made: none is, or the day is over."""
    day = booked_for(call)
    return is_needed(facts) and (day is None or day < clock.today())


def booked_for(call: Call) -> dt.date | None:
    """The day for which one is booked."""
    return clock.local(call.agreed_at).date() if call.why == BOOKED and call.agreed_at else None


def needed() -> ColumnElement[bool]:
    """`is_needed`, for the database: asked of calls joined with their people."""
    asked = exists().where(
        ContactNeed.tenant_id == Call.tenant_id,
        ContactNeed.person_id == Call.person_id,
        ContactNeed.kind == "interpreter",
        ContactNeed.lifted_at.is_(None),
    )
    return or_(Person.interpreter, asked, by_signs())


def to_book() -> ColumnElement[bool]:
    """`books_first`, for the database."""
    is_booked = and_(Call.why == BOOKED, Call.agreed_at >= call_times.at(clock.today(), dt.time()))
    return and_(is_booked.is_not(True), needed())


def book(call: Call, day: dt.date, time: str, note: str = "") -> None:
    """Somebody who translates or signs is there on `day` at `time` (of call_times): the call is made then."""
    call.due_on, call.why, call.agreed_at = day, BOOKED, call_times.agreed_on(day, time)
    call.agreed_time = in_words(note)
    audit.record("booked an interpreter for", "call", call.id, person_id=call.person_id)


def in_words(note: str) -> str:
    """What the call list says of the time agreed, with what whoever rings needs to know."""
    return f"{THERE}: {note}" if note else THERE
