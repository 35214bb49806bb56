"""Sending in the background: in chunks, each message recorded before it is handed over.

A run first settles what the run before marked as "sending": it asks the gateway for the reference and sends
only what the gateway has not got. Then it marks the next chunk and asks to be run again, which commits the
marks. Killed at any point, the next run asks first, so nobody gets a message twice.
"""

import datetime as dt
from typing import Any

from sqlalchemy import CursorResult, Select, select, update

from app import audit, clock, outbox
from app.library.models import LibraryItem
from app.outreach import hours, letters, links
from app.outreach.batches import recipient_of
from app.outreach.facts import known_of, sending_of
from app.outreach.gateways import Refused, gateway
from app.outreach.letterhead import letterhead_of
from app.outreach.models import Batch, Contact, Step
from app.outreach.rules import FOR_NOW, Sending, why_not
from app.outreach.wording import Letterhead, text_for
from app.programmes.milestones import reach_many
from app.programmes.models import Programme
from tenants import scope
from tenants.db import Json, db

CHUNK = 50
GOING = ("approved", "sending")
LOOK_AGAIN = dt.timedelta(minutes=5)
SOON = dt.timedelta(seconds=5)


@outbox.handles("outreach.send")
def send(payload: Json) -> outbox.Later | None:
    """Send the next chunk of a batch; asks to be run again until everybody is accounted for."""
    batch = db.session.get(Batch, (scope.current().tenant, payload["batch_id"]))
    if batch is None:
        return None
    _settle(batch)
    db.session.refresh(batch)
    sending = sending_of(batch.programme_id)
    if batch.state == "cancelled":
        _cancel_rest(batch)
    if batch.state not in GOING or (sending.state == "closed" and _closed(batch)):
        return None
    wait_until = _wait_until(sending, clock.now())
    if wait_until is not None:
        return outbox.Later(wait_until)
    if _mark_next(batch):
        return outbox.Later(clock.now())
    return None if _finish(batch) else outbox.Later(clock.now() + SOON)


def _cancel_rest(batch: Batch) -> None:
    """Whoever came back to waiting while the batch was being cancelled is cancelled too."""
    statement = update(Contact).where(Contact.batch_id == batch.id, Contact.state == "waiting")
    db.session.execute(statement.values(state="cancelled"))
    audit.record("settled", "batch", batch.id)


def _closed(batch: Batch) -> bool:
    _move(batch, "paused")
    audit.record("paused", "batch", batch.id, reason="the programme is closed")
    return True


def _move(batch: Batch, state: str, **values: Any) -> bool:
    """Change the state of a batch that is still going out; False where somebody has stopped it meanwhile."""
    statement = (
        update(Batch).where(Batch.id == batch.id, Batch.state.in_(GOING)).values(state=state, **values)
    )
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return isinstance(result, CursorResult) and result.rowcount == 1


def _wait_until(sending: Sending, moment: dt.datetime) -> dt.datetime | None:
    if sending.stopped or sending.state != "live":
        return moment + LOOK_AGAIN
    opening = hours.next_open(moment, sending.opens, sending.closes)
    return opening if opening > moment else None


def _in_state(batch: Batch, state: str) -> Select[Contact]:
    return (
        select(Contact)
        .where(Contact.batch_id == batch.id, Contact.state == state)
        .order_by(Contact.id)
        .limit(CHUNK)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    )


def _mark_next(batch: Batch) -> int:
    # The batch's row is taken before its contacts', as whoever cancels does, so that the two cannot lock up.
    if not _move(batch, "sending"):
        return 0
    contacts = list(db.session.scalars(_in_state(batch, "waiting")))
    for contact in contacts:
        contact.state = "sending"
        links.give_link(contact)
    audit.record("marked", "messages", batch.id, count=len(contacts))
    return len(contacts)


def _settle(batch: Batch) -> None:
    """Send what was marked, unless the gateway has it already or something has changed since."""
    marked = list(db.session.scalars(_in_state(batch, "sending")))
    if not marked:
        return
    template, head = _words(batch)
    for contact in marked:
        if gateway().find(contact.reference):
            _is_sent(contact)
        else:
            _deliver(contact, batch, template, head)
    sent = [contact.participant_id for contact in marked if contact.state == "sent"]
    reach_many(sent, "contacted")
    others = len(marked) - len(sent)
    audit.record("sent", "messages", batch.id, count=len(sent), not_sent=others)


def _words(batch: Batch) -> tuple[LibraryItem, Letterhead]:
    template = db.session.get(LibraryItem, (scope.current().org, batch.template_id))
    programme = db.session.get(Programme, (scope.current().tenant, batch.programme_id))
    if template is None or programme is None:
        raise outbox.WorkCannotBeDone("The template of this batch is no longer there. Cancel the batch.")
    return template, letterhead_of(programme)


def _deliver(contact: Contact, batch: Batch, template: LibraryItem, head: Letterhead) -> None:
    state = db.session.scalar(select(Batch.state).where(Batch.id == batch.id))
    if state not in GOING:
        contact.state = "cancelled" if state == "cancelled" else "waiting"
        return
    known = known_of([contact.participant_id])[contact.participant_id]
    reason = why_not(known.facts, "text", sending_of(batch.programme_id), clock.now())
    if reason is not None:
        contact.state = "waiting" if reason in FOR_NOW else "held back"
        contact.reason = None if reason in FOR_NOW else reason
        return
    links.give_link(contact)
    contact.recipient = recipient_of(known, "text")
    body = text_for(template.body, contact, known, head, clock.today())
    try:
        gateway().send(contact.reference, "text", contact.recipient, body)
    except Refused as refusal:
        contact.state, contact.reason = "failed", str(refusal)
        return
    contact.body = body.replace(links.token_of(contact), "…")
    _is_sent(contact)


def _is_sent(contact: Contact) -> None:
    contact.state, contact.sent_at = "sent", clock.now()


def _finish(batch: Batch) -> bool:
    """Mark the batch done once nobody in it waits; False where somebody still does."""
    left = select(Contact.id).where(Contact.batch_id == batch.id, Contact.state.in_(("waiting", "sending")))
    if db.session.scalar(left.limit(1)) is not None:
        return False
    if not _move(batch, "done", finished_at=clock.now()):
        return True
    audit.record("finished", "batch", batch.id)
    return True


@outbox.handles("outreach.letters")
def plan_letters(payload: Json) -> None:
    """Divide an approved batch of letters into parts, and leave each to be made."""
    batch = db.session.get(Batch, (scope.current().tenant, payload["batch_id"]))
    if batch is None or batch.state != "approved" or letters.parts_of(batch):
        return
    step = db.session.get(Step, (scope.current().tenant, batch.step_id))
    if step is not None:
        letters.plan(batch, step)


@outbox.handles("outreach.letter_part")
def make_letters(payload: Json) -> None:
    """Make one part of a batch's letters, from those who may still be written to."""
    part = letters.unmade(payload["part_id"])
    batch = db.session.get(Batch, (scope.current().tenant, part.batch_id)) if part else None
    step = db.session.get(Step, (scope.current().tenant, batch.step_id)) if batch else None
    if part is None or batch is None or step is None or batch.state != "approved":
        return
    template, head = _words(batch)
    letters.make(part, batch, step, template, head)
