"""What each channel does at this moment: what went out in this minute, who waits, and what the trouble is."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app import clock
from app.outreach.gateway_models import SendingMinute
from app.outreach.models import Batch, Contact, Step
from tenants.db import db

OPEN = ("approved", "sending", "paused")


@dataclass(frozen=True)
class OpenBatch:
    """A batch that is approved and not done, how many people wait in it, and what stopped it."""

    channel: str
    batch_id: int
    step: str
    state: str
    problem: str
    waiting: int


@dataclass(frozen=True)
class Going:
    """What a channel does: how many messages went out in this minute, and the batches that are not done."""

    this_minute: int
    batches: Sequence[OpenBatch]

    @property
    def waiting(self) -> int:
        """How many people wait in all of them."""
        return sum(batch.waiting for batch in self.batches)

    @property
    def troubled(self) -> list[OpenBatch]:
        """The batches that a gateway's answer has stopped."""
        return [batch for batch in self.batches if batch.state == "paused" and batch.problem]


def going_now() -> dict[str, Going]:
    """What each channel of the PCN does at this moment, in two statements."""
    minute = clock.now().replace(second=0, microsecond=0)
    counted = select(SendingMinute.channel, SendingMinute.taken).where(SendingMinute.minute == minute)
    taken = {channel: count for channel, count in db.session.execute(counted)}
    batches = _open()
    channels = taken.keys() | {batch.channel for batch in batches}
    return {
        channel: Going(taken.get(channel, 0), [batch for batch in batches if batch.channel == channel])
        for channel in channels
    }


def _open() -> list[OpenBatch]:
    unsent = Contact.state.in_(("waiting", "sending"))
    statement = (
        select(
            Step.channel,
            Batch.id,
            Step.name,
            Batch.state,
            func.coalesce(Batch.manifest["problem"].astext, ""),
            func.count(Contact.id),
        )
        .join(Step, (Step.tenant_id == Batch.tenant_id) & (Step.id == Batch.step_id))
        .outerjoin(Contact, (Contact.tenant_id == Batch.tenant_id) & (Contact.batch_id == Batch.id) & unsent)
        .where(Batch.state.in_(OPEN), Step.channel != "call")
        .group_by(Step.channel, Batch.tenant_id, Batch.id, Step.name)
        .order_by(Batch.id)
    )
    return [OpenBatch(*row) for row in db.session.execute(statement)]
