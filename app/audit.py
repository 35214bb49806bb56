"""What was seen or changed, by whom, in which role, of whom, why and when.

Calls are explicit and stand beside what they record. Looking at a person, a list or an export counts too.
Nothing is anonymous: an event without an actor is refused. The application's role may add and read events,
never change or delete them.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

from flask import g, has_request_context
from sqlalchemy import Identity, Index, Table, insert, text
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from tenants import scope
from tenants.db import Base, Json, db


class AuditEvent(Base):
    """One thing that somebody saw or did. `tenant_id` is the PCN whose data it was, where it was a PCN's."""

    __tablename__ = "audit_event"
    __policies__ = ("org_read", "org_add", "tenant_read")

    org_id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, server_default=text("app.org()")
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    tenant_id: Mapped[int | None]
    at: Mapped[dt.datetime]
    account_id: Mapped[int | None]
    actor: Mapped[str]
    role: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[int | None]
    person_id: Mapped[int | None]
    purpose: Mapped[str]
    count: Mapped[int | None]
    detail: Mapped[Json] = mapped_column(default=dict)

    __table_args__ = (
        Index("ix_audit_event_org_id_at", "org_id", "at"),
        Index("ix_audit_event_tenant_id_person_id", "tenant_id", "person_id"),
    )


# Into the table, not through the class: every page that shows people adds an event, and is 4 % quicker so.
ADD = insert(cast(Table, AuditEvent.__table__)).inline()


@dataclass(frozen=True)
class Actor:
    """Who the events of this stretch of code are put down to."""

    name: str
    role: str
    account: int | None = None


class AnonymousAction(RuntimeError):
    """Something was to be recorded and nobody had said who did it."""


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)

# Events that stay true when the transaction they stand in is rolled back: what was shown was seen.
LOOKS = frozenset({"viewed", "searched", "exported"})


def set_actor(actor: Actor | None) -> None:
    """From now on events are put down to `actor`."""
    _actor.set(actor)


@contextmanager
def by(name: str, role: str = "service") -> Iterator[None]:
    """Put the block's events down to a named service, such as the outreach worker."""
    token = _actor.set(Actor(name, role))
    try:
        yield
    finally:
        _actor.reset(token)


def actor() -> Actor:
    """Who acts; raises AnonymousAction where nobody has said so."""
    present = _actor.get()
    if present is None:
        raise AnonymousAction("say who acts before recording what was done")
    return present


def record(
    action: str,
    subject: str,
    subject_id: int | None = None,
    *,
    purpose: str = "direct care",
    person_id: int | None = None,
    tenant_id: int | None = None,
    count: int | None = None,
    **detail: Any,
) -> None:
    """Add one event to the open transaction.

    `action` is a past participle ("viewed", "approved"), `subject` the noun ("person", "cohort list"),
    `count` how many people or rows a list or export held, `detail` anything else that is not a name.
    """
    about = {"tenant_id": tenant_id, "person_id": person_id, "count": count, "detail": detail}
    _add(action, [_values(action, subject, subject_id, purpose) | about])


def record_each(
    action: str, subject: str, person_ids: Collection[int], subject_id: int | None = None, *, purpose: str
) -> None:
    """Add one event for each of a few people, in one statement: so that each finds who looked at them."""
    event = _values(action, subject, subject_id, purpose) | {"tenant_id": None, "count": None, "detail": {}}
    _add(action, [event | {"person_id": person_id} for person_id in person_ids])


def _values(action: str, subject: str, subject_id: int | None, purpose: str) -> dict[str, Any]:
    who = actor()
    return {
        "at": clock.now(),
        "account_id": who.account,
        "actor": who.name,
        "role": who.role,
        "action": action,
        "subject": subject,
        "subject_id": subject_id,
        "purpose": purpose,
    }


def _add(action: str, events: list[dict[str, Any]]) -> None:
    """Into the open transaction. What was looked at in a request is remembered too: see `add_looks_again`."""
    for event in events:
        event["tenant_id"] = event["tenant_id"] or scope.current().tenant
    if events:
        db.session.execute(ADD, events[0] if len(events) == 1 else events)
    if action in LOOKS and has_request_context():
        g.setdefault("looks", []).extend(events)


def add_looks_again() -> None:
    """Add what was looked at in this request to a new transaction, after the first was rolled back.

    For a form that is shown again with what is wrong: nothing of what was sent is kept, and the person on the
    page was seen all the same.
    """
    if "looks" in g:
        db.session.execute(ADD, g.looks)
