"""Starting a programme from a set-up: somebody else's that is shared in the ICB, or one of our own."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from werkzeug.exceptions import NotFound

from app import audit, clock
from app.library.adopting import adopt_family
from app.library.items import get_item, get_shared, own_items
from app.library.models import ENGLISH, STANDARD, LibraryItem, PublishedItem
from app.library.setup import BadSetup, Setup, read_setup
from app.programmes.models import Programme
from tenants import scope
from tenants.db import db
from tenants.models import Account

KIND = "programme set-up"


class NameTaken(ValueError):
    """The PCN has a programme of that name already."""


@dataclass(frozen=True)
class Source:
    """A set-up to start from. `key` is its address ("shared-7"); `setup` is None where it is faulty."""

    key: str
    item: LibraryItem | PublishedItem
    setup: Setup | None

    @property
    def origin(self) -> str | None:
        """Who it comes from, where that is not ourselves."""
        return self.item.origin_name

    @property
    def shared_by(self) -> int | None:
        """The organisation that shares it; None for one of our own."""
        return self.item.origin_org_id if isinstance(self.item, PublishedItem) else None


@dataclass(frozen=True)
class Brought:
    """An item that a set-up speaks of: ours already, shared so that we get a draft of it, or neither."""

    kind: str
    name: str
    own: LibraryItem | None
    shared: PublishedItem | None


def sources() -> list[Source]:
    """What a programme can be started from: our own approved set-ups, then the newest that are shared."""
    ours = [_source(f"own-{item.id}", item) for item in own_items(KIND)]
    statement = (
        select(PublishedItem)
        .where(PublishedItem.icb_id == scope.current().icb, PublishedItem.kind == KIND)
        .order_by(PublishedItem.name, PublishedItem.version)
    )
    newest = {(item.origin_org_id, item.name): item for item in db.session.scalars(statement)}
    neighbours = [item for item in newest.values() if item.origin_org_id != scope.current().org]
    return ours + [_source(f"shared-{item.id}", item) for item in neighbours]


def source_of(key: str) -> Source:
    """The set-up at that address; raises NotFound where there is none that a programme can start from."""
    place, _, number = key.partition("-")
    if place not in ("own", "shared") or not (number.isascii() and number.isdigit() and len(number) < 18):
        raise NotFound
    item = get_item(int(number)) if place == "own" else get_shared(int(number))
    if item.kind != KIND or (isinstance(item, LibraryItem) and item.state != "approved"):
        raise NotFound
    return _source(key, item)


def _source(key: str, item: LibraryItem | PublishedItem) -> Source:
    try:
        return Source(key, item, read_setup(item.body))
    except BadSetup:
        return Source(key, item, None)


def brought_by(source: Source) -> list[Brought]:
    """What the set-up speaks of, and where each item would come from."""
    if source.setup is None:
        return []
    names = {name for _, name in source.setup.needs}
    own = select(LibraryItem).where(
        LibraryItem.org_id == scope.current().org,
        LibraryItem.name.in_(names),
        LibraryItem.state != "retired",
        LibraryItem.language == ENGLISH,
        LibraryItem.format == STANDARD,
    )
    shared = select(PublishedItem).where(
        PublishedItem.icb_id == scope.current().icb,
        PublishedItem.origin_org_id == source.shared_by,
        PublishedItem.name.in_(names),
        PublishedItem.language == ENGLISH,
        PublishedItem.format == STANDARD,
    )
    ours = {(item.kind, item.name): item for item in db.session.scalars(own.order_by(LibraryItem.version))}
    theirs = {
        (item.kind, item.name): item for item in db.session.scalars(shared.order_by(PublishedItem.version))
    }
    return [Brought(*need, ours.get(need), theirs.get(need)) for need in source.setup.needs]


def started_with(form_key: str) -> Programme | None:
    """The programme that this very form has started already, or None."""
    return db.session.scalars(select(Programme).where(Programme.form_key == form_key)).one_or_none()


def start(source: Source, name: str, owner: Account, form_key: str) -> Programme:
    """A new programme with its own copy of the set-up; shared items come into our library as drafts.

    Raises NameTaken. Call it after `started_with`; two forms sent at once are told apart by the database.
    """
    if source.setup is None:
        raise NotFound
    values = {
        "tenant_id": scope.current().tenant,
        "name": name,
        "aim": source.setup.aim,
        "state": "set-up",
        "setup": source.setup.as_json,
        "origin_name": source.origin,
        "owner_id": owner.id,
        "owner_name": owner.name,
        "created_at": clock.now(),
        "form_key": form_key,
    }
    new = insert(Programme).values(**values).on_conflict_do_nothing().returning(Programme)
    programme = db.session.scalars(new).one_or_none()
    if programme is None:
        if (already := started_with(form_key)) is not None:
            return already
        raise NameTaken(name)
    wanted = [item for item in brought_by(source) if item.own is None]
    brought = [
        ours for item in wanted if item.shared for ours in adopt_family(item.shared, item.kind, item.name)
    ]
    audit.record(
        "started", "programme", programme.id, purpose="running the programme", from_setup=source.key,
        count=len(brought),
    )  # fmt: skip
    return programme
