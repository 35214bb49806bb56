"""Taking what a neighbour shares as our own: a draft copy that keeps its origin."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from werkzeug.exceptions import Conflict

from app import audit, clock
from app.library.items import get_shared, newest_version, shared_family
from app.library.models import Adoption, LibraryItem, PublishedItem
from app.library.rules import SECOND_PERSON
from app.library.setup import BadSetup, read_setup
from tenants import scope
from tenants.db import db
from tenants.models import Organisation

PURPOSE = "sharing what works"


def adopt(published_item_id: int) -> LibraryItem:
    """The acting organisation's own draft copy of a shared item; adopting again gives the same copy back.

    A newer version of something adopted before becomes the next version of our own. Raises NotFound where
    the ICB shares no such item, Conflict where it is our own.
    """
    shared = get_shared(published_item_id)
    if shared.origin_org_id == scope.current().org:
        raise Conflict("This item is yours already.")
    ours = copy_of(shared)
    if ours is None:
        _note(shared)
        ours = copy_of(shared) or _copy(shared)
        audit.record("adopted", "library item", ours.id, purpose=PURPOSE, origin=shared.id)
    return ours


def adopt_with_includes(published_item_id: int) -> list[LibraryItem]:
    """As `adopt`, with the items that a set-up says come with it, as far as its maker shares them.

    A message comes with its other languages and formats: without the English one none of them can be used.
    """
    shared = get_shared(published_item_id)
    beside = [ours for name in includes_of(shared) for ours in adopt_family(shared, *name)]
    return [adopt(shared.id), *beside, *(adopt(one.id) for one in others_of(shared))]


def others_of(shared: PublishedItem) -> list[PublishedItem]:
    """The other languages and formats that its maker shares of a message; nothing for other kinds."""
    if shared.kind not in SECOND_PERSON:
        return []
    family = shared_family(shared.kind, shared.name, shared.origin_org_id)
    return [one for one in family if one.member != shared.member]


def adopt_family(shared: PublishedItem, kind: str, name: str) -> list[LibraryItem]:
    """As `adopt`, each member of a family that the maker of `shared` shares."""
    return [adopt(member.id) for member in shared_family(kind, name, shared.origin_org_id)]


def includes_of(shared: PublishedItem) -> list[tuple[str, str]]:
    """Kind and name of each item that comes with a programme set-up; nothing for other kinds."""
    if shared.kind != "programme set-up":
        return []
    try:
        return read_setup(shared.body).needs
    except BadSetup:
        return []


def copy_of(shared: PublishedItem) -> LibraryItem | None:
    """Our newest version that came from `shared`, or None."""
    statement = (
        select(LibraryItem)
        .where(LibraryItem.org_id == scope.current().org, LibraryItem.origin_item == shared.id)
        .order_by(LibraryItem.version.desc())
        .limit(1)
    )
    return db.session.scalars(statement).one_or_none()


def _note(shared: PublishedItem) -> None:
    """Let maker and neighbours see the reuse. Two adoptions at once wait for each other here."""
    ours = db.session.get_one(Organisation, scope.current().org)
    values = {
        "origin_name": ours.name,
        "published_item_id": shared.id,
        "version": shared.version,
        "published_at": clock.now(),
    }
    db.session.execute(insert(Adoption).values(**values).on_conflict_do_nothing().inline())


def _copy(shared: PublishedItem) -> LibraryItem:
    name = _free_name(shared)
    item = LibraryItem(
        kind=shared.kind,
        name=name,
        version=newest_version(shared.member._replace(name=name)) + 1,
        state="draft",
        summary=shared.summary,
        body=shared.body,
        format=shared.format,
        language=shared.language,
        made_by=shared.origin_name,
        made_at=clock.now(),
        origin_name=shared.origin_name,
        origin_item=shared.id,
        origin_version=shared.version,
    )
    db.session.add(item)
    db.session.flush()
    return item


def _free_name(shared: PublishedItem) -> str:
    """The shared name, unless we have something else of that name, which did not come from the same maker."""
    statement = select(LibraryItem.origin_name).where(
        LibraryItem.org_id == scope.current().org,
        LibraryItem.kind == shared.kind,
        LibraryItem.name == shared.name,
    )
    origins = set(db.session.scalars(statement))
    return shared.name if origins <= {shared.origin_name} else f"{shared.name} ({shared.origin_name})"
