"""Sending in the background: in chunks, each message recorded before it is handed over.

A run first settles what the run before marked as "sending": it asks the gateway for the reference and sends
only what the gateway has not got. Then it marks the next chunk and asks to be run again, which commits the
marks. Killed at any point, the next run asks first, so nobody gets a message twice.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from sqlalchemy import CursorResult, Select, select, update

from app import audit, clock, outbox
from app.library.models import LibraryItem
from app.outreach import accounts, delivery, hours, letters, links
from app.outreach.building import recipient_of
from app.outreach.facts import Known, known_of, sending_of
from app.outreach.gateways import Busy, Gateway, Message, NotConnected, Refused, Unclear
from app.outreach.letterhead import letterhead_of
from app.outreach.models import Batch, Contact, Step
from app.outreach.rules import FOR_NOW, Sending, why_not
from app.outreach.wording import Letterhead, message_for
from app.programmes.milestones import reach_many
from app.programmes.models import Programme
from tenants import scope
from tenants.db import Json, db

CHUNK = 50
GOING = ("approved", "sending")
LOOK_AGAIN = dt.timedelta(minutes=5)
SOON = dt.timedelta(seconds=5)
LONGEST = dt.timedelta(seconds=20)  # that one run sends before it commits
A_MOMENT = dt.timedelta(seconds=1)
IN_A_WHILE = dt.timedelta(seconds=30)
MOST_UNCLEAR = 3  # that one run bears before it gives the gateway a rest
MOST_TRIES = 5


@outbox.handles("outreach.send")
def send(payload: Json) -> outbox.Later | None:
    """Send the next chunk of a batch; asks to be run again until everybody is accounted for."""
    batch = db.session.get(Batch, (scope.current().tenant, payload["batch_id"]))
    if batch is None:
        return None
    run = Run(batch, db.session.get_one(Step, (scope.current().tenant, batch.step_id)).channel)
    if again := run.settle(_in_state(batch, "sending"), asking=True):
        return again
    db.session.refresh(batch)
    sending = sending_of(batch.programme_id)
    if batch.state == "cancelled":
        _cancel_rest(batch)
    if batch.state not in GOING or (sending.state == "closed" and _closed(batch)):
        return None
    wait_until = _wait_until(sending, run.channel, clock.now())
    if wait_until is not None:
        return outbox.Later(wait_until)
    marked, left = _mark_next(batch.id, run.channel)
    if marked:
        return run.settle(_of_ids(marked)) or outbox.Later(clock.now())
    if left:
        return outbox.Later(accounts.next_minute())
    return None if _finish(batch, run.channel) else outbox.Later(clock.now() + SOON)


def _cancel_rest(batch: Batch) -> None:
    """Whoever came back to waiting while the batch was being cancelled is cancelled too."""
    statement = update(Contact).where(Contact.batch_id == batch.id, Contact.state == "waiting")
    db.session.execute(statement.values(state="cancelled"))
    audit.record("settled", "batch", batch.id)


def _closed(batch: Batch) -> bool:
    _move(batch.id, "paused")
    audit.record("paused", "batch", batch.id, reason="the programme is closed")
    return True


def _move(batch_id: int, state: str, **values: Any) -> bool:
    """Change the state of a batch that is still going out; False where somebody has stopped it meanwhile."""
    statement = (
        update(Batch).where(Batch.id == batch_id, Batch.state.in_(GOING)).values(state=state, **values)
    )
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return isinstance(result, CursorResult) and result.rowcount == 1


def _wait_until(sending: Sending, channel: str, moment: dt.datetime) -> dt.datetime | None:
    if sending.stopped or sending.state != "live":
        return moment + LOOK_AGAIN
    if channel in sending.closed_to:
        return hours.next_open(_tomorrow(moment), sending.opens, sending.closes)
    opening = hours.next_open(moment, sending.opens, sending.closes)
    return opening if opening > moment else None


def _tomorrow(moment: dt.datetime) -> dt.datetime:
    """The first moment of the next day in Kent."""
    day = clock.local(moment).date() + dt.timedelta(days=1)
    return dt.datetime.combine(day, dt.time(0), clock.LONDON).astimezone(dt.UTC)


def _in_state(batch: Batch, state: str) -> Select[Contact]:
    return _claimed(select(Contact).where(Contact.batch_id == batch.id, Contact.state == state).limit(CHUNK))


def _of_ids(ids: Sequence[int]) -> Select[Contact]:
    return _claimed(select(Contact).where(Contact.id.in_(ids), Contact.state == "sending"))


def _claimed(which: Select[Contact]) -> Select[Contact]:
    """Locked, without those that another worker has at this moment."""
    locked = which.order_by(Contact.id).with_for_update(skip_locked=True, key_share=True)
    return locked.execution_options(populate_existing=True)


def _mark_next(batch_id: int, channel: str) -> tuple[list[int], bool]:
    """Mark the next chunk as being sent, committed by itself; its ids, and whether somebody is left.

    Committed at once, so that a worker that dies while it sends leaves behind whom to ask the gateway for,
    and so that the rate of the minute is not held up by the sending of one chunk.
    """
    with current_app.app_context():
        # The batch's row is taken before its contacts', as whoever cancels does, so that no two lock up.
        if not _move(batch_id, "sending"):
            return [], False
        waiting = select(Contact).where(Contact.batch_id == batch_id, Contact.state == "waiting")
        contacts = list(db.session.scalars(_claimed(waiting.limit(CHUNK))))
        going = contacts[: accounts.take(channel, len(contacts))]
        for contact in going:
            contact.state = "sending"
            links.give_link(contact)
        audit.record("marked", "messages", batch_id, count=len(going))
        db.session.commit()
        return [contact.id for contact in going], len(going) < len(contacts)


@dataclass
class Run:
    """One run of sending: a batch on a channel, and until when it goes on before it commits."""

    batch: Batch
    channel: str
    until: dt.datetime = field(default_factory=lambda: clock.now() + LONGEST)

    def settle(self, which: Select[Contact], *, asking: bool = False) -> outbox.Later | None:
        """Send what was marked, unless something has changed since; when to go on where that is not at once.

        `asking` is for what a run before this one left behind: the gateway may have it already.
        """
        marked = list(db.session.scalars(which))
        if not marked:
            return None
        again = self._each(marked, asking)
        sent = [contact.participant_id for contact in marked if contact.state == "sent"]
        reach_many(sent, "contacted")
        others = len(marked) - len(sent)
        audit.record("sent", "messages", self.batch.id, count=len(sent), not_sent=others)
        return again

    def _each(self, marked: Sequence[Contact], asking: bool) -> outbox.Later | None:
        gateway, words = accounts.gateway_of(self.channel), _words(self.batch)
        unclear = 0
        for number, contact in enumerate(marked):
            try:
                if clock.now() > self.until or unclear >= MOST_UNCLEAR:
                    raise Busy
                self._one(contact, gateway, words, asking)
            except Unclear:
                unclear += 1
                _leave_unclear(contact)
            except (Busy, NotConnected) as trouble:
                if not asking:
                    _put_back(marked[number:])
                return self._after(trouble, unclear)
        return outbox.Later(clock.now() + A_MOMENT) if unclear else None

    def _one(
        self, contact: Contact, gateway: Gateway, words: tuple[LibraryItem, Letterhead], asking: bool
    ) -> None:
        may_have_it = asking or contact.tries > 0
        taken = gateway.find(_question(contact, self.channel)) if may_have_it else None
        if taken is not None:
            _is_sent(contact, taken)
            return
        state = db.session.scalar(select(Batch.state).where(Batch.id == self.batch.id))
        if state not in GOING:
            contact.state = "cancelled" if state == "cancelled" else "waiting"
            return
        known = known_of([contact.participant_id])[contact.participant_id]
        reason = why_not(known.facts, self.channel, sending_of(self.batch.programme_id), clock.now())
        if reason is not None:
            contact.state = "waiting" if reason in FOR_NOW else "held back"
            contact.reason = None if reason in FOR_NOW else reason
            return
        self._deliver(contact, known, gateway, *words)

    def _deliver(
        self, contact: Contact, known: Known, gateway: Gateway, template: LibraryItem, head: Letterhead
    ) -> None:
        links.give_link(contact)
        contact.recipient = recipient_of(known, self.channel)
        message = message_for(self.channel, template.body, contact, known, head)
        try:
            taken = gateway.send(message)
        except Refused as refusal:
            contact.state, contact.reason = "failed", str(refusal)
            return
        contact.body = message.body.replace(links.token_of(contact), "…")
        _is_sent(contact, taken)

    def _after(self, trouble: Exception, unclear: int) -> outbox.Later:
        """When to go on: at once where the time of this run was over, else when the gateway had a rest."""
        if isinstance(trouble, NotConnected):
            _move(self.batch.id, "paused", manifest=self.batch.manifest | {"problem": str(trouble)})
            audit.record("paused", "batch", self.batch.id, reason=str(trouble))
        if clock.now() > self.until:
            return outbox.Later(clock.now())
        return outbox.Later(clock.now() + (IN_A_WHILE if unclear >= MOST_UNCLEAR else SOON))


def _question(contact: Contact, channel: str) -> Message:
    return Message(contact.reference, channel, contact.recipient)


def _leave_unclear(contact: Contact) -> None:
    """The gateway may have it: the next run asks. After too many tries it has failed."""
    contact.tries += 1
    if contact.tries >= MOST_TRIES:
        contact.state, contact.reason = "failed", "the gateway did not answer"


def _put_back(contacts: Sequence[Contact]) -> None:
    """Those whom the gateway has never been given wait again; about the others it is asked next time."""
    for contact in contacts:
        if contact.state == "sending" and not contact.tries:
            contact.state = "waiting"


def _words(batch: Batch) -> tuple[LibraryItem, Letterhead]:
    template = db.session.get(LibraryItem, (scope.current().org, batch.template_id))
    programme = db.session.get(Programme, (scope.current().tenant, batch.programme_id))
    if template is None or programme is None:
        raise outbox.WorkCannotBeDone("The template of this batch is no longer there. Cancel the batch.")
    return template, letterhead_of(programme)


def _is_sent(contact: Contact, taken: str) -> None:
    contact.state, contact.sent_at, contact.provider_id = "sent", clock.now(), taken


def _finish(batch: Batch, channel: str) -> bool:
    """Mark the batch done once nobody in it waits; False where somebody still does."""
    left = select(Contact.id).where(Contact.batch_id == batch.id, Contact.state.in_(("waiting", "sending")))
    if db.session.scalar(left.limit(1)) is not None:
        return False
    if not _move(batch.id, "done", finished_at=clock.now()):
        return True
    audit.record("finished", "batch", batch.id)
    if accounts.notify_of(channel) is not None:
        delivery.leave_asking(batch)
    return True


@outbox.handles("outreach.reported")
def take_in(payload: Json) -> None:
    """Act on what a gateway said of a message."""
    delivery.take_in(payload["contact_id"])


@outbox.handles("outreach.ask")
def ask(payload: Json) -> outbox.Later | None:
    """Ask the gateway for what it has not told."""
    batch = db.session.get(Batch, (scope.current().tenant, payload["batch_id"]))
    step = db.session.get(Step, (scope.current().tenant, batch.step_id)) if batch else None
    return delivery.ask(batch, step.channel) if batch and step else None


@outbox.handles("outreach.letters")
def plan_letters(payload: Json) -> None:
    """Divide an approved batch of letters into parts, and leave each to be made; those divided before too."""
    batch = db.session.get(Batch, (scope.current().tenant, payload["batch_id"]))
    step = db.session.get(Step, (scope.current().tenant, batch.step_id)) if batch else None
    if batch is None or step is None or batch.state != "approved":
        return
    if letters.parts_of(batch):
        letters.go_on_making(batch, step)
    else:
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
