"""The call list: who is to be rung, who has taken the call, and what follows from what was said."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import CursorResult, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app import audit, clock
from app.here import here
from app.outreach import bad_addresses, choices, hours
from app.outreach.call_models import Call, CallAttempt
from app.outreach.facts import Known, known_of, sending_of
from app.outreach.models import Batch, Contact, Step
from app.outreach.rules import FOR_NOW, Reason, Sending, national, phone_of, why_not
from app.programmes.milestones import reach
from app.programmes.models import Programme
from tenants.db import Json, db

CLAIM_LASTS = dt.timedelta(minutes=30)
MOST_ATTEMPTS = 3

TRY_AGAIN = frozenset(
    {"no answer", "voicemail left", "voicemail not left", "busy", "answered by someone else"}
)
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
# Nobody rings, writes or texts after these; the sentence says who must be told.
STOPS: dict[str, str] = {
    "deceased reported": "Tell the practice today. Nobody contacts this person again.",
    "moved away": "Tell the practice that this person has moved. Nobody will contact them again.",
    "safeguarding concern": (
        "Tell the practice's safeguarding lead now, by phone. Nobody contacts this person until then."
    ),
    "urgent clinical concern": (
        "Tell a clinician at the practice now, by phone, or ring 999 where a life is in danger. "
        "Nobody will contact this person until that is settled."
    ),
    "asked not to be contacted": "Nobody will contact this person again, in any programme.",
}


@dataclass(frozen=True)
class Listed:
    """A call on the list, the person, and whether somebody is on it."""

    call: Call
    known: Known
    programme: str
    attempts: int
    reason: Reason | None
    taken_by: str | None


def due_calls(today: dt.date, *, later: bool = False) -> list[Listed]:
    """The calls due by `today` (or those after it), agreed times first, then the longest waiting."""
    when = Call.due_on > today if later else Call.due_on <= today
    tries = (
        select(func.count())
        .where(CallAttempt.tenant_id == Call.tenant_id, CallAttempt.call_id == Call.id)
        .correlate(Call)
        .scalar_subquery()
    )
    statement = (
        select(Call, Programme.name, Programme.state, tries)
        .join(Programme, (Programme.tenant_id == Call.tenant_id) & (Programme.id == Call.programme_id))
        .where(Call.state == "due", Programme.state == "live", when)
        .order_by(Call.agreed_time == "", Call.due_on, Call.id)
    )
    rows = list(db.session.execute(statement))
    known = known_of([call.participant_id for call, *_ in rows])
    return [
        Listed(
            call,
            known[call.participant_id],
            name,
            attempts,
            _reason(known[call.participant_id], state),
            _taken(call),
        )
        for call, name, state, attempts in rows
    ]


def lists_of(today: dt.date) -> dict[str, list[Listed]]:
    """The calls that are "due" by `today`, those of them that are "mine", and those to be made "later".

    "held" are the people among them who must not be rung.
    """
    due, later = due_calls(today), due_calls(today, later=True)
    lists = {name: [one for one in some if _may_ring(one)] for name, some in (("due", due), ("later", later))}
    lists["mine"] = [one for one in lists["due"] + lists["later"] if is_taken_by_me(one.call)]
    return lists | {"held": [one for one in due + later if not _may_ring(one)]}


def _may_ring(one: Listed) -> bool:
    return one.reason is None or one.reason in FOR_NOW


def _reason(known: Known, state: str) -> Reason | None:
    return why_not(known.facts, "call", Sending(state=state), clock.now())


def _taken(call: Call) -> str | None:
    """Who is on this call now, other than the person here."""
    return call.claimed_by if _is_taken(call) and not is_mine(call) else None


def _is_taken(call: Call) -> bool:
    return call.claimed_at is not None and clock.now() - call.claimed_at <= CLAIM_LASTS


def is_taken_by_me(call: Call) -> bool:
    """Whether the person here is on this call now."""
    return _is_taken(call) and is_mine(call)


def is_mine(call: Call) -> bool:
    """Whether the person here has taken this call and nobody else has since."""
    return here.account is not None and call.claimed_by_id == here.account.id


def reason_not_to_ring(call: Call) -> Reason | None:
    """Why this person must not be rung now, asked again at the moment of ringing."""
    known = known_of([call.participant_id])[call.participant_id]
    return why_not(known.facts, "call", sending_of(call.programme_id), clock.now())


def claim(call: Call) -> bool:
    """Take the call, so that nobody else rings. False where a colleague has it or it is no longer due."""
    me = here.account.id if here.account else None
    free = or_(
        Call.claimed_by_id.is_(None), Call.claimed_by_id == me, Call.claimed_at < clock.now() - CLAIM_LASTS
    )
    statement = (
        update(Call)
        .where(Call.id == call.id, Call.state == "due", free)
        .values(claimed_by=here.name, claimed_by_id=me, claimed_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    result = db.session.execute(statement)
    db.session.refresh(call)
    mine = isinstance(result, CursorResult) and result.rowcount == 1
    audit.record("claimed" if mine else "tried to claim", "call", call.id, person_id=call.person_id)
    return mine


def take_off(call: Call, reason: Reason) -> None:
    """Take somebody off the list who may not be rung any more. What passes by itself leaves them on it."""
    if reason in FOR_NOW:
        return
    call.state = "stopped"
    _settle_contact(call, "held back", reason)
    audit.record("held back", "call", call.id, person_id=call.person_id, reason=reason)


def record(call: Call, said: Json, form_key: str) -> bool:
    """Write down what came of ringing and do what follows. False where this form was sent before.

    `said` holds outcome, barrier, identity, note, call_back_on and never (no more asking in this programme).
    """
    attempt = _attempt(call, said, form_key)
    if attempt is None:
        return False
    audit.record("rang", "call", call.id, person_id=call.person_id, outcome=said["outcome"])
    call.claimed_by = call.claimed_by_id = call.claimed_at = None
    _settle_contact(call, "sent", None)
    if said["outcome"] in REACHED_THEM:
        reach(call.participant_id, "contacted")
    _follow_up(call, said)
    db.session.flush()
    _finish_batch(call)
    return True


def _attempt(call: Call, said: Json, form_key: str) -> int | None:
    columns = {name: said.get(name) for name in ("outcome", "barrier", "call_back_on")}
    statement = (
        insert(CallAttempt)
        .values(
            tenant_id=call.tenant_id,
            call_id=call.id,
            participant_id=call.participant_id,
            identity=said.get("identity") or [],
            note=said.get("note") or "",
            form_key=form_key,
            by=here.name,
            at=clock.now(),
            **columns,
        )
        .on_conflict_do_nothing()
        .returning(CallAttempt.id)
    )
    return db.session.scalar(statement)


def _follow_up(call: Call, said: Json) -> None:
    outcome = said["outcome"]
    if outcome in STOPS:
        _stop(call, outcome)
    elif outcome == "spoke: accepted":
        reach(call.participant_id, "engaged", reason="said yes on a call")
        call.state = "done"
    elif outcome == "spoke: declined":
        _declined(call, said)
    elif outcome == "spoke: already supported":
        reach(call.participant_id, "not now", reason="already supported")
        call.state = "done"
    elif outcome in ("wrong number", "number dead"):
        _wrong_number(call, outcome)
    else:
        _ring_again(call, said)


def _wrong_number(call: Call, outcome: str) -> None:
    """The number that was rung is bad from now on, everywhere. Where there is another, that one is rung."""
    known = known_of([call.participant_id])[call.participant_id]
    rung = phone_of(known.facts)
    if rung is not None:
        kind = "mobile" if national(known.facts.mobile) == rung else "home phone"
        bad_addresses.mark(call.person_id, kind, rung, why=outcome, source="a call")
    if phone_of(known_of([call.participant_id])[call.participant_id].facts) is not None:
        call.due_on = hours.next_working_day(clock.today() + dt.timedelta(days=1))
        call.why = "The first number was wrong: ring the other one"
        return
    reach(call.participant_id, "not reached", reason=outcome)
    call.state = "done"


def _stop(call: Call, outcome: str) -> None:
    source = f"on a call: {outcome}"
    choices.never_contact(call.person_id, source=source, entered_by=here.name)
    statement = (
        update(Call)
        .where(Call.person_id == call.person_id, Call.state == "due")
        .values(state="stopped")
        .execution_options(synchronize_session=False)
    )
    db.session.execute(statement)
    db.session.refresh(call)
    if outcome == "asked not to be contacted":
        reach(call.participant_id, "opted out", reason=source)
    elif outcome in ("deceased reported", "moved away"):
        reach(call.participant_id, "left out", reason=source)


def _declined(call: Call, said: Json) -> None:
    call.state = "done"
    if said.get("never"):
        choices.opt_out(call.person_id, call.programme_id, source="on a call", entered_by=here.name)
        reach(call.participant_id, "opted out", reason=said.get("barrier"))
    else:
        reach(call.participant_id, "not now", reason=said.get("barrier"))


def _ring_again(call: Call, said: Json) -> None:
    """Put the call back on the list: on the day agreed, or else on the next working day."""
    tomorrow = hours.next_working_day(clock.today() + dt.timedelta(days=1))
    call.due_on = said.get("call_back_on") or tomorrow
    call.agreed_time = "Agreed on the last call" if said.get("call_back_on") else ""
    if said["outcome"] == "spoke: wants time":
        reach(call.participant_id, "wants a call", reason="wants time")
        call.why = "Wanted time to think"
    elif said["outcome"] == "interpreter needed":
        call.why = "Interpreter needed: book one before ringing"
    elif _unanswered(call) >= MOST_ATTEMPTS:
        call.state = "done"
        reach(call.participant_id, "not reached", reason=f"no answer to {MOST_ATTEMPTS} calls")


def _unanswered(call: Call) -> int:
    statement = select(func.count()).where(CallAttempt.call_id == call.id, CallAttempt.outcome.in_(TRY_AGAIN))
    return db.session.scalar(statement) or 0


def _settle_contact(call: Call, state: str, reason: str | None) -> None:
    """The person's place in the call step's batch: reached by this first ringing, or held back."""
    statement = (
        update(Contact)
        .where(
            Contact.step_id == call.step_id,
            Contact.participant_id == call.participant_id,
            Contact.state == "waiting",
        )
        .values(state=state, reason=reason, sent_at=clock.now() if state == "sent" else None)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(statement)


def _finish_batch(call: Call) -> None:
    left = select(Contact.id).where(
        Contact.tenant_id == Batch.tenant_id, Contact.batch_id == Batch.id, Contact.state == "waiting"
    )
    statement = (
        update(Batch)
        .where(Batch.step_id == call.step_id, Batch.state == "sending", ~left.exists())
        .where(select(Step.id).where(Step.id == call.step_id, Step.channel == "call").exists())
        .values(state="done", finished_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    db.session.execute(statement)


def was_recorded(form_key: str) -> bool:
    """Whether a form with this key was saved before."""
    return db.session.scalar(select(CallAttempt.id).where(CallAttempt.form_key == form_key)) is not None


def attempts_of(call: Call) -> list[CallAttempt]:
    """What came of earlier ringing, the latest first."""
    statement = select(CallAttempt).where(CallAttempt.call_id == call.id).order_by(CallAttempt.id.desc())
    return list(db.session.scalars(statement))


def barriers_heard(programme_id: int) -> list[tuple[str, int]]:
    """Each barrier heard in a programme and from how many people, the most frequent first."""
    people = func.count(func.distinct(CallAttempt.participant_id))
    statement = (
        select(CallAttempt.barrier, people)
        .join(Call, (Call.tenant_id == CallAttempt.tenant_id) & (Call.id == CallAttempt.call_id))
        .where(Call.programme_id == programme_id, CallAttempt.barrier.is_not(None))
        .group_by(CallAttempt.barrier)
        .order_by(people.desc(), CallAttempt.barrier)
    )
    return [(barrier, count) for barrier, count in db.session.execute(statement) if barrier]
