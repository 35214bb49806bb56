"""Two records of one person made one: all that is known of one goes to the other, with a log to undo it.

Every table with a foreign key to a person is found in the metadata, so that a new table needs no line here. A
row that the kept record has too, by a unique constraint, stays where it is, and so does what belongs to it.
What keeps a person from being contacted is never lost: opt-outs are rows and move; a death, a Type 1 opt-out,
sensitivity and "no telephone contact" are raised on the kept record and held there whatever later files say.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    Select,
    Table,
    UniqueConstraint,
    and_,
    exists,
    or_,
    select,
    text,
    true,
    update,
)

from app import audit, clock
from app.people.models import CodedEvent, ImportFile, Person, PersonMerge
from app.people.turns import is_saving, one_at_a_time
from tenants import scope
from tenants.db import Base, Json, db

PURPOSE = "merging records of one person"
FOREVER = dt.date(9999, 12, 31)  # no file is newer, so none overwrites what is held until the merge is undone
NO_TELEPHONE = "No telephone contact"
PROTECTS = ("died_on", "type1_opt_out", "sensitive", "preferred_contact")

# Told of each merge (and of its undoing, `undone`): the rows that stayed with the record that is not kept.
Follower = Callable[[dict[str, list[int]], bool], None]
_FOLLOWERS: list[Follower] = []


class CannotMerge(ValueError):
    """The two cannot be made one, or not made two again; the message says why, for whoever asked."""


_EVENTS = cast(Table, CodedEvent.__table__)  # has no foreign keys: they cost an import more than its rows
# The log itself; and a referral, which stays as it was sent: what a PCN may change in one is in the grants.
_APART = (CodedEvent.__tablename__, PersonMerge.__tablename__, "referral")


@dataclass(frozen=True)
class Belongs:
    """A table whose rows belong to a person, by that column."""

    table: Table
    column: Column[Any]


def follows(follower: Follower) -> Follower:
    """Register what a later room does about rows that stay behind when records are merged."""
    if follower not in _FOLLOWERS:
        _FOLLOWERS.append(follower)
    return follower


def belongings() -> Iterator[Belongs]:
    """Every column that points at a person, parents before their children; but for the log of merges."""
    yield Belongs(_EVENTS, _EVENTS.c.person_id)
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_key_constraints:
            if key.referred_table.name == Person.__tablename__ and table.name not in _APART:
                yield Belongs(table, _pointing(key))


def merge(kept_id: int, merged_id: int, why: str) -> PersonMerge:
    """Make `merged_id` another record of `kept_id`. Raises CannotMerge."""
    _wait_for_files()
    kept, merged = _both(kept_id, merged_id)
    done = PersonMerge(
        kept_id=kept.id, merged_id=merged.id, why=why, moved={}, merged_by=audit.actor().name,
        merged_at=clock.now(),
    )  # fmt: skip
    db.session.add(done)
    before = {name: _plain(getattr(kept, name)) for name in PROTECTS} | {"came": dict(kept.came)}
    moved, stayed = _move_all(kept.id, merged.id)
    merged.merged_into = kept.id
    db.session.flush()
    hold_back(kept.id)
    done.moved = {"rows": moved, "stayed": stayed, "before": before}
    _tell(stayed, undone=False)
    audit.record("merged", "person", done.id, person_id=kept.id, purpose=PURPOSE, with_record=merged.id)
    audit.record("was merged", "person", done.id, person_id=merged.id, purpose=PURPOSE, into=kept.id)
    db.session.flush()
    return done


def _wait_for_files() -> None:
    """What is being saved was weighed against the records as they are: it must not change them under it."""
    one_at_a_time()
    if is_saving():
        raise CannotMerge("A file is being saved. Try again when it is done.")


def _both(kept_id: int, merged_id: int) -> tuple[Person, Person]:
    """Both records, locked in one order whoever asks."""
    if kept_id == merged_id:
        raise CannotMerge("Select two different records.")
    rows = db.session.scalars(
        select(Person)
        .where(Person.id.in_((kept_id, merged_id)))
        .order_by(Person.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {person.id: person for person in rows}
    if len(found) < 2:
        raise CannotMerge("One of the records is no longer there.")
    if any(person.merged_into for person in found.values()):
        raise CannotMerge("One of these records was merged already. Look at the list of merges.")
    return found[kept_id], found[merged_id]


def _move_all(kept_id: int, merged_id: int) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Move what can move; the ids of the rows that moved and of those that stayed, by table."""
    moved: dict[str, list[int]] = {}
    stayed: dict[str, list[int]] = {}
    for one in belongings():
        keep = _stays(one, kept_id, merged_id, stayed)
        stay = set(db.session.scalars(keep)) if keep is not None else set()
        ids = db.session.scalars(
            update(one.table)
            .where(one.column == merged_id, one.table.c.id.not_in(stay))
            .values({one.column: kept_id})
            .returning(one.table.c.id)
        ).all()
        moved |= {one.table.name: sorted(ids)} if ids else {}
        stayed |= {one.table.name: sorted(stay)} if stay else {}
    db.session.expire_all()
    return moved, stayed


def _stays(one: Belongs, kept_id: int, merged_id: int, stayed: dict[str, list[int]]) -> Any:
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


# What the merged records of a person say that protects is raised on the person, and held.
_HOLD_BACK = """
UPDATE person k SET
  died_on = coalesce(k.died_on, m.died_on),
  type1_opt_out = k.type1_opt_out OR m.type1,
  sensitive = k.sensitive OR m.sensitive,
  preferred_contact = CASE WHEN m.silent THEN :silent ELSE k.preferred_contact END,
  came = k.came || m.held
FROM (
  SELECT o.merged_into, min(o.died_on) AS died_on, bool_or(o.type1_opt_out) AS type1,
    bool_or(o.sensitive) AS sensitive, bool_or(lower(o.preferred_contact) = lower(:silent)) AS silent,
    CASE WHEN count(o.died_on) > 0 THEN jsonb_build_object('died_on', h.held) ELSE '{}' END
    || CASE WHEN bool_or(o.type1_opt_out) THEN jsonb_build_object('type1_opt_out', h.held) ELSE '{}' END
    || CASE WHEN bool_or(o.sensitive) THEN jsonb_build_object('sensitive', h.held) ELSE '{}' END
    || CASE WHEN bool_or(lower(o.preferred_contact) = lower(:silent))
       THEN jsonb_build_object('preferred_contact', h.held) ELSE '{}' END AS held
  FROM person o
  CROSS JOIN LATERAL
    (SELECT jsonb_build_object('import', max(i.import_id), 'on', CAST(:forever AS text), 'merged', true)
       AS held FROM person i WHERE i.merged_into = o.merged_into) h
  WHERE o.merged_into IS NOT NULL AND o.merged_into = coalesce(CAST(:only AS bigint), o.merged_into)
  GROUP BY o.merged_into, h.held) m
WHERE k.id = m.merged_into AND m.held <> '{}' AND NOT (
  k.came @> m.held AND (m.died_on IS NULL OR k.died_on IS NOT NULL) AND (k.type1_opt_out OR NOT m.type1)
  AND (k.sensitive OR NOT m.sensitive) AND (NOT m.silent OR k.preferred_contact = :silent))
"""


def hold_back(only: int | None = None) -> int:
    """Raise on people (or on one) what their merged records say that protects them; returns on how many.

    Asked when records are merged, and after each file that may have told something new of a merged record.
    """
    asked = {"only": only, "forever": FOREVER.isoformat(), "silent": NO_TELEPHONE}
    result = db.session.execute(text(_HOLD_BACK), asked)
    db.session.expire_all()
    return int(result.rowcount)  # type: ignore[attr-defined]


def undo(merge_id: int) -> PersonMerge:
    """Make two records again of what was merged: exactly what moved goes back. Raises CannotMerge."""
    _wait_for_files()
    key = (scope.current().tenant, merge_id)
    done = db.session.get(PersonMerge, key, with_for_update=True, populate_existing=True)
    if done is None or done.undone_at is not None:
        raise CannotMerge("This was undone already.")
    kept, merged = (db.session.get_one(Person, (key[0], number)) for number in (done.kept_id, done.merged_id))
    if kept.merged_into is not None:
        raise CannotMerge("The kept record was merged into another one since. Undo that first.")
    for one in belongings():
        ids = done.moved["rows"].get(one.table.name)
        if ids:
            back = and_(one.column == kept.id, one.table.c.id.in_(ids))
            db.session.execute(update(one.table).where(back).values({one.column: merged.id}))
    merged.merged_into = None
    _let_go(kept, done)
    done.undone_by, done.undone_at = audit.actor().name, clock.now()
    db.session.flush()
    hold_back(kept.id)
    _tell(done.moved["stayed"], undone=True)
    for person in (kept, merged):
        audit.record("undid merge of", "person", done.id, person_id=person.id, purpose=PURPOSE)
    db.session.expire_all()
    return done


def _let_go(kept: Person, done: PersonMerge) -> None:
    """Put back what the kept record itself said, where the merge is what holds it.

    A list that came in since may itself have said what is held, which nobody can tell any more: then what
    protects stays as it is until the next list says otherwise.
    """
    before: Json = done.moved["before"]
    held = [name for name in PROTECTS if kept.came.get(name, {}).get("merged")]
    for name in held if _as_it_was(done) else ():
        value = before[name]
        setattr(kept, name, dt.date.fromisoformat(value) if name == "died_on" and value else value)
    came = {name: said for name, said in kept.came.items() if name not in held}
    kept.came = came | {name: before["came"][name] for name in held if name in before["came"]}


def _as_it_was(done: PersonMerge) -> bool:
    since = select(ImportFile.id).where(
        ImportFile.kind == "people",
        (ImportFile.state == "saving")
        | ((ImportFile.state == "done") & (ImportFile.finished_at >= done.merged_at)),
    )
    return db.session.scalars(since.limit(1)).first() is None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _tell(stayed: dict[str, list[int]], *, undone: bool) -> None:
    for follower in _FOLLOWERS:
        follower(stayed, undone)


def whose(person_id: int) -> int:
    """The person whom a record is of: itself, or the one that it was merged into."""
    into = db.session.scalar(select(Person.merged_into).where(Person.id == person_id))
    return into or person_id


def merges() -> Select[PersonMerge]:
    """All merges, newest first."""
    return select(PersonMerge).order_by(PersonMerge.merged_at.desc(), PersonMerge.id.desc())


def records_found(number: str | None, key: str) -> list[Person]:
    """Records that are nobody else's, with that NHS number or else a name that begins so; at most 26."""
    named = Person.name_key.like(f"{key}%") | Person.name_key.like(f"% {key}%")
    wanted = Person.nhs_number == number if number else named
    return list(
        db.session.scalars(
            select(Person)
            .where(wanted, Person.merged_into.is_(None))
            .order_by(Person.name_key, Person.born, Person.id)
            .limit(26)
        )
    )
