"""Lists of the library: ours, and what the ICB's members share."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.addresses import page_number
from app.library.models import ENGLISH, KINDS, STANDARD, LibraryItem, Member, PublishedItem
from app.library.rules import SECOND_PERSON
from tenants import scope
from tenants.db import db

PAGE = 25
# What the list of ours can be cut down to: the states of the newest version, by the word in the address.
FILTERS: dict[str, tuple[str, ...]] = {
    "waiting": ("draft", "read"),
    "draft": ("draft",),
    "read": ("read",),
    "approved": ("approved",),
    "retired": ("retired",),
}


@dataclass(frozen=True)
class Wanted:
    """What is looked for: "ours" or "shared", of one kind or all, with words of the name, on which page."""

    show: str = "ours"
    kind: str = ""
    name: str = ""
    page: int = 1
    state: str = ""

    @property
    def filtered(self) -> bool:
        """Whether the lists are cut down in any way."""
        return bool(self.kind or self.name or self.state)

    def address(self, **changes: Any) -> dict[str, Any]:
        """The query that keeps this filter, with `changes`; what is not set is left out.

        The kind of item is `of` there, because `kind` is the kind of organisation in an address.
        """
        values = {"show": self.show, "of": self.kind, "name": self.name, "page": self.page}
        values |= {"state": self.state} | changes
        return {key: value for key, value in values.items() if value and (key, value) != ("page", 1)}


@dataclass(frozen=True)
class Found:
    """One page of a list and how long the list is; `ours` and `shared` count both lists under the filter."""

    rows: list[Any]
    ours: int
    shared: int
    pages: int


def wanted_from(args: Any, default: str) -> Wanted:
    """What a query string asks for; what it does not know is left aside."""
    show, kind = args.get("show", default), args.get("of", "")
    return Wanted(
        show if show in ("ours", "shared") else default,
        kind if kind in KINDS else "",
        args.get("name", "").strip()[:120],
        page_number(args),
        args.get("state") if args.get("state") in FILTERS else "",
    )


def find(wanted: Wanted) -> Found:
    """The page of the list that is wanted: newest versions only, by name."""
    lists = {"ours": _ours(wanted), "shared": _shared(wanted)}
    counts = {
        name: db.session.scalar(select(func.count()).select_from(lists[name].subquery())) or 0
        for name in lists
    }
    newest: Any = aliased({"ours": LibraryItem, "shared": PublishedItem}[wanted.show], _cut(lists, wanted))
    rows = list(db.session.scalars(select(newest).order_by(*_order(newest))))
    return Found(rows, counts["ours"], counts["shared"], -(-counts[wanted.show] // PAGE))


def _cut(lists: dict[str, Select[Any]], wanted: Wanted) -> Any:
    inner = lists[wanted.show].subquery()
    cut = select(inner).order_by(*_order(inner.c))
    return cut.limit(PAGE).offset((wanted.page - 1) * PAGE).subquery()


def _order(columns: Any) -> list[Any]:
    """By name and kind; of a family English and its standard format first."""
    first = case((columns.language == ENGLISH, 0), else_=1), case((columns.format == STANDARD, 0), else_=1)
    return [columns.name, columns.kind, *first, columns.id]


_MEMBER = tuple(getattr(LibraryItem, name) for name in Member._fields)


def _ours(wanted: Wanted) -> Select[Any]:
    newest = (
        select(LibraryItem)
        .where(LibraryItem.org_id == scope.current().org, *_filter(LibraryItem, wanted))
        .ext(distinct_on(*_MEMBER))
        .order_by(*_MEMBER, LibraryItem.version.desc())
    )
    if not wanted.state:
        return newest
    found = newest.subquery()
    return select(aliased(LibraryItem, found)).where(found.c.state.in_(FILTERS[wanted.state]))


def _shared(wanted: Wanted) -> Select[Any]:
    maker, *member = (PublishedItem.origin_org_id, *(getattr(PublishedItem, name) for name in Member._fields))
    return (
        select(PublishedItem)
        .where(PublishedItem.icb_id == scope.current().icb, *_filter(PublishedItem, wanted))
        .ext(distinct_on(maker, *member))
        .order_by(maker, *member, PublishedItem.version.desc())
    )


def _filter(model: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    words = wanted.name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    asked = [(wanted.kind, model.kind == wanted.kind), (words, model.name.ilike(f"%{words}%"))]
    return [condition for given, condition in asked if given]


@dataclass(frozen=True)
class Waiting:
    """How many of our newest versions are not approved yet, by whom they wait for."""

    for_approval: int
    read: int
    for_council: int
    sent_back: int


def waiting() -> Waiting:
    """What is not approved yet. `for_approval` counts all of it: those unread may be approved too."""
    found = _ours(Wanted(state="waiting")).subquery()
    message, unread = found.c.kind.in_(SECOND_PERSON), found.c.read_at.is_(None)
    draft = found.c.state == "draft"
    row = db.session.execute(
        select(
            func.count(),
            func.count().filter(found.c.state == "read"),
            func.count().filter(draft, message, unread),
            func.count().filter(draft, ~unread),
        ).select_from(found)
    ).one()
    return Waiting(*row)


def waiting_to_be_read() -> list[LibraryItem]:
    """Our drafts of messages that nobody of the patient council has read, the oldest first."""
    found = _ours(Wanted(state="draft")).subquery()
    newest = aliased(LibraryItem, found)
    statement = select(newest).where(newest.kind.in_(SECOND_PERSON), newest.read_at.is_(None))
    return list(db.session.scalars(statement.order_by(newest.made_at, newest.id)))
