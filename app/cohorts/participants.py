"""The people of a programme as a list: filtered, sorted, in pages, and named only where that is allowed."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, func, select

from app.people.models import Person
from app.programmes.models import MILESTONES, Milestone, Participant
from tenants.db import db
from tenants.models import Practice

PAGE = 25
SORTS = ("who", "since")


@dataclass(frozen=True)
class Wanted:
    """Which people: who `reached` a milestone, `without` another, of a status or a practice; and the page."""

    reached: str = ""
    without: str = ""
    status: str = ""
    practice: int = 0
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
        }
        return {name: value for name, value in values.items() if value}

    def address(self, **changes: Any) -> dict[str, Any]:
        """The address's query with `changes`: the filter stays, the page begins again unless it is given."""
        values = self.filter | {"sort": self.sort} | changes
        return {name: value for name, value in values.items() if value and (name, value) != ("sort", "who")}


@dataclass(frozen=True)
class Listed:
    """One line: who (named or by pseudonym), of which practice, where on the way and since when."""

    participant_id: int
    status: str
    since: dt.datetime
    name: str | None
    nhs_number: str | None
    pseudonym: str
    practice: str


Columns = tuple[Any, ...]
Practices = Sequence[tuple[Practice, bool]]


@dataclass(frozen=True)
class Page:
    """One page of the list; `total` counts the whole of it under the filter, `everybody` without."""

    rows: list[Listed]
    total: int
    everybody: int
    number: int

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
        sort=_one_of(args, "sort", SORTS) or "who",
        page=max(_number(args.get("page", ""), 1), 1),
    )


def _one_of(args: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    value = args.get(name, "")
    return value if value in known else ""


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def find(programme_id: int, wanted: Wanted, practices: Practices, *, may_see_people: bool) -> Page:
    """The page of the programme's people that is wanted; the last one where it asks for more than there are.

    A person is named where the one who looks may see people and the person's practice has released them.
    `practices` are all of the PCN, with whether each has released its people for the programme.
    """
    released = frozenset(practice.id for practice, told in practices if told and may_see_people)
    everybody, total = _counts(programme_id, wanted)
    number = min(wanted.page, max(1, -(-total // PAGE)))
    found = _find(_statement(programme_id, wanted), wanted.sort, released, (number - 1) * PAGE, total)
    names = {practice.id: practice.name for practice, _ in practices}
    rows = [_listed(row, names[row.practice_id], row.practice_id in released) for row in found]
    return Page(rows, total, everybody, number)


def _counts(programme_id: int, wanted: Wanted) -> tuple[int, int]:
    """How many people are in the programme, and how many of them are wanted."""
    people = select(func.count()).where(Participant.programme_id == programme_id)
    if not wanted.filter:
        everybody = db.session.scalars(people).one()
        return everybody, everybody
    counted = people.add_columns(func.count().filter(*_conditions(wanted)))
    everybody, total = db.session.execute(counted).one()
    return everybody, total


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
    who = (Person.practice_id, Person.pseudonym, Person.nhs_number, Person.given_name, Person.family_name)
    return (
        select(Participant.id, Participant.status, Participant.status_since, *who)
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
    )
