"""Leaving the service by which a channel's messages go: for another one, or for none.

Only the service that was given a message can say whether it has it. So nobody's message may be under way when
the service is left: asked of another one it would be sent a second time. docs/decisions/0005-sending-once.md.
"""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select, update

from app import audit, clock
from app.outreach import accounts, batches
from app.outreach.delivery import NO_ANSWER
from app.outreach.gateway_models import SendingMinute
from app.outreach.models import Batch, Contact, Step
from tenants.db import db

STOPPED = ("paused", "cancelled")
SETTLES_WITHIN = dt.timedelta(minutes=3)  # longer than `LEFT_ALONE`, after which the service is asked


@dataclass(frozen=True)
class Left:
    """How many batches were paused, and how many messages are still under way: it is left when none is."""

    paused: int
    under_way: int


def leave(channel: str, why: str) -> Left:
    """Pause what goes out by `channel`, saying `why`, and count the messages of which it is not known yet
    whether the service has them. From here on, until this transaction ends, no worker sends any others."""
    # The batches' rows are taken before the account's, as workers do, so that no two lock up.
    paused = batches.pause_all(channel, why)
    accounts.hold(channel)
    sending = select(func.count()).select_from(Contact).join(Step, _its_step())
    under_way = db.session.scalar(sending.where(Step.channel == channel, Contact.state == "sending"))
    return Left(paused, under_way or 0)


def silent() -> dict[str, int]:
    """How many messages of stopped batches have had no answer for a while, by channel."""
    statement = (
        select(Step.channel, func.count())
        .select_from(Contact)
        .join(Step, _its_step())
        .join(Batch, (Batch.tenant_id == Contact.tenant_id) & (Batch.id == Contact.batch_id))
        .where(Batch.state.in_(STOPPED), Contact.state == "sending", Step.channel.not_in(_lately_sent()))
        .group_by(Step.channel)
    )
    return {channel: number for channel, number in db.session.execute(statement)}


def give_up(channel: str) -> int:
    """Ask no more for the `silent` messages of a channel, which have failed then; how many.

    It may be that somebody has theirs: should the gateway say so one day, it counts as sent (`delivery`).
    """
    steps = select(Step.id).where(Step.channel == channel, Step.channel.not_in(_lately_sent()))
    stopped = select(Batch.id).where(Batch.step_id.in_(steps), Batch.state.in_(STOPPED))
    statement = (
        update(Contact)
        .where(Contact.batch_id.in_(stopped), Contact.state == "sending")
        .values(state="failed", reason=NO_ANSWER)
        .returning(Contact.person_id)
        .execution_options(synchronize_session=False)
    )
    people = list(db.session.scalars(statement))
    audit.record("gave up", "messages", purpose=accounts.PURPOSE, channel=channel, count=len(people))
    return len(people)


def _its_step() -> ColumnElement[bool]:
    return (Step.tenant_id == Contact.tenant_id) & (Step.id == Contact.step_id)


def _lately_sent() -> Select[str]:
    """The channels by which something went out just now: what is under way may be settled by itself.

    When a message was first marked is not kept, because it is marked anew each time that it is asked for.
    """
    return select(SendingMinute.channel).where(SendingMinute.minute > clock.now() - SETTLES_WITHIN)
