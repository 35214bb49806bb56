"""What follows from what was said on a call, or from nobody answering it."""

import datetime as dt

from sqlalchemy import ColumnElement, and_, func, select, update

from app import audit, clock
from app.here import here
from app.outreach import alerts, bad_addresses, call_times, choices, needs, quiet
from app.outreach.call_models import ALERTS, BOOK_FIRST, BOOKED, Call, CallAttempt
from app.outreach.call_stops import is_call_step, stop
from app.outreach.choice_models import ReachDecision
from app.outreach.facts import known_of
from app.outreach.models import Contact, Reply
from app.outreach.rules import Reason, national, phone_of
from app.programmes.milestones import reach, withdraw
from tenants.db import Json, db

MOST_ATTEMPTS = 3
UNREACHED = f"no answer to {MOST_ATTEMPTS} calls"
# They may say on which day the person is there, which is agreed however often nobody answered.
SOMEONE_ELSE = "answered by someone else"
TRY_AGAIN = frozenset({"no answer", "voicemail left", "voicemail not left", "busy", SOMEONE_ELSE})
ASKS_BARRIER = frozenset({"spoke: wants time", "spoke: declined"})
REACHED_THEM = frozenset(
    {
        "spoke: accepted",
        "spoke: wants time",
        "spoke: declined",
        "spoke: already supported",
        "asked not to be contacted",
        "voicemail left",
    }
)
# Nobody rings, writes or texts after these; the sentence says what the caller does now.
STOPS: dict[str, str] = {
    "deceased reported": "The practice and the clinicians have been told. Nobody contacts this person now.",
    "moved away": "The practice and the clinicians have been told. Nobody contacts this person now.",
    "safeguarding concern": (
        "Tell the practice's safeguarding lead now, by phone. The clinicians have been told here and by "
        "e-mail. Nobody contacts this person until they have settled it."
    ),
    "urgent clinical concern": (
        "Tell a clinician at the practice now, by phone, or ring 999 where a life is in danger. The "
        "clinicians have been told here and by e-mail. Nobody contacts this person until it is settled."
    ),
    "lacks capacity or has a carer": (
        "The clinicians have been asked who can speak for this person. Nobody contacts them until they have "
        "settled it."
    ),
    "asked not to be contacted": "Nobody will contact this person again, in any programme.",
}


def follow_up(call: Call, attempt_id: int, said: Json) -> None:
    """Do what follows from the outcome. `said` is what the form of the call gives."""
    outcome = said["outcome"]
    if outcome in ALERTS:
        alerts.sound(call, attempt_id, outcome, said.get("note") or "")
    elif outcome == "asked not to be contacted":
        _never_again(call)
    elif outcome == "spoke: accepted":
        _accepted(call)
    elif outcome == "spoke: declined":
        _declined(call, said)
    elif outcome == "spoke: already supported":
        reach(call.participant_id, "not now", reason="already supported")
        call.state = "done"
    elif outcome in ("wrong number", "number dead"):
        _wrong_number(call, outcome)
    else:
        _ring_again(call, said)
    _once_a_day(call)


def _accepted(call: Call) -> None:
    """They want to take part; how they wanted to be reached is no longer asked."""
    for asked in ("wants a call", "wants another way", "not now"):
        withdraw(call.participant_id, asked)
    reach(call.participant_id, "engaged", reason="said yes on a call")
    call.state = "done"


def _never_again(call: Call) -> None:
    source = "on a call: asked not to be contacted"
    choices.never_contact(call.person_id, source=source, entered_by=here.name)
    stop(Call.person_id == call.person_id, Reason.DO_NOT_CONTACT)
    db.session.refresh(call)
    reach(call.participant_id, "opted out", reason=source)


def _declined(call: Call, said: Json) -> None:
    call.state = "done"
    if said.get("never"):
        choices.opt_out(call.person_id, call.programme_id, source="on a call", entered_by=here.name)
        reach(call.participant_id, "opted out", reason=said.get("barrier"))
    else:
        reach(call.participant_id, "not now", reason=said.get("barrier"))


def _wrong_number(call: Call, outcome: str) -> None:
    """The number that was rung is bad from now on, everywhere. Where there is another, that one is rung."""
    known = known_of([call.participant_id])[call.participant_id]
    rung = phone_of(known.facts)
    if rung is not None:
        kind = "mobile" if national(known.facts.mobile) == rung else "home phone"
        bad_addresses.mark(call.person_id, kind, rung, why=outcome, source="a call")
    if phone_of(known_of([call.participant_id])[call.participant_id].facts) is not None:
        _put_off(call, BOOK_FIRST if call.why == BOOKED else "The first number was wrong: ring the other one")
        return
    give_up(call, outcome)


def give_up(call: Call, reason: str) -> None:
    """The calls end without anybody reached: the next step is theirs, or somebody decides.

    What a call step tried has failed, unless a message was left on their voicemail.
    """
    call.state, call.why = "done", reason
    reach(call.participant_id, "not reached", reason=reason)
    left = select(CallAttempt.id).where(
        CallAttempt.call_id == call.id, CallAttempt.outcome == "voicemail left"
    )
    statement = (
        update(Contact)
        .where(
            Contact.step_id == call.step_id,
            Contact.participant_id == call.participant_id,
            Contact.state.in_(("waiting", "sent")),
            is_call_step(Contact.step_id),
            ~left.exists(),
        )
        .values(state="failed", reason=reason)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(statement)
    audit.record("could not reach", "person", call.participant_id, person_id=call.person_id, reason=reason)


def _ring_again(call: Call, said: Json) -> None:
    """Put the call back on the list: at the time agreed, or else on the next working day."""
    outcome = said["outcome"]
    day, time = said.get("call_back_on"), said.get("call_back_time") or call_times.ANY
    # The interpreter was booked for this ringing, not for the next.
    why = BOOK_FIRST if call.why == BOOKED else call.why
    if outcome == "interpreter needed":
        needs.note(call.person_id, "interpreter", source="on a call", entered_by=here.name)
        _put_off(call, BOOK_FIRST)
    elif outcome in TRY_AGAIN and not (day and outcome == SOMEONE_ELSE) and _is_last(call):
        give_up(call, UNREACHED)
    elif day:
        agree(call, day, time, why if outcome in TRY_AGAIN or why == BOOK_FIRST else "Wanted time to think")
    else:
        _put_off(call, why)
    if outcome == "spoke: wants time":
        reach(call.participant_id, "wants a call", reason="wants time")


def agree(call: Call, day: dt.date, time: str, why: str) -> None:
    """Somebody is to be rung on `day` at `time` (of call_times), because of `why`."""
    call.due_on, call.why = day, why
    call.agreed_at = call_times.agreed_on(day, time)
    call.agreed_time = "Agreed on the last call"


def _put_off(call: Call, why: str) -> None:
    call.due_on = quiet.next_day_to_ring(clock.today() + dt.timedelta(days=1))
    call.agreed_at, call.agreed_time, call.why = None, "", why


def _once_a_day(call: Call) -> None:
    """Nobody is rung twice on one day: what other programmes want of them today waits until tomorrow."""
    today = clock.today()
    statement = (
        update(Call)
        .where(
            Call.person_id == call.person_id, Call.id != call.id, Call.state == "due", Call.due_on <= today
        )
        .where(Call.agreed_at.is_(None))
        .values(due_on=quiet.next_day_to_ring(today + dt.timedelta(days=1)))
        .execution_options(synchronize_session=False)
    )
    db.session.execute(statement)


def _is_last(call: Call) -> bool:
    return unanswered(call) >= MOST_ATTEMPTS


def unanswered(call: Call) -> int:
    """How often nobody answered this call, since the person last wrote or somebody said to try again."""
    statement = select(func.count()).where(CallAttempt.call_id == call.id, is_a_try(call.participant_id))
    return db.session.scalar(statement) or 0


def is_a_try(participant_id: int) -> ColumnElement[bool]:
    """Whether a ringing was in vain and counts: after their last answer and the last "try again"."""
    again = select(func.max(ReachDecision.at)).where(
        ReachDecision.participant_id == participant_id, ReachDecision.decision == "try again"
    )
    wrote = select(func.max(Reply.at)).where(Reply.participant_id == participant_id)
    begun = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    return and_(
        CallAttempt.outcome.in_(TRY_AGAIN),
        CallAttempt.at > func.coalesce(again.scalar_subquery(), begun),
        CallAttempt.at >= func.coalesce(wrote.scalar_subquery(), begun),
    )
