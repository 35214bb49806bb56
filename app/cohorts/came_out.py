"""How each person comes out of a definition: one row a person, one number that says it all.

What the number means stands in `outcomes.py`; what each rule says of somebody, in `truths.py`.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Subquery, case, cast, func, select

from app.cohorts.facts import Facts
from app.cohorts.outcomes import FAILS, MEETS, MISSING, weight_of_exclusion, weight_of_step
from app.cohorts.truths import can_be_missing, excluded_from, truth_of
from app.library.cohort_rules import EXCLUSIONS
from app.library.definitions import Definition

More = Callable[[Facts], Sequence[ColumnElement[Any]]]
# What a person adds to a count, by the column of their ids, where it is not one.
Weight = Callable[[ColumnElement[int]], ColumnElement[int]]


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


def counted(bits: Subquery, weight: Weight | None) -> ColumnElement[int]:
    """How many people of `bits`; with `weight`, what they weigh together."""
    return func.count() if weight is None else cast(func.sum(weight(bits.c.id)), BigInteger)


def sizes_of(definition: Definition) -> tuple[int, int]:
    """How many exclusions and how many steps the definition has."""
    return len(EXCLUSIONS) + len(definition.leave_out), len(definition.rules)


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
