"""What follows when somebody answers through the link in a message."""

import datetime as dt
from typing import Any

from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.dialects.postgresql import insert

from app import audit, clock
from app.outreach import call_stops, call_times, choices, needs, quiet, steps, turns
from app.outreach.call_models import Call
from app.outreach.models import Batch, Contact, Reply, Step
from app.outreach.rules import Reason
from app.programmes.milestones import reach, withdraw
from app.programmes.models import Milestone, Participant, Programme
from tenants import scope
from tenants.db import db

BY = "the person, by the link in a message"
# Only "yes" engages somebody; the milestones of earlier answers are taken back when the answer changes.
MILESTONES: dict[str, tuple[str, ...]] = {
    "yes, call me": ("engaged", "wants a call"),
    "yes, another way": ("engaged", "wants another way"),
    "not now": ("not now",),
    "no thank you": ("opted out",),
}
ANSWER_MILESTONES = ("wants a call", "wants another way", "not now", "opted out")
# A person changes their mind a few times; more than this is a program, or somebody playing with it.
MOST, WITHIN = 30, dt.timedelta(minutes=15)
ASKED_AGAIN = "Asked to be asked again"
A_WEEK = dt.timedelta(days=7)


def latest_of(participant_id: int) -> Reply | None:
    """The answer that counts: the person's latest, through whichever message."""
    statement = select(Reply).where(Reply.participant_id == participant_id).order_by(Reply.id.desc()).limit(1)
    return db.session.scalars(statement).one_or_none()


def has_ended(contact: Contact) -> bool:
    """Whether the programme that a message was about is closed: nobody is rung or asked again about it."""
    its_programme = (Programme.tenant_id == Batch.tenant_id) & (Programme.id == Batch.programme_id)
    wanted = select(Programme.state).join(Batch, its_programme).where(Batch.id == contact.batch_id)
    return db.session.scalar(wanted) == "closed"


def too_many(contact: Contact) -> bool:
    """Whether this link was answered too often lately."""
    lately = select(func.count()).where(Reply.contact_id == contact.id, Reply.at > clock.now() - WITHIN)
    return (db.session.scalar(lately) or 0) >= MOST


def take(contact: Contact, answer: str, **details: Any) -> Reply:
    """Write an answer down and do what follows from it. The latest counts; earlier ones stay as rows.

    `details` are the reply's other columns: days and times, another way, ask again on.
    """
    participant = db.session.get(Participant, (scope.current().tenant, contact.participant_id))
    if participant is None:
        raise LookupError("a contact without a participant")
    reply = Reply(
        contact_id=contact.id, participant_id=participant.id, answer=answer, at=clock.now(), **details
    )
    db.session.add(reply)
    db.session.flush()
    audit.record("answered", "message", contact.id, person_id=contact.person_id, answer=answer)
    _milestones(participant, answer)
    _choice(participant, answer)
    _needs(participant, reply)
    _call(participant, contact, reply)
    return reply


def _milestones(participant: Participant, answer: str) -> None:
    live = select(Milestone.kind).where(
        Milestone.participant_id == participant.id,
        Milestone.kind.in_(ANSWER_MILESTONES),
        Milestone.withdrawn_at.is_(None),
    )
    for kind in set(db.session.scalars(live)) - set(MILESTONES[answer]):
        withdraw(participant.id, kind)
    for kind in MILESTONES[answer]:
        reach(participant.id, kind, reason="answered by the link")


def _choice(participant: Participant, answer: str) -> None:
    if answer == "no thank you":
        choices.opt_out(participant.person_id, participant.programme_id, source="reply link", entered_by=BY)
    else:
        choices.opt_in_again(participant.person_id, participant.programme_id, lifted_by=BY)


def _needs(participant: Participant, reply: Reply) -> None:
    """What they need is kept apart from the answer: it holds for every programme, and stays."""
    if reply.another_way:
        needs.answered(participant.person_id, reply.another_way, entered_by=BY)


def _call(participant: Participant, contact: Contact, reply: Reply) -> None:
    """Who asks for a call is rung at the time they named; who asks for another way is rung to arrange it."""
    if reply.answer in ("yes, call me", "yes, another way"):
        asked = "Asked for a call" if reply.answer == "yes, call me" else "Asked for another way"
        slot = call_times.next_slot(reply.days, reply.times, clock.now(), times_to_ring(contact))
        named = slot if reply.days or reply.times else None
        on = clock.local(slot).date()
        ask_for_call(participant, contact.step_id, why=asked, on=on, words=agreed(reply), at=named)
        return
    reason = Reason.OPTED_OUT if reply.answer == "no thank you" else Reason.ANSWERED
    call_stops.stop(Call.participant_id == participant.id, reason)
    if reply.ask_again_on is not None:
        _ask_again(participant, contact, reply.ask_again_on)


def _ask_again(participant: Participant, contact: Contact, day: dt.date) -> None:
    """Whom every step has had is rung on the day they named. A step that is left is theirs on that day."""
    programme = db.session.get_one(Programme, (participant.tenant_id, participant.programme_id))
    place = turns.place_of_one(programme.id, steps.steps_of(programme), participant.id)
    if place.reason == turns.ASK_AGAIN:
        on = quiet.next_day_to_ring(day)
        ask_for_call(participant, contact.step_id, why=ASKED_AGAIN, on=on, at=None)


def agreed(reply: Reply) -> str:
    """The agreed time in words: "Monday or Tuesday, in the morning"; empty where none was named."""
    parts = [" or ".join(reply.days), reply.times]
    return ", ".join(part for part in parts if part)


def times_to_ring(contact: Contact) -> call_times.Offered:
    """On which days and at which times whoever got this message can be rung: those of the call step."""
    theirs = select(Step.programme_id).where(Step.id == contact.step_id)
    step = db.session.scalars(_call_step(theirs.scalar_subquery())).one_or_none()
    pace = (step.opens, step.closes, step.weekdays or ()) if step else (None, None, ())
    return call_times.offered(*pace)._replace(quiet=quiet.for_calls())


def first_day(contact: Contact) -> dt.date | None:
    """The first day on which they are to be rung, where it is later than the week that they may expect."""
    listed = select(func.min(Call.due_on)).where(
        Call.participant_id == contact.participant_id, Call.state == "due"
    )
    day = db.session.scalar(listed)
    return day if day is not None and day > clock.today() + A_WEEK else None


def _call_step(programme_id: int | ScalarSelect[int]) -> Select[Step]:
    """The first step of a programme by which people are rung."""
    calls = select(Step).where(Step.programme_id == programme_id, Step.channel == "call")
    return calls.order_by(Step.position).limit(1)


def ask_for_call(
    participant: Participant, step_id: int, *, why: str, on: dt.date, words: str = "", at: dt.datetime | None
) -> None:
    """Put a person on the call list, or bring their entry there up to date.

    `words` say what was agreed, `at` when the time agreed begins.
    """
    call_step = _call_step(participant.programme_id).with_only_columns(Step.id).scalar_subquery()
    changes = {"why": why, "due_on": on, "agreed_time": words, "agreed_at": at, "state": "due"}
    statement = insert(Call).values(
        tenant_id=scope.current().tenant,
        programme_id=participant.programme_id,
        step_id=func.coalesce(call_step, step_id),
        participant_id=participant.id,
        person_id=participant.person_id,
        created_at=clock.now(),
        **changes,
    )
    key = ["tenant_id", "step_id", "participant_id"]
    db.session.execute(statement.on_conflict_do_update(index_elements=key, set_=changes))
    audit.record("added", "call", participant.id, person_id=participant.person_id, why=why)
