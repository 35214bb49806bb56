"""What keeps a call from being made at this moment, asked when one is taken and for "take the next call".

Who must not be contacted is decided by `rules.why_not`; besides, an interpreter may have to be booked, nobody
is rung outside the hours for calls and those of the call step, or twice on one day.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, literal, or_, select
from sqlalchemy.orm import aliased

from app import clock
from app.outreach import call_times, hours, interpreters
from app.outreach.call_models import Call, CallAttempt
from app.outreach.facts import known_of
from app.outreach.models import Step
from app.outreach.rules import Facts, Reason, why_not
from app.outreach.standing import sending_of
from app.render import date, time_of_day
from app.render import moment as in_words
from tenants.db import db


class Obstacle(NamedTuple):
    """What is said to whoever wants to ring; `reason` where the person may not be contacted."""

    says: str
    reason: Reason | None = None


def obstacle_to(call: Call) -> Obstacle | None:
    """What keeps this call from being made now; None where nothing does."""
    return obstacles_to([call]).get(call.id)


def obstacles_to(wanted: Sequence[Call]) -> dict[int, Obstacle]:
    """What keeps each of these calls from being made now, by id, without those that can be made.

    In three statements, and one for each programme, however many calls there are.
    """
    known = known_of({call.participant_id for call in wanted})
    sending = {number: sending_of(number) for number in {call.programme_id for call in wanted}}
    steps = _steps({call.step_id for call in wanted})
    rung = _rung_today({call.person_id for call in wanted})
    found = {}
    for call in wanted:
        facts = known[call.participant_id].facts
        reason = why_not(facts, "call", sending[call.programme_id], clock.now())
        if reason is not None:
            found[call.id] = Obstacle(said_of(call, reason), reason)
        elif wait := _wait(call, facts, steps.get(call.step_id), rung.get(call.person_id)):
            found[call.id] = Obstacle(wait)
    return found


def said_of(call: Call, reason: Reason) -> str:
    """What is said to whoever wants to ring somebody that may not be contacted for `reason`."""
    if is_not_yet(call, reason):
        return f"Do not ring before {date(call.due_on)}: they asked to be asked again then."
    if reason is Reason.BLACKOUT:
        return "Today is one of your PCN’s quiet days, on which nobody is rung."
    return f"Do not ring: {reason}."


def is_not_yet(call: Call, reason: Reason | None) -> bool:
    """Whether all that keeps the call from being made is that its day has not come: "not now" until then."""
    return reason is Reason.ANSWERED and call.due_on > clock.today()


def _wait(call: Call, facts: Facts, step: Step | None, last: CallAttempt | None) -> str | None:
    """What keeps the call of somebody who may be contacted from being made just now, as a sentence."""
    if interpreters.books_first(call, facts):
        return "Book an interpreter before you ring. Then say here when it is."
    day = interpreters.booked_for(call)
    if day is not None and day > clock.today():
        return f"The interpreter is booked for {date(day)}. Ring then, or change the booking."
    if not _is_open(step, call.agreed_at):
        opens, closes = map(time_of_day, _hours(step, call.agreed_at, call_times.CLOSES))
        return f"Nobody is rung now. Ring between {opens} and {closes} on a working day."
    if last is not None and not _agreed_for_today(call):
        return (
            f"This person was rung today already, on {in_words(last.at)} by {last.by}. Ring on another day."
        )
    return None


def _is_open(step: Step | None, agreed_at: dt.datetime | None) -> bool:
    """Whether it is within calling hours: in the evening only for somebody who asked for that."""
    moment = clock.now()
    closes = call_times.closes_for(agreed_at, clock.local(moment).date())
    return hours.are_open(moment, *_hours(step, agreed_at, closes))


def _hours(step: Step | None, agreed_at: dt.datetime | None, closes: dt.time) -> tuple[dt.time, dt.time]:
    """From when to when the call is made: in the call step's own hours, unless somebody named a time."""
    if step is None or step.channel != "call" or agreed_at is not None:
        return call_times.OPENS, closes
    first, last = max(step.opens or call_times.OPENS, call_times.OPENS), min(step.closes or closes, closes)
    return (first, last) if first < last else (call_times.OPENS, closes)


def _agreed_for_today(call: Call) -> bool:
    return call.agreed_at is not None and clock.local(call.agreed_at).date() == clock.today()


def _steps(ids: Collection[int]) -> dict[int, Step]:
    return {step.id: step for step in db.session.scalars(select(Step).where(Step.id.in_(ids)))}


def _rung_today(person_ids: Collection[int]) -> dict[int, CallAttempt]:
    """The last time that each of these people was rung today, for whichever programme."""
    its_call = (Call.tenant_id == CallAttempt.tenant_id) & (Call.id == CallAttempt.call_id)
    statement = (
        select(Call.person_id, CallAttempt)
        .join(Call, its_call)
        .where(Call.person_id.in_(person_ids), CallAttempt.at >= _midnight())
        .order_by(CallAttempt.id)
    )
    return {person_id: last for person_id, last in db.session.execute(statement)}


def _midnight() -> dt.datetime:
    return call_times.at(clock.today(), dt.time())


def its_time() -> ColumnElement[bool]:
    """Whether a call's time has come, within the hours, and nobody rang the person today: for the database.

    It is asked first, so that few of a long list are left of whom `obstacles_to` is asked. A time that
    somebody named is waited for.
    """
    evening = call_times.at(clock.today(), call_times.CLOSES)
    named = and_(Call.agreed_at <= clock.now(), literal(are_made_now()) | (Call.agreed_at >= evening))
    unnamed = and_(Call.agreed_at.is_(None), Call.step_id.in_(_open_steps()))
    return and_(or_(named, unnamed), or_(Call.agreed_at >= _midnight(), ~_was_rung_today()))


def are_made_now() -> bool:
    """Whether it is within the hours in which anybody may be rung."""
    return hours.are_open(clock.now(), call_times.OPENS, call_times.CLOSES)


def _open_steps() -> list[int]:
    """The steps of calls to be made in whose hours it is now."""
    due = select(Call.step_id).where(Call.state == "due")
    return [
        step.id for step in db.session.scalars(select(Step).where(Step.id.in_(due))) if _is_open(step, None)
    ]


def _was_rung_today() -> ColumnElement[bool]:
    other = aliased(Call)
    return exists().where(
        CallAttempt.tenant_id == other.tenant_id,
        CallAttempt.call_id == other.id,
        CallAttempt.at >= _midnight(),
        other.tenant_id == Call.tenant_id,
        other.person_id == Call.person_id,
    )
