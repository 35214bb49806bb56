"""Who is in a cohort and who is not, against the PCN: by deprivation, ethnicity, age, sex and practice."""

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, String, Subquery, case, cast, func, select, tuple_

from app.cohorts.came_out import Weight, counted, people_and_numbers, sizes_of
from app.cohorts.facts import Facts, years_before
from app.cohorts.outcomes import number_of_members
from app.cohorts.truths import ethnic_letter, sex_recorded
from app.library.cohort_rules import Deprivation
from app.library.definitions import Definition
from app.library.person_rules import ETHNIC_GROUPS, ETHNICITIES, NOT_KNOWN, NOT_STATED, RELEASES, SEXES
from tenants.db import db

FIFTHS = ("1", "2", "3", "4", "5", NOT_KNOWN)
# The youngest age of each band but the first, and how the bands are called.
BANDS = (18, 30, 40, 50, 60, 70, 80)
AGES = (
    "0 to 17",
    *(f"{start} to {end - 1}" for start, end in pairwise(BANDS)),
    "80 and over",
)
GROUPS: dict[str, tuple[str, ...]] = {
    "deprivation fifth": FIFTHS,
    "ethnic group": ETHNICITIES,
    "age": AGES,
    "sex": SEXES,
}
EXCLUDED, KEPT, MEMBER = 0, 1, 2


@dataclass(frozen=True)
class Part:
    """A group of people: of everybody on the lists, of those whom no exclusion leaves out, of the cohort."""

    name: str
    people: int
    kept: int
    members: int


@dataclass(frozen=True)
class Equity:
    """The groups of each dimension, all of them; deprivation by that release of the indices.

    The dimensions are those of GROUPS, and `practice`, whose groups are called by the id of the practice.
    """

    release: int
    dimensions: dict[str, list[Part]]


def equity(definition: Definition, on: dt.date, *, weight: Weight | None = None) -> Equity:
    """How the definition takes in the groups of the PCN on the day `on`, in one statement.

    The release is that by which the definition chooses, else the latest. `weight` as in `evaluate`.
    """
    releases = [rule.release for rule in definition.every_rule if isinstance(rule, Deprivation)]
    release = releases[0] if releases else RELEASES[-1]
    counts: dict[tuple[str, str, int], int] = {}
    for dimension, group, state, people in _rows(definition, on, release, weight):
        counts[dimension, group, state] = people
    practices = sorted({int(group) for dimension, group, _ in counts if dimension == "practice"})
    groups = GROUPS | {"practice": tuple(map(str, practices))}
    return Equity(
        release, {name: [_part(counts, name, group) for group in listed] for name, listed in groups.items()}
    )


def _part(counts: dict[tuple[str, str, int], int], dimension: str, group: str) -> Part:
    excluded, kept, members = (counts.get((dimension, group, state), 0) for state in (EXCLUDED, KEPT, MEMBER))
    return Part(group, excluded + kept + members, kept + members, members)


def _rows(definition: Definition, on: dt.date, release: int, weight: Weight | None) -> list[Any]:
    """Each dimension and group with a state and how many people it has."""
    bits = people_and_numbers(definition, on, lambda facts: _columns(facts, release))
    state = _state(bits, definition)
    dimensions = [*GROUPS, "practice"]
    columns: list[Any] = [bits.c[name] for name in GROUPS] + [cast(bits.c.practice_id, String)]
    sets = func.grouping_sets(*(tuple_(state, column) for column in columns))
    # Which dimension a row is of: the one column that it is not grouped over.
    named = zip(columns, dimensions, strict=True)
    which = case(*((func.grouping(column) == 0, name) for column, name in named))
    rows = select(which, func.coalesce(*columns), state, counted(bits, weight)).group_by(sets)
    return list(db.session.execute(rows))


def _state(bits: Subquery, definition: Definition) -> ColumnElement[int]:
    exclusions, steps = sizes_of(definition)
    excluded = bits.c.number.op("&")((1 << exclusions) - 1) > 0
    member = bits.c.number == number_of_members(exclusions, steps)
    return case((excluded, EXCLUDED), (member, MEMBER), else_=KEPT)


def _columns(facts: Facts, release: int) -> list[ColumnElement[Any]]:
    fifth = cast((facts.decile(release) + 1) // 2, String)
    columns = {
        "deprivation fifth": func.coalesce(fifth, NOT_KNOWN),
        "ethnic group": _ethnic_group(facts),
        "age": _age_band(facts),
        "sex": sex_recorded(facts),
    }
    return [column.label(name) for name, column in columns.items()]


def _ethnic_group(facts: Facts) -> ColumnElement[str]:
    letter = ethnic_letter(facts)
    groups = [(letter.in_(list(letters)), group) for group, letters in ETHNIC_GROUPS.items()]
    return case(*groups, (letter == "Z", NOT_STATED), else_=NOT_KNOWN)


def _age_band(facts: Facts) -> ColumnElement[str]:
    younger = [
        (facts.person.born > years_before(facts.on, start), name)
        for start, name in zip(BANDS, AGES, strict=False)
    ]
    return case(*younger, else_=AGES[-1])
