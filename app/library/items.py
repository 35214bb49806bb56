"""The acting organisation's own items, and those its ICB's members share."""

from typing import TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from werkzeug.exceptions import NotFound

from app.library.models import LibraryItem, Member, PublishedItem
from tenants import scope
from tenants.db import db

Item = TypeVar("Item", LibraryItem, PublishedItem)


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


def held_item(item_id: int) -> LibraryItem:
    """As `get_item`, as it stands now: until the transaction ends nobody else can change it or approve it."""
    statement = select(LibraryItem).where(
        LibraryItem.org_id == scope.current().org, LibraryItem.id == item_id
    )
    held = statement.with_for_update().execution_options(populate_existing=True)
    return _found(db.session.scalars(held).one_or_none())


def get_shared(published_item_id: int) -> PublishedItem:
    """The item shared in the ICB under that id; raises NotFound."""
    return _found(db.session.get(PublishedItem, (scope.current().icb, published_item_id)))


def shared_item(shared: PublishedItem) -> PublishedItem:
    """The newest version that the same organisation shares of the same item."""
    family = shared_family(shared.kind, shared.name, shared.origin_org_id)
    return next((one for one in family if one.member == shared.member), shared)


def shared_family(kind: str, name: str, origin_org_id: int) -> list[PublishedItem]:
    """The newest version of each member of a family that `origin_org_id` shares."""
    statement = (
        select(PublishedItem)
        .where(
            PublishedItem.icb_id == scope.current().icb,
            PublishedItem.origin_org_id == origin_org_id,
            PublishedItem.kind == kind,
            PublishedItem.name == name,
        )
        .ext(distinct_on(PublishedItem.language, PublishedItem.format))
        .order_by(PublishedItem.language, PublishedItem.format, PublishedItem.version.desc())
    )
    return list(db.session.scalars(statement))


def newest_version(member: Member) -> int:
    """The number of our newest version of `member`, in any state; 0 where there is none."""
    return db.session.scalar(select(func.max(LibraryItem.version)).where(*_ours(member))) or 0


def newest_of(member: Member) -> LibraryItem | None:
    """Our newest version of `member`, in any state, or None."""
    statement = select(LibraryItem).where(*_ours(member)).order_by(LibraryItem.version.desc())
    return db.session.scalars(statement.limit(1)).one_or_none()


def newest_of_family(kind: str, name: str) -> list[LibraryItem]:
    """Our newest version of each member of a family, in any state."""
    statement = (
        select(LibraryItem)
        .where(LibraryItem.org_id == scope.current().org, LibraryItem.kind == kind, LibraryItem.name == name)
        .ext(distinct_on(LibraryItem.language, LibraryItem.format))
        .order_by(LibraryItem.language, LibraryItem.format, LibraryItem.version.desc())
    )
    return list(db.session.scalars(statement))


def versions_of(item: LibraryItem) -> list[LibraryItem]:
    """All versions of an own item, the newest first."""
    statement = select(LibraryItem).where(*_ours(item.member)).order_by(LibraryItem.version.desc())
    return list(db.session.scalars(statement))


def _ours(member: Member) -> tuple[ColumnElement[bool], ...]:
    return (
        LibraryItem.org_id == scope.current().org,
        LibraryItem.kind == member.kind,
        LibraryItem.name == member.name,
        LibraryItem.language == member.language,
        LibraryItem.format == member.format,
    )


def _found(row: Item | None) -> Item:
    if row is None:
        raise NotFound
    return row
