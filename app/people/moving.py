"""What belongs to a person, found in the metadata, and moving it from one record to another.

A new table needs no line here. A row that the other record has too, by what must be unique, stays where it
is, and so does what belongs to it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    Table,
    UniqueConstraint,
    and_,
    exists,
    literal,
    or_,
    select,
    true,
    union_all,
    update,
)

from app.people.linking_models import PersonMerge
from app.people.models import CodedEvent, Person
from tenants.db import Base, db

_EVENTS = cast(Table, CodedEvent.__table__)  # has no foreign keys: they cost an import more than its rows
# The log itself; and a referral, which stays as it was sent: what a PCN may change in one is in the grants.
_APART = (CodedEvent.__tablename__, PersonMerge.__tablename__, "referral")


@dataclass(frozen=True)
class Belongs:
    """A table whose rows belong to a person, by that column."""

    table: Table
    column: Column[Any]


def belongings() -> Iterator[Belongs]:
    """Every column that points at a person, parents before their children; but for the log of merges."""
    yield Belongs(_EVENTS, _EVENTS.c.person_id)
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_key_constraints:
            if key.referred_table.name == Person.__tablename__ and table.name not in _APART:
                yield Belongs(table, _pointing(key))


def move_all(kept_id: int, merged_id: int) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Move all that can move to the kept record; the ids of what moved and of what stayed, by table."""
    moved: dict[str, list[int]] = {}
    stayed: dict[str, list[int]] = {}
    db.session.flush()
    there = _with_rows(merged_id)
    for one in belongings():
        if one.table.name not in there:
            continue
        ids, stay = move(one, kept_id, merged_id, stayed)
        moved |= {one.table.name: ids} if ids else {}
        stayed |= {one.table.name: stay} if stay else {}
    db.session.expire_all()
    return moved, stayed


def _with_rows(person_id: int) -> set[str]:
    """The tables that hold anything of a record, in one statement."""
    asked = (
        select(literal(one.table.name)).where(exists().where(one.column == person_id)) for one in belongings()
    )
    return set(db.session.scalars(union_all(*asked)))


def move(
    one: Belongs,
    to_id: int,
    from_id: int,
    stayed: dict[str, list[int]],
    only: Collection[int] | None = None,
) -> tuple[list[int], list[int]]:
    """Move the rows of one table (or `only` some) from one record to another.

    `stayed` are the rows of tables before it that did not move. Returns the ids of the rows that moved, and
    of those that could not.
    """
    if only is not None and not only:
        return [], []
    keep = stays(one, to_id, from_id, stayed)
    stay = list(db.session.scalars(keep)) if keep is not None else []
    wanted = one.table.c.id.not_in(stay) if only is None else one.table.c.id.in_(set(only) - set(stay))
    ids = db.session.scalars(
        update(one.table)
        .where(one.column == from_id, wanted)
        .values({one.column: to_id})
        .returning(one.table.c.id)
    ).all()
    return sorted(ids), sorted(stay)


def stays(one: Belongs, kept_id: int, merged_id: int, stayed: dict[str, list[int]]) -> Any:
    """Selects the rows that cannot move: the kept record has the same, or they belong to one that stays."""
    table, other = one.table, one.table.alias("other")
    same = other.c[one.column.name] == kept_id
    reasons: list[ColumnElement[bool]] = [
        and_(only, exists().where(same, only, *_equal(table, other, unique, one.column)))
        for unique, only in _unique_with(one)
    ]
    reasons += [
        _pointing(key).in_(stayed[key.referred_table.name])
        for key in table.foreign_key_constraints
        if key.referred_table.name in stayed
    ]
    return select(table.c.id).where(one.column == merged_id, or_(*reasons)) if reasons else None


def _unique_with(one: Belongs) -> Iterator[tuple[UniqueConstraint | Index, ColumnElement[bool]]]:
    """What must be unique with the person in it, and for which rows: all, or those of an index's condition.

    The condition names columns without their table: in a subselect they are the subselect's own.
    """
    person = one.column
    for constraint in one.table.constraints:
        if isinstance(constraint, UniqueConstraint) and person in constraint.columns.values():
            yield constraint, true()
    for index in one.table.indexes:
        if index.unique and person in index.columns.values():
            where = index.dialect_options["postgresql"]["where"]
            yield index, true() if where is None else where


def _pointing(key: ForeignKeyConstraint) -> Column[Any]:
    """The column of a tenant's foreign key that holds the number of the row it points at."""
    (column,) = (column for column in key.columns if column.name != "tenant_id")
    return column


def _equal(table: Table, other: Any, constraint: UniqueConstraint | Index, person: Column[Any]) -> list[Any]:
    nulls_equal = bool(constraint.dialect_options["postgresql"]["nulls_not_distinct"])
    names = [column.name for column in constraint.columns if column is not person]
    return [
        table.c[name].is_not_distinct_from(other.c[name]) if nulls_equal else table.c[name] == other.c[name]
        for name in names
    ]
