"""The room's background work: sending a batch chunk by chunk, what gateways said, letters.

A run of sending first takes over what a worker that died left marked as "sending". Then it marks the next
chunk, sends it, and asks to be run again, which commits what became of it.
"""

import datetime as dt

from sqlalchemy import select, update

from app import audit, clock, outbox
from app.outreach import accounts, delivery, letters, marking
from app.outreach.marking import GOING
from app.outreach.models import Batch, Contact, Step
from app.outreach.rules import KEEPS_HOURS, Sending, next_opening
from app.outreach.sending import SOON, Run
from app.outreach.standing import sending_of
from tenants import scope
from tenants.db import Json, db

LOOK_AGAIN = dt.timedelta(minutes=5)


@outbox.handles("outreach.send")
def send(payload: Json) -> outbox.Later | None:
    """Send the next chunk of a batch; asks to be run again until everybody is accounted for."""
    batch = db.session.get(Batch, (scope.current().tenant, payload["batch_id"]))
    if batch is None:
        return None
    run = Run(batch, db.session.get_one(Step, (scope.current().tenant, batch.step_id)))
    if again := run.settle(marking.take_over(batch.id), asking=True):
        return again
    db.session.refresh(batch)
    if batch.state not in GOING:
        return _stopped(batch, run.step.channel)
    sending = sending_of(batch.programme_id, run.step)
    if sending.state == "closed":
        return _closed(batch, run.step.channel)
    wait_until = _wait_until(sending, run.step.channel, clock.now())
    return _waiting(batch, run.step.channel, wait_until) if wait_until else _send_next(run)


def _waiting(batch: Batch, channel: str, until: dt.datetime) -> outbox.Later:
    """What has gone out is asked for meanwhile."""
    delivery.leave_asking(batch, channel)
    return outbox.Later(until)


def _send_next(run: Run) -> outbox.Later | None:
    marked = marking.mark_next(run.batch.id, run.step.channel)
    if marked.ids:
        return run.settle(marked) or outbox.Later(clock.now())
    if marked.left:
        return outbox.Later(accounts.next_minute())
    return None if _finish(run.batch, run.step.channel) else outbox.Later(clock.now() + SOON)


def _stopped(batch: Batch, channel: str) -> outbox.Later | None:
    """Of a batch that somebody stopped, see to those who were being sent to at that moment."""
    if batch.state == "cancelled":
        waiting = update(Contact).where(Contact.batch_id == batch.id, Contact.state == "waiting")
        db.session.execute(waiting.values(state="cancelled"))
        audit.record("settled", "batch", batch.id)
    delivery.leave_asking(batch, channel)
    sending = select(Contact.id).where(Contact.batch_id == batch.id, Contact.state == "sending")
    return outbox.Later(clock.now() + SOON) if db.session.scalar(sending.limit(1)) else None


def _closed(batch: Batch, channel: str) -> outbox.Later | None:
    marking.move(batch.id, "paused")
    audit.record("paused", "batch", batch.id, reason="the programme is closed")
    return _stopped(batch, channel)


def _wait_until(sending: Sending, channel: str, moment: dt.datetime) -> dt.datetime | None:
    if sending.stopped or sending.state != "live":
        return moment + LOOK_AGAIN
    if channel in sending.closed_to:
        return next_opening(sending, _tomorrow(moment))
    opening = next_opening(sending, moment) if channel in KEEPS_HOURS else moment
    return opening if opening > moment else None


def _tomorrow(moment: dt.datetime) -> dt.datetime:
    """The first moment of the next day in Kent."""
    day = clock.local(moment).date() + dt.timedelta(days=1)
    return dt.datetime.combine(day, dt.time(0), clock.LONDON).astimezone(dt.UTC)


def _finish(batch: Batch, channel: str) -> bool:
    """Mark the batch done once nobody in it waits; False where somebody still does."""
    left = select(Contact.id).where(Contact.batch_id == batch.id, Contact.state.in_(("waiting", "sending")))
    if db.session.scalar(left.limit(1)) is not None:
        return False
    if not marking.move(batch.id, "done", finished_at=clock.now()):
        return True
    audit.record("finished", "batch", batch.id)
    delivery.leave_asking(batch, channel)
    return True


@outbox.handles("outreach.reported")
def take_in(payload: Json) -> outbox.Later | None:
    """Act on what a gateway said of a message; a little later where it is being sent at this moment."""
    if not delivery.take_in(payload["contact_id"]):
        return outbox.Later(clock.now() + SOON)
    return None


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
    letters.make(part, batch, step)
