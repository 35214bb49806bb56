"""Who is due for a step, and the batch that is built of them. Nothing is sent yet."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from app import audit, clock
from app.here import here
from app.library.models import LibraryItem
from app.outreach import hours, sms
from app.outreach.call_models import Call
from app.outreach.facts import Known, address_of, attempts_in, known_in, sending_of
from app.outreach.models import Batch, Contact, Step
from app.outreach.rules import (
    FOR_NOW,
    UNDECIDED,
    Attempt,
    Reason,
    Sending,
    is_due,
    mobile_of,
    phone_of,
    why_not,
)
from app.outreach.wording import Letterhead, text_for
from app.programmes.models import Programme
from tenants import scope
from tenants.db import Json, db

OPEN = ("built", "approved", "sending", "paused")
NO_LONGER_ASKED = frozenset({Reason.ANSWERED, Reason.OPTED_OUT, Reason.LEFT_OUT})
TOGETHER = 1000  # rows in one INSERT


@dataclass(frozen=True)
class Due:
    """Somebody whose turn a step is, and why they are held back from it if they are."""

    known: Known
    reason: Reason | None


def people_due(
    step: Step, everyone: list[Known], tried: dict[int, list[Attempt]], sending: Sending
) -> list[Due]:
    """Whose turn `step` is now. Who answered or opted out is in no later step; nobody is in one twice."""
    moment = clock.now()
    due = []
    for known in everyone:
        attempts = tried.get(known.participant.id, [])
        if not is_due(step.position, step.after_days, attempts, hours.day_of(moment)):
            continue
        reason = why_not(known.facts, step.channel, sending, moment)
        reason = None if reason in FOR_NOW else reason
        if reason is None or not _is_passed_over(step, reason, attempts):
            due.append(Due(known, reason))
    return due


def _is_passed_over(step: Step, reason: Reason, attempts: list[Attempt]) -> bool:
    if step.position == 1 and reason in UNDECIDED:
        return True
    if step.position > 1 and reason in NO_LONGER_ASKED:
        return True
    return any(a.position == step.position and a.state == "held back" for a in attempts)


def open_batch(step_id: int) -> Batch | None:
    """The step's batch that is not done with yet."""
    statement = select(Batch).where(Batch.step_id == step_id, Batch.state.in_(OPEN))
    return db.session.scalars(statement).one_or_none()


def build(
    programme: Programme, step: Step, template: LibraryItem, head: Letterhead
) -> tuple[Batch | None, bool]:
    """The step's open batch, and whether it was made just now; None where it is nobody's turn.

    A call step's open batch takes in those whose turn it has become since.
    """
    there = open_batch(step.id)
    if there is not None and step.channel != "call":
        return there, False
    due = people_due(step, known_in(programme.id), attempts_in(programme.id), sending_of(programme.id))
    if not due:
        return there, False
    batch = there or _new_batch(programme, step, template)
    if batch is None:
        return open_batch(step.id), False
    contacts = _add_contacts(batch, step, due)
    if step.channel == "call":
        _add_calls(batch, step, due)
    else:
        batch.manifest = _counted(step, template, contacts, due, head)
    held = sum(one.reason is not None for one in due)
    audit.record("built", "batch", batch.id, count=len(due), held_back=held, step=step.name)
    return batch, True


def _new_batch(programme: Programme, step: Step, template: LibraryItem) -> Batch | None:
    """A new batch of the step; None where somebody has opened one at this moment."""
    statement = (
        postgresql.insert(Batch)
        .values(
            tenant_id=scope.current().tenant,
            programme_id=programme.id,
            step_id=step.id,
            template_id=template.id,
            state="sending" if step.channel == "call" else "built",
            built_by=here.name,
            built_by_id=here.account.id if here.account else None,
            built_at=clock.now(),
            manifest={},
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "step_id"], index_where=Batch.state.in_(OPEN))
        .returning(Batch)
    )
    return db.session.scalars(statement).one_or_none()


def _add_contacts(batch: Batch, step: Step, due: list[Due]) -> list[Json]:
    rows = [_contact(batch, step, one) for one in due]
    for start in range(0, len(rows), TOGETHER):
        statement = postgresql.insert(Contact).values(rows[start : start + TOGETHER])
        db.session.execute(statement.on_conflict_do_nothing())
    return rows


def _contact(batch: Batch, step: Step, one: Due) -> Json:
    return {
        "tenant_id": scope.current().tenant,
        "batch_id": batch.id,
        "step_id": step.id,
        "participant_id": one.known.participant.id,
        "person_id": one.known.person.id,
        "state": "held back" if one.reason else "waiting",
        "reason": one.reason,
        "reference": str(uuid.uuid4()),
        "recipient": recipient_of(one.known, step.channel),
        "body": "",
        "created_at": clock.now(),
    }


def recipient_of(known: Known, channel: str) -> str:
    """Where a message to this person goes by `channel`; empty where there is nowhere."""
    if channel == "letter":
        return address_of(known.person)
    if channel == "email":
        return known.facts.email
    number = mobile_of(known.facts.mobile) if channel == "text" else phone_of(known.facts)
    return number or ""


def _add_calls(batch: Batch, step: Step, due: list[Due]) -> None:
    moment = clock.now()
    rows = [
        {
            "tenant_id": scope.current().tenant,
            "programme_id": batch.programme_id,
            "step_id": step.id,
            "participant_id": one.known.participant.id,
            "person_id": one.known.person.id,
            "why": "No answer yet",
            "due_on": hours.next_working_day(hours.day_of(moment)),
            "agreed_time": "",
            "state": "due",
            "created_at": moment,
        }
        for one in due
        if one.reason is None
    ]
    if rows:
        db.session.execute(postgresql.insert(Call).values(rows).on_conflict_do_nothing())


def _counted(
    step: Step, template: LibraryItem, contacts: list[Json], due: list[Due], head: Letterhead
) -> Json:
    """Parts, price and samples, counted when the batch is built."""
    going = [(row, one.known) for row, one in zip(contacts, due, strict=True) if one.reason is None]
    by_name = sorted(going, key=lambda pair: len(pair[1].person.given_name))
    samples = [row["participant_id"] for row, _ in (by_name[:1] + by_name[-1:])]
    if step.channel != "text":
        return {"units": len(going), "samples": samples}
    day = clock.today()
    parts = [
        sms.parts_of(text_for(template.body, Contact(reference=row["reference"]), known, head, day))
        for row, known in going
    ]
    return {"units": sum(parts), "most_parts": max(parts, default=0), "samples": samples}
