"""The people of a programme as a list: filtered, sorted, in pages, and named only where that is allowed."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, exists, func, select

from app.people.models import Person
from app.programmes.models import MILESTONES, Milestone, Participant
from tenants.db import db
from tenants.models import Practice

PAGE = 25
SORTS = ("who", "since")


@dataclass(frozen=True)
class Wanted:
    """Which people: who `reached` a milestone, `without` another, of a status, practice or wave; the page."""

    reached: str = ""
    without: str = ""
    status: str = ""
    practice: int = 0
    wave: int = 0
    sort: str = "who"
    page: int = 1

    @property
    def filter(self) -> dict[str, Any]:
        """What is filtered by, as it stands in an address."""
        values = {
            "reached": self.reached,
            "without": self.without,
            "status": self.status,
            "practice": self.practice,
            "wave": self.wave,
        }
        return {name: value for name, value in values.items() if value}

    def within(self, practices: Collection[int]) -> "Wanted":
        """The same without a filter by a practice that is not one of `practices`."""
        return self if self.practice in practices else replace(self, practice=0)

    def address(self, **changes: Any) -> dict[str, Any]:
        """The address's query with `changes`: the filter stays, the page begins again unless it is given."""
        values = self.filter | {"sort": self.sort} | changes
        return {name: value for name, value in values.items() if value and (name, value) != ("sort", "who")}


@dataclass(frozen=True)
class Listed:
    """One line: who (named or by pseudonym), of which practice, where on the way and since when.

    `practice` is empty where the one who looks may not tell people apart by it.
    """

    participant_id: int
    status: str
    since: dt.datetime
    name: str | None
    nhs_number: str | None
    pseudonym: str
    practice: str
    wave: int
    born: dt.date | None


Columns = tuple[Any, ...]
Practices = Sequence[tuple[Practice, bool]]


@dataclass(frozen=True)
class Page:
    """One page of the list; `total` counts the whole of it under the filter, `everybody` without.

    `waves` is how many times people have joined: once, unless the cohort was refreshed.
    """

    rows: list[Listed]
    total: int
    everybody: int
    number: int
    waves: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))


def wanted_from(args: Mapping[str, str]) -> Wanted:
    """What an address asks for. What it asks for and does not exist is left out."""
    return Wanted(
        reached=_one_of(args, "reached", MILESTONES),
        without=_one_of(args, "without", MILESTONES),
        status=_one_of(args, "status", MILESTONES),
        practice=_number(args.get("practice", ""), 0),
        wave=_number(args.get("wave", ""), 0),
        sort=_one_of(args, "sort", SORTS) or "who",
        page=max(_number(args.get("page", ""), 1), 1),
    )


def _one_of(args: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    value = args.get(name, "")
    return value if value in known else ""


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


@dataclass(frozen=True)
class Sight:
    """What the one who looks may see: people of the practices `released` by name, and the practice of those
    in `told`."""

    released: frozenset[int]
    told: Mapping[int, str]

    def line(self, row: Row[*Columns]) -> Listed:
        """A row as it may be shown."""
        return _listed(row, self.told.get(row.practice_id, ""), row.practice_id in self.released)


def sight_of(practices: Practices, *, told: Collection[int], may_see_people: bool) -> Sight:
    """What may be seen of the people of `practices`, each with whether it has released them.

    Their names where people may be seen and are released, their practice where it is one of `told`.
    """
    released = frozenset(practice.id for practice, given in practices if given and may_see_people)
    return Sight(released, {practice.id: practice.name for practice, _ in practices if practice.id in told})


def find(programme_id: int, wanted: Wanted, sight: Sight) -> Page:
    """The page of the programme's people that is wanted; the last one where there are fewer."""
    everybody, total, waves = _counts(programme_id, wanted)
    number = min(wanted.page, max(1, -(-total // PAGE)))
    start = (number - 1) * PAGE
    found = _find(_statement(programme_id, wanted), wanted.sort, sight.released, start, total)
    return Page([sight.line(row) for row in found], total, everybody, number, waves)


def each(programme_id: int, wanted: Wanted, sight: Sight) -> Iterator[Listed]:
    """Everybody that is wanted, on one page: the named first, by name, then the others by pseudonym."""
    named = Person.practice_id.in_(sight.released)
    order = case((named, Person.family_name)), case((named, Person.given_name)), Person.pseudonym
    people = _statement(programme_id, wanted).order_by(named.desc(), *order)
    for row in db.session.execute(people.execution_options(yield_per=1000)):
        yield sight.line(row)


def count_of(programme_id: int, wanted: Wanted) -> int:
    """How many people are wanted."""
    return _counts(programme_id, wanted)[1]


def _counts(programme_id: int, wanted: Wanted) -> tuple[int, int, int]:
    """How many people are in the programme, how many of them are wanted, and how many waves there are."""
    everybody, waves = func.count(), func.coalesce(func.max(Participant.wave), 1)
    of_them = func.count().filter(*_conditions(wanted)) if wanted.filter else everybody
    counted = select(everybody, of_them, waves).where(Participant.programme_id == programme_id)
    row = db.session.execute(counted).one()
    return row[0], row[1], row[2]


def _find(
    people: Select[*Columns], sort: str, released: frozenset[int], start: int, total: int
) -> list[Row[*Columns]]:
    """The page of `people` that begins after `start` of them.

    By who they are, the named come first, by name, then the others by pseudonym. Those are two statements,
    because each then reads an index in order and stops, where one would sort everybody for every page.
    """
    length = min(PAGE, total - start)
    if sort == "since":
        return _slice(people.order_by(Participant.status_since.desc(), Person.pseudonym), start, length)
    if not released:
        return _slice(people.order_by(Person.pseudonym), start, length)
    named = people.where(Person.practice_id.in_(released))
    unnamed = people.where(Person.practice_id.not_in(released)).order_by(Person.pseudonym)
    found = _slice(named.order_by(Person.family_name, Person.given_name, Person.pseudonym), start, length)
    if len(found) == length:
        return found
    before = 0 if found or not start else start - _count(named)
    return found + _slice(unnamed, before, length - len(found))


def _slice(people: Select[*Columns], start: int, length: int) -> list[Row[*Columns]]:
    return list(db.session.execute(people.limit(length).offset(start)))


def _count(people: Select[*Columns]) -> int:
    return db.session.scalar(select(func.count()).select_from(people.subquery())) or 0


def _statement(programme_id: int, wanted: Wanted) -> Select[*Columns]:
    who = (
        Person.practice_id, Person.pseudonym, Person.nhs_number, Person.given_name, Person.family_name,
        Person.born,
    )  # fmt: skip
    return (
        select(Participant.id, Participant.status, Participant.status_since, Participant.wave, *who)
        .join(Person, (Person.tenant_id == Participant.tenant_id) & (Person.id == Participant.person_id))
        .where(Participant.programme_id == programme_id, *_conditions(wanted))
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.reached:
        conditions.append(_has(wanted.reached))
    if wanted.without:
        conditions.append(~_has(wanted.without))
    if wanted.status:
        conditions.append(Participant.status == wanted.status)
    if wanted.practice:
        conditions.append(Participant.practice_id == wanted.practice)
    if wanted.wave:
        conditions.append(Participant.wave == wanted.wave)
    return conditions


def _has(kind: str) -> ColumnElement[bool]:
    return exists().where(
        Milestone.tenant_id == Participant.tenant_id,
        Milestone.participant_id == Participant.id,
        Milestone.kind == kind,
        Milestone.withdrawn_at.is_(None),
    )


def _listed(row: Row[*Columns], practice: str, named: bool) -> Listed:
    return Listed(
        participant_id=row.id,
        status=row.status,
        since=row.status_since,
        name=f"{row.given_name} {row.family_name}".strip() if named else None,
        nhs_number=row.nhs_number if named else None,
        pseudonym=row.pseudonym,
        practice=practice,
        wave=row.wave,
        born=row.born if named else None,
    )
