"""Cohort rules as one set-based statement over the linked record.

Every person of the PCN gets one bit for each step: the three exclusions first, then each rule in order. The
same pass counts who is left after each step, who would be gained if one rule alone were dropped, who is out
only because a value is missing, and lists the members. Nothing is loaded person by person.

Only usable entries count: on or before the day asked for, and with a value that can be true.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, false, func, not_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on

from app.library.cohort_rules import EXCLUSIONS, Age, Condition, Deprivation, LatestValue, Rule
from app.people.codes import MEASURES
from app.people.models import CodedEvent, Person
from app.people.models import Deprivation as Index
from tenants.db import Json, db


@dataclass(frozen=True)
class Evaluation:
    """What a definition gives on a day. `attrition` holds `label`, `lost` and `left` for each step in order;
    `gain` how many more each rule's label alone keeps out; `missing` for rules that need a value, how many of
    those not excluded have none (`without`) and how many of these meet every other rule (`only`);
    `by_practice` the members of each practice that has any; `members` their ids (empty once it is history).
    """

    on: dt.date
    people: int
    attrition: list[Json]
    gain: dict[str, int]
    missing: list[Json]
    count: int
    by_practice: dict[int, int]
    members: list[int]


@dataclass(frozen=True)
class _Bit:
    """A rule in SQL: who meets it, who has no value to judge by, and the joins that it needs."""

    meets: ColumnElement[bool]
    missing: ColumnElement[bool]
    join: tuple[Any, ColumnElement[bool]] | None = None


def evaluate(rules: Sequence[Rule], on: dt.date) -> Evaluation:
    """Who of the acting PCN's people meets `rules` on the day `on`, in one statement."""
    row = db.session.execute(_statement(rules, on)).one()._mapping
    labels = [*EXCLUSIONS, *(rule.label for rule in rules)]
    left = [row["people"], *(row[f"left_{i}"] for i in range(len(labels)))]
    return Evaluation(
        on=on,
        people=row["people"],
        attrition=[
            {"label": label, "lost": left[i] - left[i + 1], "left": left[i + 1]}
            for i, label in enumerate(labels)
        ],
        gain={rule.label: row[f"gain_{i}"] for i, rule in enumerate(rules)},
        missing=[
            {"label": rule.label, "without": row[f"without_{i}"], "only": row[f"only_{i}"]}
            for i, rule in enumerate(rules)
            if isinstance(rule, LatestValue | Deprivation)
        ],
        count=left[-1],
        by_practice=dict(sorted(Counter(row["practices"] or []).items())),
        members=row["ids"] or [],
    )


def _statement(rules: Sequence[Rule], on: dt.date) -> Select[Any]:
    bits = _bits_of_people(rules, on)
    kept = [bits.c[f"kept_{i}"] for i in range(len(EXCLUSIONS))]
    meets = [bits.c[f"meets_{i}"] for i in range(len(rules))]
    steps = kept + meets
    everything = and_(*steps)
    columns: list[Any] = [func.count().label("people")]
    columns += [_count(and_(*steps[: i + 1])).label(f"left_{i}") for i in range(len(steps))]
    for i, bit in enumerate(meets):
        others = and_(*kept, *(meets[:i] + meets[i + 1 :]))
        missing = bits.c[f"missing_{i}"]
        columns.append(_count(and_(others, not_(bit))).label(f"gain_{i}"))
        columns.append(_count(and_(*kept, missing)).label(f"without_{i}"))
        columns.append(_count(and_(others, missing)).label(f"only_{i}"))
    for name, column in (("ids", bits.c.id), ("practices", bits.c.practice_id)):
        columns.append(func.array_agg(aggregate_order_by(column, bits.c.id)).filter(everything).label(name))
    return select(*columns).select_from(bits)


def _bits_of_people(rules: Sequence[Rule], on: dt.date) -> Subquery:
    """One row a person: the bits `kept_…` of the exclusions, and `meets_…` and `missing_…` of the rules."""
    kept = [
        not_(func.coalesce(Person.died_on <= on, false())),
        not_(func.coalesce(Person.left_on <= on, false())),
        not_(Person.type1_opt_out),
    ]
    bits = [_bit(rule, on, i) for i, rule in enumerate(rules)]
    statement = select(
        Person.id,
        Person.practice_id,
        *(bit.label(f"kept_{i}") for i, bit in enumerate(kept)),
        *(bit.meets.label(f"meets_{i}") for i, bit in enumerate(bits)),
        *(bit.missing.label(f"missing_{i}") for i, bit in enumerate(bits)),
    )
    source: Any = Person.__table__
    for bit in bits:
        if bit.join is not None:
            source = source.outerjoin(*bit.join)
    return statement.select_from(source).subquery("bits")


def _bit(rule: Rule, on: dt.date, number: int) -> _Bit:
    match rule:
        case Age():
            oldest = years_before(on, rule.end + 1)
            return _Bit(and_(Person.born <= years_before(on, rule.start), Person.born > oldest), false())
        case Deprivation():
            return _deprivation(rule, number)
        case LatestValue():
            return _latest_value(rule, on, number)
        case Condition():
            return _condition(rule, on, number)


def _deprivation(rule: Deprivation, number: int) -> _Bit:
    area = select(Index.lsoa, Index.decile).where(Index.release == rule.release).subquery(f"area_{number}")
    return _Bit(
        func.coalesce(area.c.decile.in_(rule.deciles), false()),
        area.c.decile.is_(None),
        (area, area.c.lsoa == Person.lsoa),
    )


def _latest_value(rule: LatestValue, on: dt.date, number: int) -> _Bit:
    usable = [CodedEvent.code.in_(rule.codes), CodedEvent.on <= on, CodedEvent.value.is_not(None)]
    if measure := MEASURES.get(rule.codes[0]):
        usable.append(CodedEvent.value.between(measure.lowest, measure.highest))
    latest = (
        select(CodedEvent.tenant_id, CodedEvent.person_id, CodedEvent.value)
        .where(*usable)
        .ext(distinct_on(CodedEvent.person_id))
        .order_by(CodedEvent.person_id, CodedEvent.on.desc(), CodedEvent.id.desc())
        .subquery(f"latest_{number}")
    )
    return _Bit(
        func.coalesce(latest.c.value >= (rule.at_least or 0), false()),
        latest.c.value.is_(None),
        _of_person(latest),
    )


def _condition(rule: Condition, on: dt.date, number: int) -> _Bit:
    """Nobody is "missing" a condition: what is not in the record counts as not there."""
    found = (
        select(CodedEvent.tenant_id, CodedEvent.person_id)
        .where(CodedEvent.code.in_(rule.codes), CodedEvent.on <= on)
        .distinct()
        .subquery(f"condition_{number}")
    )
    return _Bit(found.c.person_id.is_not(None), false(), _of_person(found))


def _of_person(rows: Subquery) -> tuple[Any, ColumnElement[bool]]:
    return rows, and_(rows.c.tenant_id == Person.tenant_id, rows.c.person_id == Person.id)


def years_before(day: dt.date, years: int) -> dt.date:
    """The last date of birth of somebody who is `years` old on `day`.

    Who was born on 29 February turns a year older on 1 March of a year without one.
    """
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _count(condition: ColumnElement[bool]) -> Any:
    return func.count().filter(condition)


__all__ = ["Evaluation", "evaluate", "years_before"]
