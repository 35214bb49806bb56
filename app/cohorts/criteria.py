"""What a definition gives on a day, in one set-based statement over the linked record.

Every person of the PCN comes out as one number (`outcomes.py`), made of what each exclusion and each rule
says of them (`truths.py`) by what is known of them (`facts.py`). The database counts the people of each
number and lists the members; attrition, gain and missing values follow from these counts. Nothing is loaded
person by person. Records that were merged into another are not people.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, case, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from app.cohorts.facts import Facts, years_before
from app.cohorts.outcomes import (
    FAILS,
    MEETS,
    MISSING,
    Counts,
    attrition,
    counts_of,
    number_of_members,
    outcome_of,
    weight_of_exclusion,
    weight_of_step,
)  # fmt: skip
from app.cohorts.truths import can_be_missing, excluded_from, truth_of
from app.library.cohort_rules import EXCLUSIONS
from app.library.definitions import Definition, Node
from tenants.db import Json, db

More = Callable[[Facts], Sequence[ColumnElement[Any]]]


@dataclass(frozen=True)
class Evaluation:
    """What a definition gives on a day.

    `attrition` holds `label`, `lost`, `left` and `step` ("leave out" or "keep") for each step in order.
    `gain` says how many more there would be if one rule alone were dropped. `missing`, for rules that need a
    value: of how many of those not excluded it cannot be told (`without`), and how many of these meet every
    other rule (`only`). `exclusions`: whom each loses in turn (`lost`), of whom it holds (`in_all`) and,
    where it is the programme's own, how many more there would be without it (`gain`). `by_practice` counts
    the members of each practice that has any; `members` are their ids (empty once it is history).
    """

    on: dt.date
    people: int
    attrition: list[Json]
    gain: dict[str, int]
    missing: list[Json]
    count: int
    by_practice: dict[int, int]
    members: list[int]
    exclusions: list[Json] = field(default_factory=list)


@dataclass(frozen=True)
class Why:
    """Why somebody is not in a cohort, in the labels of its steps: all three empty for a member."""

    excluded: list[str]
    fails: list[str]
    missing: list[str]


def evaluate(definition: Definition | Sequence[Node], on: dt.date) -> Evaluation:
    """Who of the acting PCN's people meets `definition` on the day `on`, in one statement.

    Raises BadRule where it names a list of codes that there is not.
    """
    definition = _whole(definition)
    rows = db.session.execute(_statement(definition, on)).all()
    exclusions, steps = _sizes(definition)
    counts = counts_of(((outcome_of(row[0], exclusions, steps), row[1]) for row in rows), exclusions, steps)
    member_number = number_of_members(exclusions, steps)
    members, practices = next(((row[2], row[3]) for row in rows if row[0] == member_number), ([], []))
    labels = [*EXCLUSIONS, *definition.leave_out_labels, *definition.labels]
    return Evaluation(
        on=on,
        people=counts.people,
        attrition=attrition(counts, labels, exclusions),
        gain=dict(zip(definition.labels, counts.gain, strict=True)),
        missing=_missing(definition, counts),
        count=counts.members,
        by_practice=dict(sorted(Counter(practices).items())),
        members=list(members),
        exclusions=_exclusions(labels[:exclusions], counts),
    )


def explain(definition: Definition, on: dt.date, people: Collection[int]) -> dict[int, Why]:
    """For each of `people` (ids) that is on the lists, why they are not in the cohort, in one statement."""
    bits = people_and_numbers(definition, on)
    wanted = bits.c.id == func.any(cast(sorted(people), ARRAY(BigInteger)))
    rows = db.session.execute(select(bits.c.id, bits.c.number).where(wanted))
    return {person: _why(definition, number) for person, number in rows}


def _why(definition: Definition, number: int) -> Why:
    outcome = outcome_of(number, *_sizes(definition))
    labels = zip([*EXCLUSIONS, *definition.leave_out_labels], outcome.excluded, strict=True)
    steps = list(zip(definition.labels, outcome.steps, strict=True))
    return Why(
        [label for label, holds in labels if holds],
        [label for label, step in steps if step == FAILS],
        [label for label, step in steps if step == MISSING],
    )


def people_and_numbers(definition: Definition, on: dt.date, more: More | None = None) -> Subquery:
    """One row a person of the PCN: `id`, `practice_id`, the `number` they came out with, and `more`."""
    facts = Facts(on)
    number, person = _number(definition, facts), facts.person
    columns = more(facts) if more else []
    # CASE keeps the planner from making left joins of the full ones (see Facts.joined), and OFFSET 0 from
    # reckoning with every combination of the columns that the number is made of.
    return (
        select(person.id, person.practice_id, number.label("number"), *columns)
        .select_from(facts.joined)
        .where(case((person.id.is_not(None), True), else_=False))
        .offset(0)
        .subquery("came_out")
    )


def _statement(definition: Definition, on: dt.date) -> Select[Any]:
    bits = people_and_numbers(definition, on)
    members = bits.c.number == number_of_members(*_sizes(definition))
    listed = (
        func.array_agg(aggregate_order_by(column, bits.c.id)).filter(members)
        for column in (bits.c.id, bits.c.practice_id)
    )
    return select(bits.c.number, func.count(), *listed).group_by(bits.c.number)


def _number(definition: Definition, facts: Facts) -> ColumnElement[int]:
    own = (truth_of(node, facts) for node in definition.leave_out)
    left_out = [*excluded_from(facts), *own]
    parts = [case((truth, _big(weight_of_exclusion(i))), else_=_big(0)) for i, truth in enumerate(left_out)]
    for i, node in enumerate(definition.rules):
        truth, weight = truth_of(node, facts), weight_of_step(i, len(left_out))
        met = (truth, _big(MEETS * weight))
        missing = [(truth.is_(None), _big(MISSING * weight))] if can_be_missing(node) else []
        parts.append(case(met, *missing, else_=_big(FAILS)))
    return sum(parts[1:], parts[0])


def _big(number: int) -> ColumnElement[int]:
    return cast(number, BigInteger)


def _whole(definition: Definition | Sequence[Node]) -> Definition:
    return definition if isinstance(definition, Definition) else Definition(tuple(definition))


def _sizes(definition: Definition) -> tuple[int, int]:
    return len(EXCLUSIONS) + len(definition.leave_out), len(definition.rules)


def _missing(definition: Definition, counts: Counts) -> list[Json]:
    return [
        {"label": label, "without": counts.without[i], "only": counts.only[i]}
        for i, (label, node) in enumerate(zip(definition.labels, definition.rules, strict=True))
        if can_be_missing(node)
    ]


def _exclusions(labels: list[str], counts: Counts) -> list[Json]:
    return [
        {
            "label": label,
            "lost": counts.lost[i],
            "in_all": counts.in_all[i],
            "gain": counts.only_left_out[i] if i >= len(EXCLUSIONS) else None,
            "own": i >= len(EXCLUSIONS),
        }
        for i, label in enumerate(labels)
    ]


__all__ = ["Evaluation", "Why", "evaluate", "explain", "people_and_numbers", "years_before"]
