"""One call: who has taken it, and writing down what came of it. Whether it may be made now: `obstacles`."""

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from app import audit, clock
from app.here import here
from app.outreach import obstacles
from app.outreach.call_models import Call, CallAttempt
from app.outreach.call_outcomes import REACHED_THEM, follow_up, give_up, is_a_try
from app.outreach.call_stops import finish, is_call_step
from app.outreach.models import Contact
from app.outreach.rules import FOR_NOW, UNDECIDED, UNREACHABLE, Reason
from app.programmes.milestones import reach
from tenants.db import Json, db

CLAIM_LASTS = dt.timedelta(minutes=30)
# They pass by themselves or when somebody settles them: the call stays on the list, held.
PASSING = UNDECIDED | {Reason.HOLD, Reason.MISSING, Reason.LATELY, Reason.OFTEN}


def is_claimed(call: Call) -> bool:
    """Whether somebody has taken this call and the claim still counts."""
    return call.claimed_at is not None and clock.now() - call.claimed_at <= CLAIM_LASTS


def is_mine(call: Call) -> bool:
    """Whether the person here has taken this call and nobody else has since."""
    return here.account is not None and call.claimed_by_id == here.account.id


def claim(call: Call) -> bool:
    """Take the call, so that nobody else rings this person. False where a colleague has, or it is not due.

    The person's calls for other programmes count too: they are locked first, so that of two who claim at
    once one waits for the other and then sees the claim.
    """
    me = here.account.id if here.account else None
    one = aliased(Call)
    theirs = select(one).where(one.person_id == call.person_id, one.state == "due").order_by(one.id)
    db.session.execute(theirs.with_for_update().execution_options(populate_existing=True)).all()
    statement = (
        update(Call)
        .where(Call.id == call.id, Call.state == "due", ~_taken_by_another(call.person_id, me))
        .values(claimed_by=here.name, claimed_by_id=me, claimed_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    result = db.session.execute(statement)
    db.session.refresh(call)
    mine = isinstance(result, CursorResult) and result.rowcount == 1
    audit.record("claimed" if mine else "tried to claim", "call", call.id, person_id=call.person_id)
    return mine


def _live(of: type[Call]) -> ColumnElement[bool]:
    return and_(of.claimed_at >= clock.now() - CLAIM_LASTS, of.state == "due")


def is_free() -> ColumnElement[bool]:
    """Whether no colleague is on a call, or on another one of the same person: for the database."""
    return ~_taken_by_another(Call.person_id, here.account.id if here.account else None)


def _taken_by_another(person_id: Any, me: int | None) -> ColumnElement[bool]:
    one = aliased(Call)
    others = or_(one.claimed_by_id != me, one.claimed_by_id.is_(None))
    return select(one.id).where(one.person_id == person_id, _live(one), others).exists()


def who_is_on(call: Call) -> str | None:
    """The colleague who has taken this call, or one of the same person for another programme."""
    me = here.account.id if here.account else None
    statement = select(Call.claimed_by).where(
        Call.person_id == call.person_id, _live(Call), Call.claimed_by_id.is_distinct_from(me)
    )
    return db.session.scalar(statement.limit(1))


def put_back(call: Call) -> bool:
    """Leave a call that one has taken to others. False where it is not one's own."""
    me = here.account.id if here.account else None
    statement = (
        update(Call)
        .where(Call.id == call.id, Call.state == "due", Call.claimed_by_id == me)
        .values(claimed_by=None, claimed_by_id=None, claimed_at=None)
        .returning(Call.id)
        .execution_options(synchronize_session=False)
    )
    done = db.session.scalar(statement) is not None
    db.session.refresh(call)
    audit.record("put back" if done else "tried to put back", "call", call.id, person_id=call.person_id)
    return done


def take_off(call: Call, reason: Reason) -> None:
    """Take somebody off the list who is not to be rung any more. What passes by itself leaves them on it."""
    if reason in FOR_NOW or obstacles.is_not_yet(call, reason):
        return
    _settle_contact(call, "held back", reason)
    if reason in UNREACHABLE:
        give_up(call, reason)
    elif reason not in PASSING:
        call.state = "stopped"
    finish({call.step_id})
    audit.record("held back", "call", call.id, person_id=call.person_id, reason=reason)


def alone(call: Call) -> None:
    """Until this request ends nobody else writes down what came of this call: not from another window either.

    It is as it stands now: whoever comes second sees what the first wrote down.
    """
    locked = select(Call).where(Call.id == call.id).with_for_update(key_share=True)
    db.session.scalars(locked.execution_options(populate_existing=True)).one()


def record(call: Call, said: Json, form_key: str) -> bool:
    """Write down what came of ringing and do what follows. False where this form was sent before.

    `said` holds outcome, barrier, identity, note, call_back_on, call_back_time and never (no more asking in
    this programme).
    """
    attempt_id = _attempt(call, said, form_key)
    if attempt_id is None:
        return False
    audit.record("rang", "call", call.id, person_id=call.person_id, outcome=said["outcome"])
    call.claimed_by = call.claimed_by_id = call.claimed_at = None
    _settle_contact(call, "sent", None)
    if said["outcome"] in REACHED_THEM:
        reach(call.participant_id, "contacted")
    follow_up(call, attempt_id, said)
    db.session.flush()
    finish({call.step_id})
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
            call_back_time=said.get("call_back_time") or "",
            form_key=form_key,
            by=here.name,
            at=clock.now(),
            **columns,
        )
        .on_conflict_do_nothing()
        .returning(CallAttempt.id)
    )
    return db.session.scalar(statement)


def _settle_contact(call: Call, state: str, reason: str | None) -> None:
    """The person's place in the call step's batch: reached by this first ringing, or held back.

    Who was held back for what has passed since, and is rung, was reached.
    """
    one = aliased(Contact)
    latest = select(func.max(one.id)).where(
        one.step_id == call.step_id, one.participant_id == call.participant_id, one.state != "cancelled"
    )
    statement = (
        update(Contact)
        .where(Contact.id == latest.scalar_subquery(), Contact.state.in_(("waiting", "held back")))
        .where(is_call_step(Contact.step_id))
        .values(state=state, reason=reason, sent_at=clock.now() if state == "sent" else None)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(statement)


def was_recorded(form_key: str) -> bool:
    """Whether a form with this key was saved before."""
    return db.session.scalar(select(CallAttempt.id).where(CallAttempt.form_key == form_key)) is not None


def tries_of(call: Call) -> list[tuple[CallAttempt, bool]]:
    """What came of earlier ringing, the latest first, and whether it counts towards the most tries."""
    statement = select(CallAttempt, is_a_try(call.participant_id)).where(CallAttempt.call_id == call.id)
    return [(one, counted) for one, counted in db.session.execute(statement.order_by(CallAttempt.id.desc()))]


def attempts_of(call: Call) -> list[CallAttempt]:
    """What came of earlier ringing, the latest first."""
    statement = select(CallAttempt).where(CallAttempt.call_id == call.id).order_by(CallAttempt.id.desc())
    return list(db.session.scalars(statement))
