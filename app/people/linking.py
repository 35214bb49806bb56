"""Rows of lists that wait for somebody to say whom they are about; what was said; and taking it back.

An entry that somebody has decided on is not judged again by later files: only people change what people said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Row, Select, func, select

from app import audit, clock
from app.colleagues import any_with
from app.people.candidates import candidates_for, said_of
from app.people.import_models import Source
from app.people.linking_models import LinkDecision, SourceEntry
from app.people.matching import Compared, ranked
from app.people.models import Person
from app.permissions import P, roles_with
from tenants import scope
from tenants.db import Json, db

Kept = TypeVar("Kept", Person, SourceEntry)

PURPOSE = "linking data"
SHOWN = 10
BY_NUMBER = "NHS number"
UNDONE = "a decision was undone"
SENT_BACK = "somebody sent the link back"


class NotWaiting(RuntimeError):
    """Somebody has decided meanwhile, or the entry was linked by a newer file; says who and what."""


class NotACandidate(ValueError):
    """The row cannot be about that person."""


@dataclass(frozen=True)
class Decided:
    """A decision as it is listed: what the row said, whom it was said to be, and whether it can be undone."""

    decision: LinkDecision
    entry: SourceEntry
    source: str
    person: Person | None

    @property
    def undoable(self) -> bool:
        """Whether the entry still stands as this decision left it."""
        person_id = self.decision.person_id
        return self.decision.undone_at is None and self.entry.person_id == person_id


def waiting() -> Select[SourceEntry]:
    """The entries that wait, oldest first. What its list no longer has need not be decided."""
    return (
        select(SourceEntry)
        .where(SourceEntry.state == "waiting", SourceEntry.missing_since.is_(None))
        .order_by(SourceEntry.data_date, SourceEntry.id)
    )


def waiting_count() -> int:
    """How many entries wait for somebody's decision."""
    return db.session.scalar(select(func.count()).select_from(waiting().order_by(None).subquery())) or 0


def waiting_by_source() -> list[Row[str, int]]:
    """How many wait of each source, by the source's name."""
    rows = waiting().order_by(None).subquery()
    counted = select(Source.name, func.count()).join(rows, rows.c.source_id == Source.id)
    return list(db.session.execute(counted.group_by(Source.name).order_by(Source.name)).all())


def next_waiting(after: SourceEntry) -> SourceEntry | None:
    """The entry that waits longest, other than this one."""
    rows = db.session.scalars(waiting().where(SourceEntry.id != after.id).limit(1))
    return rows.first()


def names_of_sources() -> dict[int, str]:
    """The PCN's sources by their number."""
    return {number: name for number, name in db.session.execute(select(Source.id, Source.name))}


def candidates_of(entry: SourceEntry) -> list[Compared]:
    """The people whom the entry may be about as things stand now, the likeliest first."""
    said = said_of(entry.said)
    return ranked(said, candidates_for({entry.id: said})[entry.id])[:SHOWN]


def locked(entry_id: int) -> SourceEntry | None:
    """The entry, locked until the transaction ends."""
    key = (scope.current().tenant, entry_id)
    return db.session.get(SourceEntry, key, with_for_update=True, populate_existing=True)


def decide(entry: SourceEntry, person_id: int | None, note: str) -> LinkDecision:
    """Say that the (locked) entry is about that person, or with None about nobody here.

    Raises NotWaiting where somebody was quicker and NotACandidate for anybody whom the row cannot be about.
    """
    if entry.state != "waiting":
        raise NotWaiting(standing_of(entry))
    offered = candidates_of(entry)
    if person_id is not None and person_id not in {one.candidate.id for one in offered}:
        raise NotACandidate
    entry.person_id = person_id
    entry.state = "linked" if person_id else "nobody"
    entry.how = f"decided by {audit.actor().name}"
    audit.record("linked", "list entry", entry.id, person_id=person_id, purpose=PURPOSE)
    return _written(entry, person_id, [_offered(one) for one in offered], note)


def _offered(one: Compared) -> Json:
    return {"person": one.candidate.id, "items": dict(one.items)}


def _written(entry: SourceEntry, person_id: int | None, offered: list[Json], note: str) -> LinkDecision:
    decision = LinkDecision(
        entry_id=entry.id,
        person_id=person_id,
        candidates=offered,
        note=note,
        decided_by=audit.actor().name,
        decided_at=clock.now(),
    )
    db.session.add(decision)
    db.session.flush()
    return decision


def undo(decision: LinkDecision) -> None:
    """The entry of a decision waits again. Raises NotWaiting where it no longer stands as decided."""
    entry = locked(decision.entry_id)
    db.session.refresh(decision)
    if (
        entry is None
        or decision.undone_at
        or entry.state == "waiting"
        or entry.person_id != decision.person_id
    ):
        raise NotWaiting(standing_of(entry) if entry else "The row is no longer there.")
    audit.record("undid link of", "list entry", entry.id, person_id=entry.person_id, purpose=PURPOSE)
    decision.undone_by, decision.undone_at = audit.actor().name, clock.now()
    _wait_again(entry, UNDONE)


def send_back(entry: SourceEntry) -> None:
    """An entry that was linked by its details waits for a decision. Raises NotWaiting where it was not.

    A decision that is undone at once is what keeps the next file from linking it again by itself.
    """
    if entry.state != "linked" or entry.how == BY_NUMBER or entry.how.startswith("decided by"):
        raise NotWaiting(standing_of(entry))
    audit.record("sent back", "list entry", entry.id, person_id=entry.person_id, purpose=PURPOSE)
    decision = _written(entry, entry.person_id, [], f"Linked by {entry.how}, and sent back.")
    decision.undone_by, decision.undone_at = audit.actor().name, clock.now()
    _wait_again(entry, SENT_BACK)


def _wait_again(entry: SourceEntry, why: str) -> None:
    entry.person_id, entry.state, entry.how = None, "waiting", why
    db.session.flush()


def standing_of(entry: SourceEntry) -> str:
    """How an entry stands, as a sentence for whoever comes too late."""
    if entry.state == "waiting":
        return "This row waits for a decision again."
    last = db.session.scalars(
        select(LinkDecision)
        .where(LinkDecision.entry_id == entry.id, LinkDecision.undone_at.is_(None))
        .order_by(LinkDecision.id.desc())
        .limit(1)
    ).first()
    what = "linked it to a person" if entry.state == "linked" else "said it is about nobody in the lists"
    if last is None:
        return "A newer file has linked this row already. Nothing was changed."
    return f"{last.decided_by} has decided meanwhile and {what}. Your decision was not saved."


def decisions() -> Select[LinkDecision]:
    """All decisions, newest first."""
    return select(LinkDecision).order_by(LinkDecision.decided_at.desc(), LinkDecision.id.desc())


def decided(listed: Sequence[LinkDecision]) -> list[Decided]:
    """Those decisions with their entries, sources and people, in three statements."""
    entries = _by_id(SourceEntry, {one.entry_id for one in listed})
    people = _by_id(Person, {one.person_id for one in listed if one.person_id})
    names = names_of_sources()
    return [
        Decided(one, entry := entries[one.entry_id], names[entry.source_id], people.get(one.person_id or 0))
        for one in listed
    ]


def linked_by_details() -> Select[SourceEntry]:
    """The entries that were linked by what agrees, without a number or a decision: newest first."""
    return (
        select(SourceEntry)
        .where(
            SourceEntry.state == "linked",
            SourceEntry.how != BY_NUMBER,
            ~SourceEntry.how.startswith("decided by"),
        )
        .order_by(SourceEntry.id.desc())
    )


def people_of(entries: Sequence[SourceEntry]) -> dict[int, Person]:
    """The people whom entries are linked to, by their number."""
    return _by_id(Person, {entry.person_id for entry in entries if entry.person_id})


def _by_id(model: type[Kept], ids: set[int]) -> dict[int, Kept]:
    if not ids:
        return {}
    return {row.id: row for row in db.session.scalars(select(model).where(model.id.in_(ids)))}


def who_decides() -> str:
    """The colleagues who may decide, by name; empty where there is none."""
    return any_with(roles_with(P.LINK_PEOPLE))
