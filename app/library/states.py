"""The way of a version: a draft, read by the patient council, approved, retired.

What is sent or said to people is read by the patient council before it is approved; whoever approves it
unread, or with a warning, ticks each such thing, and that is kept. Each step takes effect once, on the very
words that were on the page, however many press the button at the same moment.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, update
from werkzeug.exceptions import Conflict, Forbidden

from app import audit, clock
from app.library.awkward import preview_of
from app.library.models import LibraryItem
from app.library.rules import SECOND_PERSON, why_not_approve, why_not_read
from app.library.versions import OPEN, PURPOSE
from app.library.warnings import warnings_in
from tenants import scope
from tenants.db import db

UNREAD = "The patient council has not read this version"
SENT_BACK = "The patient council sent this version back to be changed"
TOO_LONG = "It is too long for some people: at most 6 parts, 918 characters, can be sent as one text"


def despite(item: LibraryItem) -> list[str]:
    """What whoever approves this version has to accept, each in one sentence; may be empty."""
    if item.kind not in SECOND_PERSON:
        return []
    council = [] if item.state == "read" else [SENT_BACK if item.read_at else UNREAD]
    too_long = [TOO_LONG] if preview_of(item.kind, item.body).too_long else []
    return council + too_long + warnings_in(item.kind, item.body)


def seen(item: LibraryItem) -> str:
    """What a page carries so that it takes effect on the words that it showed, and on no later ones."""
    return f"{item.version} {item.made_at.isoformat()}"


def read(item: LibraryItem, note: str = "") -> bool:
    """A member of the patient council has read a draft and finds it clear. False where it is none any more.

    Raises Forbidden, with the reason, where the person here may not.
    """
    return _read(item, "read", note)


def send_back(item: LibraryItem, note: str) -> bool:
    """A member of the patient council has read a draft and says what to change: it stays a draft.

    False where it is no draft any more. Raises Forbidden as `read` does, ValueError without words.
    """
    if not note.strip():
        raise ValueError("To send a draft back one says what to change.")
    return _read(item, "draft", note)


def _read(item: LibraryItem, state: str, note: str) -> bool:
    if item.state != "draft" or item.read_at is not None:
        return False
    who = audit.actor()
    why_not = why_not_read(item.kind, item.made_by_id, who.account)
    if why_not:
        raise Forbidden(why_not)
    values = {"state": state, "read_by": who.name, "read_at": clock.now(), "read_note": note.strip()}
    done = _move(item, ("draft",), values, LibraryItem.read_at.is_(None))
    if done:
        verb = "read for patients" if state == "read" else "sent back"
        audit.record(verb, item.kind, item.id, purpose=PURPOSE, version=item.version)
    return done


def approve(item: LibraryItem, accepted: Collection[str] = ()) -> bool:
    """Approve a draft. False where it has been approved already, also by somebody at the same moment.

    `accepted` are the things of `despite` that were ticked. Raises Forbidden, with the reason, where the
    person here may not; Conflict where something was not ticked.
    """
    if item.state not in OPEN:
        return False
    who = audit.actor()
    why_not = why_not_approve(item.kind, item.made_by_id, who.account)
    if why_not:
        raise Forbidden(why_not)
    amiss = despite(item)
    if not set(amiss) <= set(accepted):
        raise Conflict("Somebody has to accept each thing that is amiss before this can be approved.")
    values = {"approved_by": who.name, "approved_at": clock.now(), "approved_despite": amiss}
    done = _move(item, (item.state,), values | {"state": "approved"})
    if done:
        audit.record(
            "approved", item.kind, item.id, purpose=PURPOSE, version=item.version, despite=len(amiss)
        )
    return done


def retire(item: LibraryItem) -> bool:
    """No new batch is made with this item any more, in any version. False where none was approved.

    Raises Conflict for a version that is not approved.
    """
    if item.state == "retired":
        return False
    if item.state != "approved":
        raise Conflict("Only an approved version can be retired.")
    same = [getattr(LibraryItem, name) == value for name, value in item.member._asdict().items()]
    statement = (
        update(LibraryItem)
        .where(LibraryItem.org_id == scope.current().org, LibraryItem.state == "approved", *same)
        .values(state="retired", retired_by=audit.actor().name, retired_at=clock.now())
        .returning(LibraryItem.id)
    )
    retired = list(db.session.scalars(statement))
    if retired:
        audit.record("retired", item.kind, item.id, purpose=PURPOSE, version=item.version)
    return bool(retired)


def _move(
    item: LibraryItem, states: Collection[str], values: dict[str, Any], *more: ColumnElement[bool]
) -> bool:
    """Whether the item went over to `values`: it does where it is what was read, and in one of `states`."""
    as_read: dt.datetime = item.made_at
    statement = (
        update(LibraryItem)
        .where(
            LibraryItem.org_id == scope.current().org,
            LibraryItem.id == item.id,
            LibraryItem.state.in_(states),
            LibraryItem.made_at == as_read,
            *more,
        )
        .values(**values)
        .returning(LibraryItem.id)
    )
    return db.session.scalar(statement) is not None
