"""The latest usable values of people, side by side, and who of them has a red flag.

Usable as a cohort rule would use it: on or before today, between the plausible limits of its measure.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app import clock
from app.cohorts.red_flags import DIASTOLIC, HBA1C, RED_FLAGS, SYSTOLIC, RedFlag
from app.people.codes import MEASURES
from app.people.import_models import ImportFile
from app.people.models import CodedEvent, Person
from tenants.db import db

BMI = "BMI"
LISTED = {"bmi": BMI, "systolic": SYSTOLIC, "diastolic": DIASTOLIC, "hba1c": HBA1C}


@dataclass(frozen=True)
class Value:
    """The latest value of a measure, in its unit: on which day, from which source."""

    measure: str
    value: Decimal | None
    unit: str
    on: dt.date
    source: str


@dataclass(frozen=True)
class Diagnosis:
    """A condition in the record, and the day of its newest entry."""

    code: str
    term: str
    on: dt.date


def latest_of(who: Select[Any]) -> Subquery:
    """For each person of `who` (a select of ids): the latest value and day of each measure that is listed."""
    measure = case(*((CodedEvent.code.in_(_codes(name)), name) for name in LISTED.values())).label("measure")
    newest = (
        select(CodedEvent.person_id, measure, CodedEvent.value, CodedEvent.on)
        .where(CodedEvent.person_id.in_(who), _usable(LISTED.values()))
        .ext(distinct_on(CodedEvent.person_id, measure))
        .order_by(CodedEvent.person_id, measure, CodedEvent.on.desc(), CodedEvent.value.desc())
        .subquery("newest")
    )
    columns: list[Any] = []
    for label, name in LISTED.items():
        mine = newest.c.measure == name
        columns.append(func.max(newest.c.value).filter(mine).label(label))
        columns.append(func.max(newest.c.on).filter(mine).label(f"{label}_on"))
    return select(newest.c.person_id, *columns).group_by(newest.c.person_id).subquery("latest")


def _codes(measure: str) -> list[str]:
    return [code for code, known in MEASURES.items() if known.name == measure]


def _usable(measures: Iterable[str]) -> ColumnElement[bool]:
    within = [
        and_(CodedEvent.code == code, CodedEvent.value.between(known.lowest, known.highest))
        for code, known in MEASURES.items()
        if known.name in set(measures)
    ]
    return and_(CodedEvent.on <= clock.today(), or_(*within))


def has_flag(latest: Subquery) -> ColumnElement[bool]:
    """Whether a person (joined with their `latest`) has a red flag; the same as `red_flags.flags_of`."""
    return or_(*(_raised(flag, latest) for flag in RED_FLAGS))


def _raised(flag: RedFlag, latest: Subquery) -> ColumnElement[bool]:
    labels = {name: label for label, name in LISTED.items()}
    high = or_(*(latest.c[labels[name]] >= lowest for name, lowest in flag.at_least.items()))
    if not flag.unless:
        return func.coalesce(high, False)
    known = exists().where(
        CodedEvent.tenant_id == Person.tenant_id,
        CodedEvent.person_id == Person.id,
        CodedEvent.code.in_(flag.unless),
        CodedEvent.on <= clock.today(),
    )
    return and_(func.coalesce(high, False), ~known)


def conditions() -> Any:
    """The codes that a red flag asks for and that a person has, as a column; None for none."""
    asked = {code for flag in RED_FLAGS for code in flag.unless}
    codes = select(func.array_agg(CodedEvent.code.distinct())).where(
        CodedEvent.tenant_id == Person.tenant_id,
        CodedEvent.person_id == Person.id,
        CodedEvent.code.in_(sorted(asked)),
        CodedEvent.on <= clock.today(),
    )
    return codes.correlate(Person).scalar_subquery().label("conditions")


def record_of(person_id: int) -> tuple[list[Value], list[Diagnosis]]:
    """The latest usable value of every measure that a person has, with where it came from; and the conditions
    and other entries without a value, the newest first. One statement."""
    names = {known.name for known in MEASURES.values()}
    coming_from = and_(ImportFile.tenant_id == CodedEvent.tenant_id, ImportFile.id == CodedEvent.import_id)
    rows = db.session.execute(
        select(CodedEvent.code, CodedEvent.term, CodedEvent.value, CodedEvent.on, ImportFile.source)
        .outerjoin(ImportFile, coming_from)
        .where(
            CodedEvent.person_id == person_id,
            CodedEvent.on <= clock.today(),
            or_(CodedEvent.value.is_(None), _usable(names)),
        )
        .order_by(CodedEvent.on, CodedEvent.value, CodedEvent.code)
    ).all()
    latest = {MEASURES[row.code].name: _value(row) for row in rows if row.value is not None}
    coded = {row.code: Diagnosis(row.code, row.term, row.on) for row in rows if row.value is None}
    in_order = dict.fromkeys(known.name for known in MEASURES.values())
    newest_first = sorted(coded.values(), key=lambda entry: entry.on, reverse=True)
    return [latest[name] for name in in_order if name in latest], newest_first


def _value(row: Any) -> Value:
    known = MEASURES[row.code]
    return Value(known.name, row.value, known.unit, row.on, row.source or "")
