"""What a definition gives on a day, in one set-based statement over the linked record.

Every person of the PCN comes out as one number (`outcomes.py`), made of what each exclusion and each rule
says of them (`truths.py`) by what is known of them (`facts.py`). The database counts the people of each
number and lists the members; attrition, gain and missing values follow from these counts. Nothing is loaded
person by person. Records that were merged into another are not people.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Select, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.cohorts.came_out import Weight, counted, people_and_numbers, sizes_of
from app.cohorts.dimensions import Equity, Part, equity
from app.cohorts.facts import years_before
from app.cohorts.not_here import not_here
from app.cohorts.outcomes import (
    FAILS,
    MISSING,
    Counts,
    attrition,
    counts_of,
    number_of_members,
    outcome_of,
)  # fmt: skip
from app.cohorts.truths import can_be_missing
from app.library.cohort_rules import EXCLUSIONS
from app.library.definitions import Definition, Node
from tenants.db import Json, db


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


def evaluate(
    definition: Definition | Sequence[Node], on: dt.date, *, weight: Weight | None = None
) -> Evaluation:
    """Who of the acting PCN's people meets `definition` on the day `on`, in one statement.

    With `weight`, every count is the sum of what it gives for each person's id, and nobody is listed.
    Raises BadRule where it names a list of codes that there is not.
    """
    definition = _whole(definition)
    rows = db.session.execute(_statement(definition, on, weight)).all()
    exclusions, steps = sizes_of(definition)
    counts = counts_of(((outcome_of(row[0], exclusions, steps), row[1]) for row in rows), exclusions, steps)
    member_number = number_of_members(exclusions, steps)
    practices, members = next((row[2:] for row in rows if row[0] == member_number), ([], []))
    labels = [*EXCLUSIONS, *definition.leave_out_labels, *definition.labels]
    return Evaluation(
        on=on,
        people=counts.people,
        attrition=attrition(counts, labels, exclusions),
        gain=dict(zip(definition.labels, counts.gain, strict=True)),
        missing=_missing(definition, counts),
        count=counts.members,
        by_practice=_by_practice(practices, members if weight else None),
        members=[] if weight else sorted(members),
        exclusions=_exclusions(labels[:exclusions], counts),
    )


def _by_practice(practices: Sequence[int], weights: Sequence[int] | None) -> dict[int, int]:
    counts: Counter[int] = Counter()
    for practice, one in zip(practices, weights or [1] * len(practices), strict=True):
        counts[practice] += one
    return dict(sorted(counts.items()))


def explain(definition: Definition, on: dt.date, people: Collection[int]) -> dict[int, Why]:
    """For each of `people` (ids) that is on the lists, why they are not in the cohort, in one statement."""
    bits = people_and_numbers(definition, on)
    wanted = bits.c.id == func.any(cast(sorted(people), ARRAY(BigInteger)))
    rows = db.session.execute(select(bits.c.id, bits.c.number).where(wanted))
    return {person: _why(definition, number) for person, number in rows}


def _why(definition: Definition, number: int) -> Why:
    outcome = outcome_of(number, *sizes_of(definition))
    labels = zip([*EXCLUSIONS, *definition.leave_out_labels], outcome.excluded, strict=True)
    steps = list(zip(definition.labels, outcome.steps, strict=True))
    return Why(
        [label for label, holds in labels if holds],
        [label for label, step in steps if step == FAILS],
        [label for label, step in steps if step == MISSING],
    )


def _statement(definition: Definition, on: dt.date, weight: Weight | None) -> Select[Any]:
    """Each number with its count; with that of the members, their practices, and their ids or weights."""
    bits = people_and_numbers(definition, on)
    members = bits.c.number == number_of_members(*sizes_of(definition))
    columns = (bits.c.practice_id, weight(bits.c.id) if weight else bits.c.id)
    # Not in order: that would sort everybody. The two lists are in the same one.
    listed = (func.array_agg(one).filter(members) for one in columns)
    return select(bits.c.number, counted(bits, weight), *listed).group_by(bits.c.number)


def _whole(definition: Definition | Sequence[Node]) -> Definition:
    return definition if isinstance(definition, Definition) else Definition(tuple(definition))


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


__all__ = ["Equity", "Evaluation", "Part", "Why", "equity", "evaluate", "explain", "not_here", "years_before"]
