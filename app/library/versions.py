"""Writing and editing an organisation's own items."""

from typing import NotRequired, TypedDict

from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import Conflict

from app import audit, clock
from app.library.items import newest_version
from app.library.models import LibraryItem, Member
from tenants.db import db

PURPOSE = "keeping the library"
OPEN = ("draft", "read")  # states in which a version may still change


class Content(TypedDict):
    """What of an item is written by hand."""

    summary: str
    body: str
    others_note: NotRequired[str]


def write(kind: str, name: str, content: Content) -> LibraryItem:
    """A new item of ours as a first draft. Raises Conflict where we have one of that kind and name."""
    return _add(LibraryItem(kind=kind, name=name, version=1, state="draft", **content))


def add_member(source: LibraryItem, language: str, format: str) -> LibraryItem:
    """A draft of the same message in another language or format, which starts as a copy of `source`.

    Raises Conflict where the family has that member already.
    """
    member = Member(source.kind, source.name, language, format)
    if newest_version(member):
        raise Conflict("This message has that language and format already.")
    return _add(
        LibraryItem(
            **member._asdict(), version=1, state="draft", summary=source.summary, body=source.body,
            others_note=source.others_note,
        )
    )  # fmt: skip


def edit(item: LibraryItem, content: Content) -> LibraryItem:
    """A draft with that content: the draft itself, or after an approved or retired version the next one.

    A draft that changes has to be read by the patient council again. Raises Conflict where a newer version
    than `item` has been made already.
    """
    newest = newest_version(item.member)
    if item.version < newest:
        raise Conflict(f"Version {newest} has been made already.")
    if item.state not in OPEN:
        return _add(_next_version(item, content))
    item.state, item.read_by, item.read_at, item.read_note = "draft", None, None, ""
    for name, value in content.items():
        setattr(item, name, value)
    return _add(item)


def _next_version(item: LibraryItem, content: Content) -> LibraryItem:
    kept = {"others_note": item.others_note} | dict(content)
    return LibraryItem(
        **item.member._asdict(),
        version=item.version + 1,
        state="draft",
        origin_name=item.origin_name,
        origin_item=item.origin_item,
        origin_version=item.origin_version,
        **kept,
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
