"""The acting organisation's own items, and those its ICB's members share."""

from typing import TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from werkzeug.exceptions import NotFound

from app.library.models import LibraryItem, PublishedItem
from tenants import scope
from tenants.db import db

Item = TypeVar("Item", LibraryItem, PublishedItem)


def own_item(kind: str, name: str) -> LibraryItem | None:
    """The newest approved version of the acting organisation's item of that kind and name, or None."""
    statement = select(LibraryItem).where(*_approved(kind), LibraryItem.name == name)
    return db.session.scalars(statement.order_by(LibraryItem.version.desc()).limit(1)).one_or_none()


def own_items(kind: str) -> list[LibraryItem]:
    """The newest approved version of each item of `kind`, by name."""
    statement = select(LibraryItem).where(*_approved(kind))
    statement = statement.order_by(LibraryItem.name, LibraryItem.version.desc())
    return list(db.session.scalars(statement.ext(distinct_on(LibraryItem.name))))


def _approved(kind: str) -> tuple[ColumnElement[bool], ...]:
    return (
        LibraryItem.org_id == scope.current().org,
        LibraryItem.kind == kind,
        LibraryItem.state == "approved",
    )


def get_item(item_id: int) -> LibraryItem:
    """The acting organisation's own item of that id, in any state; raises NotFound."""
    return _found(db.session.get(LibraryItem, (scope.current().org, item_id)))


def get_shared(published_item_id: int) -> PublishedItem:
    """The item shared in the ICB under that id; raises NotFound."""
    return _found(db.session.get(PublishedItem, (scope.current().icb, published_item_id)))


def shared_item(kind: str, name: str, origin_org_id: int) -> PublishedItem | None:
    """The newest version that `origin_org_id` shares of its item of that kind and name, or None."""
    statement = (
        select(PublishedItem)
        .where(
            PublishedItem.icb_id == scope.current().icb,
            PublishedItem.origin_org_id == origin_org_id,
            PublishedItem.kind == kind,
            PublishedItem.name == name,
        )
        .order_by(PublishedItem.version.desc())
        .limit(1)
    )
    return db.session.scalars(statement).one_or_none()


def newest_version(kind: str, name: str) -> int:
    """The number of our newest version of that kind and name, in any state; 0 where there is none."""
    statement = select(func.max(LibraryItem.version)).where(
        LibraryItem.org_id == scope.current().org, LibraryItem.kind == kind, LibraryItem.name == name
    )
    return db.session.scalar(statement) or 0


def newest_of(kind: str, name: str) -> LibraryItem | None:
    """Our newest version of that kind and name, in any state, or None."""
    statement = select(LibraryItem).where(
        LibraryItem.org_id == scope.current().org, LibraryItem.kind == kind, LibraryItem.name == name
    )
    return db.session.scalars(statement.order_by(LibraryItem.version.desc()).limit(1)).one_or_none()


def versions_of(item: LibraryItem) -> list[LibraryItem]:
    """All versions of an own item, the newest first."""
    statement = (
        select(LibraryItem)
        .where(
            LibraryItem.org_id == item.org_id, LibraryItem.kind == item.kind, LibraryItem.name == item.name
        )
        .order_by(LibraryItem.version.desc())
    )
    return list(db.session.scalars(statement))


def _found(row: Item | None) -> Item:
    if row is None:
        raise NotFound
    return row
