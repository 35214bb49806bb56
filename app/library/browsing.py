"""Lists of the library: ours, and what the ICB's members share."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.addresses import page_number
from app.library.models import KINDS, LibraryItem, PublishedItem
from tenants import scope
from tenants.db import db

PAGE = 25


@dataclass(frozen=True)
class Wanted:
    """What is looked for: "ours" or "shared", of one kind or all, with words of the name, on which page."""

    show: str = "ours"
    kind: str = ""
    name: str = ""
    page: int = 1
    drafts: bool = False

    @property
    def filtered(self) -> bool:
        """Whether the lists are cut down in any way."""
        return bool(self.kind or self.name or self.drafts)

    def address(self, **changes: Any) -> dict[str, Any]:
        """The query that keeps this filter, with `changes`; what is not set is left out.

        The kind of item is `of` there, because `kind` is the kind of organisation in an address.
        """
        values = {"show": self.show, "of": self.kind, "name": self.name, "page": self.page}
        values |= {"state": "draft" if self.drafts else ""} | changes
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
        args.get("state") == "draft",
    )


def find(wanted: Wanted) -> Found:
    """The page of the list that is wanted: newest versions only, by name."""
    lists = {"ours": _ours(wanted), "shared": _shared(wanted)}
    counts = {
        name: db.session.scalar(select(func.count()).select_from(lists[name].subquery())) or 0
        for name in lists
    }
    newest: Any = aliased({"ours": LibraryItem, "shared": PublishedItem}[wanted.show], _cut(lists, wanted))
    rows = list(db.session.scalars(select(newest).order_by(newest.name, newest.kind, newest.id)))
    return Found(rows, counts["ours"], counts["shared"], -(-counts[wanted.show] // PAGE))


def _cut(lists: dict[str, Select[Any]], wanted: Wanted) -> Any:
    inner = lists[wanted.show].subquery()
    cut = select(inner).order_by(inner.c.name, inner.c.kind, inner.c.id)
    return cut.limit(PAGE).offset((wanted.page - 1) * PAGE).subquery()


def _ours(wanted: Wanted) -> Select[Any]:
    newest = (
        select(LibraryItem)
        .where(LibraryItem.org_id == scope.current().org, *_filter(LibraryItem, wanted))
        .ext(distinct_on(LibraryItem.kind, LibraryItem.name))
        .order_by(LibraryItem.kind, LibraryItem.name, LibraryItem.version.desc())
    )
    if not wanted.drafts:
        return newest
    found = newest.subquery()
    return select(aliased(LibraryItem, found)).where(found.c.state == "draft")


def _shared(wanted: Wanted) -> Select[Any]:
    maker = PublishedItem.origin_org_id
    return (
        select(PublishedItem)
        .where(PublishedItem.icb_id == scope.current().icb, *_filter(PublishedItem, wanted))
        .ext(distinct_on(maker, PublishedItem.kind, PublishedItem.name))
        .order_by(maker, PublishedItem.kind, PublishedItem.name, PublishedItem.version.desc())
    )


def _filter(model: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    words = wanted.name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    asked = [(wanted.kind, model.kind == wanted.kind), (words, model.name.ilike(f"%{words}%"))]
    return [condition for given, condition in asked if given]


def waiting_for_approval() -> int:
    """How many of our drafts are the newest of their kind and name."""
    statement = select(func.count()).select_from(_ours(Wanted(drafts=True)).subquery())
    return db.session.scalar(statement) or 0
