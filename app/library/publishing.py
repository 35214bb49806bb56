"""Sharing an approved item with everybody in the ICB, and taking it back."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from werkzeug.exceptions import Conflict, Forbidden

from app import audit, clock
from app.library.identifiers import identifiers_in
from app.library.models import Adoption, LibraryItem, PublishedItem
from app.library.sharing import searched
from tenants import scope
from tenants.db import db
from tenants.models import Organisation

PURPOSE = "sharing what works"
COPIED = ("kind", "name", "version", "summary", "body", "format", "language")


def publish(item: LibraryItem) -> PublishedItem:
    """The shared copy of an approved item. Publishing again gives the same copy; a new version is a new one.

    Raises Conflict where the item is not approved, or holds what points at one person.
    """
    if item.state != "approved":
        raise Conflict("Only an approved version can be shared.")
    found = identifiers_in(f"{item.name}\n{item.summary}\n{searched(item.kind, item.body)}")
    if found:
        raise Conflict(f"{found[0]}.")
    values = {name: getattr(item, name) for name in COPIED} | {
        "item_id": item.id,
        "origin_name": db.session.get_one(Organisation, item.org_id).name,
        "published_at": clock.now(),
    }
    db.session.execute(insert(PublishedItem).values(**values).on_conflict_do_nothing().inline())
    shared = db.session.scalars(select(PublishedItem).where(*_shared_copy(item))).one()
    audit.record("published", item.kind, item.id, purpose=PURPOSE, version=item.version)
    return shared


def shared_copy(item: LibraryItem) -> PublishedItem | None:
    """The shared copy of this version of an own item, or None."""
    return db.session.scalars(select(PublishedItem).where(*_shared_copy(item))).one_or_none()


def _shared_copy(item: LibraryItem) -> tuple[ColumnElement[bool], ...]:
    return (
        PublishedItem.icb_id == scope.current().icb,
        PublishedItem.origin_org_id == item.org_id,
        PublishedItem.item_id == item.id,
        PublishedItem.version == item.version,
    )


def withdraw(shared: PublishedItem) -> None:
    """Stop sharing. Copies that others have made stay theirs. Raises Forbidden where it is not ours."""
    if shared.origin_org_id != scope.current().org:
        raise Forbidden("Only the organisation that shared this can stop sharing it.")
    db.session.delete(shared)
    audit.record("withdrawn", shared.kind, shared.item_id, purpose=PURPOSE, version=shared.version)
    db.session.flush()


def adopters_of(shared: PublishedItem) -> list[str]:
    """The names of the organisations that took this version as their own."""
    statement = (
        select(Adoption.origin_name)
        .where(Adoption.icb_id == shared.icb_id, Adoption.published_item_id == shared.id)
        .order_by(Adoption.origin_name)
    )
    return list(db.session.scalars(statement))


def adoptions(published_ids: Collection[int]) -> dict[int, int]:
    """How many organisations took each of the shared items as their own; only those that some did."""
    statement = (
        select(Adoption.published_item_id, func.count())
        .where(Adoption.icb_id == scope.current().icb, Adoption.published_item_id.in_(published_ids))
        .group_by(Adoption.published_item_id)
    )
    return {published_id: count for published_id, count in db.session.execute(statement)}
