"""Whose turn it is to be sent to: marked and committed before anything leaves.

A mark carries its moment, and says who may send: the worker whose mark still stands. Whoever takes over what
another worker left behind marks it anew first, so that the other, should it wake up again, sends nothing.
What was marked is left alone until a request that was under way has come to an end at the gateway too: only
then does asking the gateway tell whether it has the message.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CursorResult,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from app import audit, clock
from app.outreach import accounts, links
from app.outreach.models import Batch, Contact
from tenants import scope
from tenants.db import db

CHUNK = 50
GOING = ("approved", "sending")
LONGEST = dt.timedelta(seconds=10)  # that one run sends before it commits
# Source: GOV.UK Notify ends a request that takes longer.
GATEWAY_GIVES_UP = dt.timedelta(seconds=30)
LEFT_ALONE = LONGEST + GATEWAY_GIVES_UP
IN_A_WHILE, MOST_REST = dt.timedelta(seconds=30), dt.timedelta(hours=1)
GROWS = 4  # times as long after each try
MOST_TRIES = 8  # with the rests between them a gateway may be away for more than three hours
A_LITTLE = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Marked:
    """Contacts that one worker has taken to send, its mark, and whether the rate of the minute left some."""

    ids: Sequence[int] = ()
    at: dt.datetime = field(default_factory=clock.now)
    left: bool = False


def move(batch_id: int, state: str, **values: Any) -> bool:
    """Change the state of a batch that is still going out; False where somebody has stopped it meanwhile."""
    statement = (
        update(Batch).where(Batch.id == batch_id, Batch.state.in_(GOING)).values(state=state, **values)
    )
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return isinstance(result, CursorResult) and result.rowcount == 1


def mark_next(batch_id: int, channel: str) -> Marked:
    """Mark the next who wait, as many as the rate of the minute allows, in a transaction of its own.

    Committed at once, so that a worker that dies while it sends leaves behind whom to ask the gateway for,
    and so that the rate is not held up by the sending of one chunk.
    """
    with current_app.app_context():
        # The batch's row is taken before its contacts', as whoever cancels does, so that no two lock up.
        if not move(batch_id, "sending"):
            return Marked()
        contacts = _claim(Contact.batch_id == batch_id, Contact.state == "waiting")
        going = contacts[: accounts.take(channel, len(contacts))]
        for contact in going:
            links.give_link(contact)
        return _marked("marked", batch_id, going, left=len(going) < len(contacts))


def rest_after(tries: int) -> dt.timedelta:
    """For how long a gateway that did not say what became of a message is left alone before it is asked.

    >>> [str(rest_after(tries)) for tries in (1, 2, 3, 8)]
    ['0:00:30', '0:02:00', '0:08:00', '1:00:00']
    """
    return min(IN_A_WHILE * float(GROWS ** max(tries - 1, 0)), MOST_REST)


def take_over(batch_id: int) -> Marked:
    """Mark anew what was marked long enough ago and never settled, in a transaction of its own."""
    with current_app.app_context():
        alone = Contact.marked_at + LEFT_ALONE <= clock.now()
        old = or_(Contact.marked_at.is_(None), and_(alone, _gateway_rested(batch_id)))
        contacts = _claim(Contact.batch_id == batch_id, Contact.state == "sending", old)
        return _marked("took over", batch_id, contacts) if contacts else Marked()


def _gateway_rested(batch_id: int) -> ColumnElement[bool]:
    """Whether the gateway has rested since a message broke, or has shown that it is well by taking others."""
    other = aliased(Contact)
    took = select(func.max(other.sent_at)).where(other.batch_id == batch_id).scalar_subquery()
    rest = case(
        {tries: rest_after(tries) for tries in range(MOST_TRIES)}, value=Contact.tries, else_=MOST_REST
    )
    return or_(Contact.marked_at + rest <= clock.now(), Contact.marked_at < took)


def _claim(*which: Any) -> list[Contact]:
    return list(db.session.scalars(_locked(select(Contact).where(*which).limit(CHUNK))))


def _locked(which: Select[Contact]) -> Select[Contact]:
    """Without those that another worker has at this moment."""
    locked = which.order_by(Contact.id).with_for_update(skip_locked=True, key_share=True)
    return locked.execution_options(populate_existing=True)


def _marked(action: str, batch_id: int, contacts: Sequence[Contact], *, left: bool = False) -> Marked:
    """The mark is later than any before it, even where the clock stands still."""
    earlier = [contact.marked_at + A_LITTLE for contact in contacts if contact.marked_at]
    at = max([clock.now(), *earlier])
    for contact in contacts:
        contact.state, contact.marked_at = "sending", at
    audit.record(action, "messages", batch_id, count=len(contacts))
    db.session.commit()
    return Marked([contact.id for contact in contacts], at, left)


def still_mine(marked: Marked) -> list[Contact]:
    """Those whose mark still stands, locked for as long as this transaction lasts."""
    mine = Contact.id.in_(marked.ids), Contact.state == "sending", Contact.marked_at == marked.at
    return list(db.session.scalars(_locked(select(Contact).where(*mine))))


def also_sent_to(contacts: Sequence[Contact]) -> set[int]:
    """The people of these contacts to whom another batch of the PCN is sending at this moment.

    The others are this transaction's alone until it ends, so that no two programmes can both find at the
    same moment that nobody has written to a person lately.
    """
    people = func.unnest(bindparam(None, [c.person_id for c in contacts], ARRAY(BigInteger))).column_valued()
    key = func.hashtextextended(func.concat("sending to ", scope.current().tenant, ":", people), 0)
    rows = db.session.execute(select(people, func.pg_try_advisory_xact_lock(key)))
    return {person for person, alone in rows if not alone}
