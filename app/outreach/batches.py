"""A batch's life: built for those whose turn it is, approved by a second person, paused, resumed, cancelled.

Each change of state is one conditional UPDATE that must touch the row, so that two people who act at once get
one effect and one clear message.
"""

import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, CursorResult, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from app import audit, clock, outbox
from app.here import here
from app.outreach import post
from app.outreach.building import OPEN
from app.outreach.call_models import Call
from app.outreach.facts import candidates_of
from app.outreach.marking import GOING
from app.outreach.models import Batch, Contact, Step
from app.outreach.rules import FOR_NOW, WANT_TO_BE_RUNG, Reason, why_not
from app.outreach.standing import sending_of
from app.programmes.models import Participant
from tenants.db import db

LANES, ONE_LANE = 4, 100  # workers that may share a batch of more than so many people


class NotYours(RuntimeError):
    """Whoever built a batch may not approve it."""


def approve(batch: Batch, step: Step) -> bool:
    """Let the batch go out. True where this approval did it, False where somebody was quicker.

    Everybody in it is checked again first. Raises NotYours for the person who built it.
    """
    if here.account is not None and batch.built_by_id == here.account.id:
        raise NotYours
    changes = {
        "approved_by": here.name,
        "approved_by_id": here.account.id if here.account else None,
        "manifest": post.settled(batch, step),
    }
    if not _move(batch, ("built",), "approved", approved_at=clock.now(), **changes):
        return _too_late("approve", batch)
    held = hold_back(batch, step)
    _leave_going(batch, step, "approved")
    audit.record("approved", "batch", batch.id, held_back=held)
    return True


def hold_back(batch: Batch, step: Step, *, between: tuple[int, int] | None = None) -> int:
    """Check everybody still waiting again; how many may not be contacted any more and are held back.

    `between` keeps to the contacts from the one id to the other.
    """
    waiting = select(Contact.id, Contact.participant_id).where(
        Contact.batch_id == batch.id, Contact.state == "waiting"
    )
    if between is not None:
        waiting = waiting.where(Contact.id.between(*between))
    rows = db.session.execute(waiting.order_by(Contact.id).with_for_update(key_share=True)).all()
    known = candidates_of([participant_id for _, participant_id in rows])
    sending, moment = sending_of(batch.programme_id), clock.now()
    held: dict[Reason, list[int]] = {}
    for contact_id, participant_id in rows:
        reason = why_not(known[participant_id].facts, step.channel, sending, moment)
        if reason is not None and reason not in FOR_NOW:
            held.setdefault(reason, []).append(contact_id)
    for reason, ids in held.items():
        of_these = Contact.id == func.any(bindparam(None, ids, ARRAY(BigInteger)))
        db.session.execute(update(Contact).where(of_these).values(state="held back", reason=reason))
    return sum(len(ids) for ids in held.values())


def pause(batch: Batch) -> bool:
    """Send nothing more until it is resumed. False where there was nothing to pause."""
    if not _move(batch, ("approved", "sending"), "paused"):
        return _too_late("pause", batch)
    return _recorded("paused", batch)


def pause_all(channel: str, problem: str) -> int:
    """Pause what goes out by `channel`, and say why on each batch; how many batches.

    Letters that the PCN prints itself go by no gateway: they are left alone.
    """
    going = (
        select(Batch)
        .join(Step, (Step.tenant_id == Batch.tenant_id) & (Step.id == Batch.step_id))
        .where(Step.channel == channel, Batch.state.in_(GOING))
    )
    paused = [
        batch
        for batch in db.session.scalars(going.order_by(Batch.id))
        if (channel != "letter" or post.is_posted(batch))
        and _move(batch, GOING, "paused", manifest=batch.manifest | {"problem": problem})
    ]
    for batch in paused:
        audit.record("paused", "batch", batch.id, purpose="running the service", reason=problem)
    return len(paused)


def resume(batch: Batch, step: Step) -> bool:
    """Go on where it was: with sending, or with letters for the printer. False where it was not paused."""
    settled = {name: said for name, said in batch.manifest.items() if name != "problem"}
    goes_on = "approved" if _is_printed(batch, step) else "sending"
    if not _move(batch, ("paused",), goes_on, manifest=settled):
        return _too_late("resume", batch)
    _leave_going(batch, step, secrets.token_hex(4))
    return _recorded("resumed", batch)


def _is_printed(batch: Batch, step: Step) -> bool:
    return step.channel == "letter" and not post.is_posted(batch)


def _leave_going(batch: Batch, step: Step, why: str) -> None:
    """Leave to the workers what follows an approval: letters are made for the printer, all else is sent."""
    if step.channel == "call":
        return
    if not _is_printed(batch, step):
        _leave_sending(batch, step, why)
        return
    label, key = f"Make letters: {step.name}", f"{batch.id}:{why}"
    outbox.leave("outreach.letters", label, {"batch_id": batch.id}, key=key)


def _leave_sending(batch: Batch, step: Step, why: str) -> None:
    """Leave the batch to be sent, by several workers at once where there are several."""
    many = db.session.scalar(
        select(func.count()).where(Contact.batch_id == batch.id, Contact.state == "waiting")
    )
    for lane in range(LANES if (many or 0) > ONE_LANE else 1):
        key = f"{batch.id}:{why}:{lane}"
        outbox.leave("outreach.send", f"Send: {step.name}", {"batch_id": batch.id}, key=key)


def cancel(batch: Batch, step: Step) -> bool:
    """Send nothing more of it ever. What is being sent at this moment is settled by the worker.

    Of a call list, whoever has asked for a call since stays on it: that call is theirs, not the batch's.
    """
    if not _move(batch, OPEN, "cancelled", finished_at=clock.now()):
        return _too_late("cancel", batch)
    stopped = select(Contact.participant_id).where(Contact.batch_id == batch.id, Contact.state == "waiting")
    if step.channel == "call":
        asked = select(Participant.id).where(Participant.status.in_(WANT_TO_BE_RUNG))
        db.session.execute(
            update(Call)
            .where(Call.step_id == step.id, Call.state == "due", Call.participant_id.in_(stopped))
            .where(Call.participant_id.not_in(asked))
            .values(state="stopped")
        )
    db.session.execute(
        update(Contact)
        .where(Contact.batch_id == batch.id, Contact.state == "waiting")
        .values(state="cancelled")
    )
    outbox.leave("outreach.send", f"Settle: {step.name}", {"batch_id": batch.id}, key=f"{batch.id}:cancelled")
    return _recorded("cancelled", batch)


def _recorded(action: str, batch: Batch) -> bool:
    audit.record(action, "batch", batch.id)
    return True


def _too_late(action: str, batch: Batch) -> bool:
    """Somebody was quicker; that it was tried is known all the same."""
    audit.record(f"tried to {action}", "batch", batch.id, state=batch.state)
    return False


def _move(batch: Batch, before: Iterable[str], after: str, **values: Any) -> bool:
    """The one way in which a batch changes its state by hand."""
    statement = (
        update(Batch)
        .where(Batch.id == batch.id, Batch.state.in_(tuple(before)))
        .values(state=after, **values)
        .execution_options(synchronize_session=False)
    )
    result = db.session.execute(statement)
    db.session.refresh(batch)
    return isinstance(result, CursorResult) and result.rowcount == 1
