"""The list of people to screen: filtered, sorted, in pages, with the values that matter."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select

from app import clock
from app.cohorts.models import Screening
from app.cohorts.red_flags import RedFlag, flags_of
from app.cohorts.screening import KEEP, LEAVE_OUT, LOOK_AGAIN, to_screen
from app.cohorts.screening_values import LISTED, conditions, has_flag, latest_of
from app.paging import SIZE, Page
from app.people.models import Person
from app.programmes.models import Participant, Programme
from app.programmes.rules import WAYS_OUT
from tenants.db import db

SHOW = {
    "undecided": "To be looked at",
    "kept": "Kept",
    "left out": "Left out",
    "look again": "To be looked at again",
    "flagged": "With a red flag",
    "everybody": "Everybody",
}
SORTS = ("name", "practice", "flags", "bmi", "systolic", "hba1c")


@dataclass(frozen=True)
class Wanted:
    """Whom to show, in which order, which page."""

    show: str = "undecided"
    practice: int = 0
    wave: int = 0
    sort: str = "name"
    page: int = 1

    @property
    def address(self) -> dict[str, Any]:
        """What an address holds of it, without the page."""
        values = {"show": self.show, "practice": self.practice, "wave": self.wave, "sort": self.sort}
        usual = {"show": "undecided", "sort": "name"}
        return {name: value for name, value in values.items() if value and usual.get(name) != value}


@dataclass(frozen=True)
class Reading:
    """A value and its day."""

    value: Any
    on: dt.date


@dataclass(frozen=True)
class Line:
    """One person to screen: who, the decision that holds, their latest values and red flags."""

    participant: Participant
    person: Person
    decision: Screening | None
    values: dict[str, Reading]
    flags: list[RedFlag]

    @property
    def age(self) -> int:
        """In whole years, today."""
        today, born = clock.today(), self.person.born
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))

    @property
    def seen(self) -> int:
        """The decision that a form of this line was made upon; 0 where there is none."""
        return self.decision.id if self.decision else 0


def wanted_from(args: Mapping[str, str]) -> Wanted:
    """What an address asks for; what there is not is left out."""
    show, sort = args.get("show", ""), args.get("sort", "")
    return Wanted(
        show=show if show in SHOW else "undecided",
        practice=_number(args.get("practice", "")),
        wave=_number(args.get("wave", "")),
        sort=sort if sort in SORTS else "name",
        page=_number(args.get("page", "")) or 1,
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def find(programme_id: int, wanted: Wanted) -> Page:
    """The page of lines that is wanted, the last one where it asks for more than there are."""
    latest = latest_of(_people(programme_id))
    people = _joined(latest, programme_id, *_columns(latest)).where(*_conditions(wanted, latest))
    total = db.session.scalar(select(func.count()).select_from(people.subquery())) or 0
    number = min(wanted.page, max(1, -(-total // SIZE)))
    ordered = people.order_by(*_order(wanted.sort, latest), *_names()).limit(SIZE)
    return Page(_lines(ordered.offset((number - 1) * SIZE)), total, number)


def line_of(programme_id: int, participant_id: int) -> Line | None:
    """One person to screen; None where they are not to be screened (any more)."""
    return next(iter(lines_of(programme_id, [participant_id])), None)


def lines_of(programme_id: int, participant_ids: Collection[int]) -> list[Line]:
    """The lines of these participants, by name."""
    if not participant_ids:
        return []
    latest = latest_of(_people(programme_id).where(Participant.id.in_(participant_ids)))
    some = _joined(latest, programme_id, *_columns(latest))
    return _lines(some.where(Participant.id.in_(participant_ids)).order_by(*_names()))


def other_programmes(participant: Participant) -> list[str]:
    """The names of the PCN's other programmes that the same person takes part in, closed ones left out."""
    statement = (
        select(Programme.name)
        .join(
            Participant,
            (Participant.tenant_id == Programme.tenant_id) & (Participant.programme_id == Programme.id),
        )
        .where(
            Participant.person_id == participant.person_id,
            Programme.id != participant.programme_id,
            Programme.state != "closed",
            Participant.status.not_in(WAYS_OUT),
        )
    )
    return list(db.session.scalars(statement.order_by(Programme.name)))


def next_of(programme_id: int, wanted: Wanted, after: int) -> int | None:
    """The participant after that one, in the order and under the filter that is wanted, then from the start.

    None when nobody else is left.
    """
    latest = latest_of(_people(programme_id))
    ids = _joined(latest, programme_id, Participant.id).where(*_conditions(wanted, latest))
    in_order = list(db.session.scalars(ids.order_by(*_order(wanted.sort, latest), *_names())))
    if after not in in_order:
        return in_order[0] if in_order else None
    place = in_order.index(after)
    return next(iter([*in_order[place + 1 :], *in_order[:place]]), None)


def _people(programme_id: int) -> Select[Any]:
    return select(Participant.person_id).where(Participant.programme_id == programme_id)


def _columns(latest: Any) -> list[Any]:
    readings = [latest.c[name] for label in LISTED for name in (label, f"{label}_on")]
    return [Participant, Person, Screening, conditions(), *readings]


def _joined(latest: Any, programme_id: int, *columns: Any) -> Select[Any]:
    return (
        to_screen(*columns)
        .outerjoin(latest, latest.c.person_id == Person.id)
        .where(Participant.programme_id == programme_id)
    )


def _conditions(wanted: Wanted, latest: Any) -> list[ColumnElement[bool]]:
    undecided = Screening.decision.is_distinct_from(KEEP) & Screening.decision.is_distinct_from(LEAVE_OUT)
    shown = {
        "undecided": undecided,
        "kept": Screening.decision == KEEP,
        "left out": Screening.decision == LEAVE_OUT,
        "look again": Screening.decision == LOOK_AGAIN,
        "flagged": has_flag(latest),
    }
    conditions = [shown[wanted.show]] if wanted.show in shown else []
    if wanted.practice:
        conditions.append(Person.practice_id == wanted.practice)
    if wanted.wave:
        conditions.append(Participant.wave == wanted.wave)
    return conditions


def _order(sort: str, latest: Any) -> list[Any]:
    if sort == "practice":
        return [Person.practice_id]
    if sort == "flags":
        return [has_flag(latest).desc()]
    return [latest.c[sort].desc().nulls_last()] if sort in LISTED else []


def _names() -> tuple[Any, ...]:
    return Person.family_name, Person.given_name, Person.pseudonym


def _lines(statement: Select[Any]) -> list[Line]:
    return [_line(row) for row in db.session.execute(statement)]


def _line(row: Row[Any]) -> Line:
    cells = row._mapping
    values = {
        label: Reading(cells[label], cells[f"{label}_on"]) for label in LISTED if cells[label] is not None
    }
    latest = {LISTED[label]: reading.value for label, reading in values.items()}
    flags = flags_of(latest, row.conditions or ())
    return Line(row.Participant, row.Person, row.Screening, values, flags)
