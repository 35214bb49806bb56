"""Writing, editing and approving an organisation's own items."""

from typing import TypedDict

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import Conflict, Forbidden

from app import audit, clock
from app.library.items import newest_version
from app.library.models import LibraryItem
from app.library.rules import why_not_approve
from tenants import scope
from tenants.db import db

PURPOSE = "keeping the library"


class Content(TypedDict):
    """What of an item is written by hand."""

    summary: str
    body: str


def write(kind: str, name: str, content: Content) -> LibraryItem:
    """A new item of ours as a first draft. Raises Conflict where we have one of that kind and name."""
    return _add(LibraryItem(kind=kind, name=name, version=1, state="draft", **content))


def edit(item: LibraryItem, content: Content) -> LibraryItem:
    """A draft with that content: the draft itself, or after an approved version the next one.

    Raises Conflict where a newer version than `item` has been made already.
    """
    newest = newest_version(item.kind, item.name)
    if item.version < newest:
        raise Conflict(f"Version {newest} has been made already.")
    if item.state == "draft":
        item.summary, item.body = content["summary"], content["body"]
        return _add(item)
    return _add(_next_version(item, content))


def _next_version(item: LibraryItem, content: Content) -> LibraryItem:
    return LibraryItem(
        kind=item.kind,
        name=item.name,
        version=item.version + 1,
        state="draft",
        format=item.format,
        language=item.language,
        origin_name=item.origin_name,
        origin_item=item.origin_item,
        origin_version=item.origin_version,
        **content,
    )


def _add(item: LibraryItem) -> LibraryItem:
    who = audit.actor()
    item.made_by, item.made_by_id, item.made_at = who.name, who.account, clock.now()
    try:
        with db.session.begin_nested():
            db.session.add(item)
    except IntegrityError:
        raise Conflict("This version was saved by somebody else, or by you, at the same moment.") from None
    audit.record("written", item.kind, item.id, purpose=PURPOSE, version=item.version)
    return item


def approve(item: LibraryItem) -> bool:
    """Approve a draft. False where it has been approved already, also by somebody at the same moment.

    Raises Forbidden, with the reason, where the person here may not.
    """
    if item.state != "draft":
        return False
    who = audit.actor()
    why_not = why_not_approve(item.kind, item.made_by_id, who.account)
    if why_not:
        raise Forbidden(why_not)
    statement = (
        update(LibraryItem)
        .where(
            LibraryItem.org_id == scope.current().org, LibraryItem.id == item.id, LibraryItem.state == "draft"
        )
        .values(state="approved", approved_by=who.name, approved_at=clock.now())
        .returning(LibraryItem.id)
    )
    if db.session.scalar(statement) is None:
        return False
    audit.record("approved", item.kind, item.id, purpose=PURPOSE, version=item.version)
    return True
