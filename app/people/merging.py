"""Two records of one person made one: all that is known of one goes to the other, with a log to undo it.

Every table with a foreign key to a person is found in the metadata, so that a new table needs no line here. A
row that the kept record has too, by a unique constraint, stays where it is, and so does what belongs to it.
What keeps a person from being contacted is never lost: opt-outs are rows and move; a death, a Type 1 opt-out,
sensitivity and "no telephone contact" are raised on the kept record and held there whatever later files say.
"""

from collections.abc import Callable, Collection, Iterator

from sqlalchemy import Select, or_, select, update

from app import audit, clock
from app.people.holding import hold_back, let_go, said_by
from app.people.linking_models import PersonMerge, SourceEntry
from app.people.models import Person
from app.people.moving import Belongs, belongings, move, move_all
from app.people.turns import is_saving, one_at_a_time
from tenants import scope
from tenants.db import db

PURPOSE = "merging records of one person"
BY_NUMBER = "NHS number"
FROM_FILES = ("coded_event", "set_aside_value")

# Told of each merge (and of its undoing, `undone`): the rows that stayed with the record that is not kept.
Follower = Callable[[dict[str, list[int]], bool], None]
_FOLLOWERS: list[Follower] = []


class CannotMerge(ValueError):
    """The two cannot be made one, or not made two again; the message says why, for whoever asked."""


def follows(follower: Follower) -> Follower:
    """Register what a later room does about rows that stay behind when records are merged."""
    if follower not in _FOLLOWERS:
        _FOLLOWERS.append(follower)
    return follower


def merge(kept_id: int, merged_id: int, why: str) -> PersonMerge:
    """Make `merged_id` another record of `kept_id`. Raises CannotMerge."""
    _wait_for_files()
    kept, merged = _both(kept_id, merged_id)
    done = PersonMerge(
        kept_id=kept.id, merged_id=merged.id, why=why, moved={}, merged_by=audit.actor().name,
        merged_at=clock.now(),
    )  # fmt: skip
    db.session.add(done)
    before = said_by(kept)
    moved, stayed = move_all(kept.id, merged.id)
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


def gather() -> int:
    """Move what files have brought for merged records since they were merged; returns how many rows.

    Each row is added to the log of the merge, so that undoing it takes back what came under the other number.
    """
    found = select(Person.id, Person.merged_into).where(Person.merged_into.is_not(None))
    into: dict[int, int] = {merged: kept for merged, kept in db.session.execute(found) if kept}
    brought = [one for one in belongings() if one.table.name in FROM_FILES] if into else []
    return sum(
        len(_gathered(one, into[number], number)) for one in brought for number in _with_rows(one, into)
    )


def _with_rows(one: Belongs, merged: Collection[int]) -> list[int]:
    listed = select(one.column).where(one.column.in_(merged)).distinct().order_by(one.column)
    return list(db.session.scalars(listed))


def _gathered(one: Belongs, kept_id: int, merged_id: int) -> list[int]:
    ids, _ = move(one, kept_id, merged_id, {})
    for done in _logs_of(merged_id) if ids else ():
        rows = done.moved["rows"]
        all_of_them = sorted({*rows.get(one.table.name, []), *ids})
        done.moved = done.moved | {"rows": rows | {one.table.name: all_of_them}}
    return ids


def _logs_of(merged_id: int) -> Iterator[PersonMerge]:
    """The merge that made this another record, and those by which the one that was kept went on."""
    live = PersonMerge.undone_at.is_(None)
    while done := db.session.scalars(
        select(PersonMerge).where(PersonMerge.merged_id == merged_id, live)
    ).first():
        yield done
        merged_id = done.kept_id


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
        move(one, merged.id, kept.id, {}, only=done.moved["rows"].get(one.table.name, []))
    _take_back_rows(kept, merged)
    merged.merged_into = None
    let_go(kept, done)
    done.undone_by, done.undone_at = audit.actor().name, clock.now()
    db.session.flush()
    hold_back(kept.id)
    _tell(done.moved["stayed"], undone=True)
    for person in (kept, merged):
        audit.record("undid merge of", "person", done.id, person_id=person.id, purpose=PURPOSE)
    db.session.flush()
    db.session.expire_all()
    return done


def _take_back_rows(kept: Person, merged: Person) -> None:
    """Rows of lists that were linked since the merge by the other record's number are the other person's."""
    by_number = SourceEntry.how == BY_NUMBER
    theirs = or_(SourceEntry.key == merged.nhs_number, SourceEntry.key.startswith(f"{merged.nhs_number}|"))
    db.session.execute(
        update(SourceEntry)
        .where(SourceEntry.person_id == kept.id, by_number, theirs)
        .values(person_id=merged.id)
        .execution_options(synchronize_session=False)
    )


def _tell(stayed: dict[str, list[int]], *, undone: bool) -> None:
    for follower in _FOLLOWERS:
        follower(stayed, undone)


def whose(person_id: int) -> int:
    """The person whom a record is of: itself, or the one that it was merged into."""
    into = db.session.scalar(select(Person.merged_into).where(Person.id == person_id))
    return into or person_id


def any_merged() -> bool:
    """Whether the PCN has records that were merged."""
    found = select(Person.id).where(Person.merged_into.is_not(None)).limit(1)
    return db.session.scalars(found).first() is not None


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


__all__ = [
    "CannotMerge", "any_merged", "follows", "gather", "hold_back", "merge", "merges", "records_found", "undo",
    "whose",
]  # fmt: skip
