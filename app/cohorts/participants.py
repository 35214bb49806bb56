"""The people of a programme as a list: filtered, sorted, in pages, and named only where that is allowed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, select

from app.cohorts.release import released_practices
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

    participant: Participant
    name: str | None
    nhs_number: str | None
    pseudonym: str
    practice: str


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


def find(programme_id: int, wanted: Wanted, *, may_see_people: bool) -> Page:
    """The page of the programme's people that is wanted; the last one where it asks for more than there are.

    A person is named where the one who looks may see people and the person's practice has released them.
    """
    released = released_practices(programme_id) if may_see_people else frozenset()
    counts = select(func.count(), func.count().filter(*_conditions(wanted))).select_from(Participant)
    everybody, total = db.session.execute(counts.where(Participant.programme_id == programme_id)).one()
    number = min(wanted.page, max(1, -(-total // PAGE)))
    statement = _statement(programme_id, wanted, released).limit(PAGE).offset((number - 1) * PAGE)
    rows = [
        _listed(participant, person, practice, released)
        for participant, person, practice in db.session.execute(statement)
    ]
    return Page(rows, total, everybody, number)


def _statement(
    programme_id: int, wanted: Wanted, released: frozenset[int]
) -> Select[Participant, Person, str]:
    named = Person.practice_id.in_(released)
    who = (
        case((named, 0), else_=1),
        case((named, Person.family_name)),
        case((named, Person.given_name)),
        Person.pseudonym,
    )
    order = who if wanted.sort == "who" else (Participant.status_since.desc(), Person.pseudonym)
    return (
        select(Participant, Person, Practice.name)
        .join(Person, (Person.tenant_id == Participant.tenant_id) & (Person.id == Participant.person_id))
        .join(Practice, (Practice.tenant_id == Person.tenant_id) & (Practice.id == Person.practice_id))
        .where(Participant.programme_id == programme_id, *_conditions(wanted))
        .order_by(*order)
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
    return conditions or [db.true()]


def _has(kind: str) -> ColumnElement[bool]:
    return exists().where(
        Milestone.tenant_id == Participant.tenant_id,
        Milestone.participant_id == Participant.id,
        Milestone.kind == kind,
        Milestone.withdrawn_at.is_(None),
    )


def _listed(participant: Participant, person: Person, practice: str, released: frozenset[int]) -> Listed:
    named = person.practice_id in released
    return Listed(
        participant,
        person.name if named else None,
        person.nhs_number if named else None,
        person.pseudonym,
        practice,
    )
