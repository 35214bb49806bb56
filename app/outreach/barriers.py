"""What stands in people's way, as they said it on calls: by deprivation and ethnicity, and what to change.

Planners are counted from the blurred copy, with small numbers hidden (docs/decisions/0009-small-numbers.md).
No shares: each table gives how many people were spoken to beside how many said it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import or_, select

from app.cohorts import blur
from app.cohorts.equity import FIFTHS as NAMES
from app.cohorts.showing import Count, as_shown, sees_exactly
from app.disclosure import Sum
from app.library.person_rules import ETHNIC_GROUPS, ETHNICITIES, NOT_KNOWN, NOT_STATED, RELEASES
from app.outreach.call_models import Call, CallAttempt
from app.people.models import Deprivation, Person
from app.suppression import INSIDE
from tenants.db import db

SPOKEN_TO = "People spoken to"
ALL = "all"
FIFTHS = ("1", "2", "3", "4", "5", NOT_KNOWN)
DIMENSIONS: dict[str, tuple[str, ...]] = {"deprivation fifth": FIFTHS, "ethnic group": ETHNICITIES}
RELEASE = RELEASES[-1]

# Barrier → what a PCN can change, and where: a page of this programme, or the library.
# Source: the list of barriers is domain.md 5.5; the ideas are ours, for the team to judge.
CHANGES: dict[str, tuple[str, str]] = {
    "time not convenient or festive": ("Ring and write at other times, and leave out festive weeks", "steps"),
    "work": ("Ring early or in the evening for those who ask, and offer weekend sessions", "steps"),
    "childcare": ("Ring in school hours, and offer activities to which children can come", "menu"),
    "caring": ("Offer what can be done at home or for an hour, and a break for carers", "menu"),
    "transport": ("Offer something within walking distance, or help with the fare", "menu"),
    "cost": ("Say in the letter and the script what is free, and leave out what is not", "script"),
    "language": ("Write the message in that language and book an interpreter for the calls", "script"),
    "digital": ("Offer every answer by phone and by post too, and help with getting online", "script"),
    "mistrust": ("Have somebody from their own community ring, and say who has their data and why", "script"),
    "not relevant": ("Say in one sentence why they were chosen and what is in it for them", "script"),
    "feels well": ("Say that it is about staying well, not about being ill", "script"),
    "previous bad experience": (
        "Say sorry, ask what went wrong, and offer to talk to somebody else",
        "script",
    ),
    "health too poor": (
        "Offer a home visit or a short talk; ask the practice what is possible",
        "menu",
    ),
    "mental health": ("Offer a named person and a first talk without any plan", "menu"),
    "fear or stigma": ("Take weight and illness out of the wording; offer a private place", "script"),
    "faith period": ("Put a quiet time around it, and ask the community when to come back", "steps"),
    "venue": ("Offer another place, nearer and one that people know", "menu"),
    "other": ("Read the notes of these calls together, and look for what they share", "script"),
}

Cell = tuple[str, str, str]  # what was said, dimension, group


class Said(NamedTuple):
    """One person and one barrier that they named (None: they were spoken to)."""

    person_id: int
    barrier: str | None
    groups: Mapping[str, str]
    weight: int


@dataclass(frozen=True)
class Row:
    """What was said, by how many people in all, and of each group."""

    name: str
    people: Count
    groups: list[Count]


@dataclass(frozen=True)
class Breakdown:
    """The rows of one dimension, whose groups head the columns: who was spoken to, then what they said."""

    caption: str
    groups: list[str]
    rows: list[Row]


@dataclass(frozen=True)
class Heard:
    """All that was heard in a programme, as the person here may see it."""

    tables: list[Breakdown]
    barriers: list[str]
    hidden: bool


def heard_in(programme_id: int) -> Heard:
    """The barriers that people of a programme named, the most heard first, by group; in one statement."""
    shown = _as_shown(_weights(_said(programme_id)))
    named = {name for name, _, _ in shown} - {SPOKEN_TO}
    barriers = sorted(named, key=lambda name: (-(shown[name, ALL, ALL].value or 0), name))
    tables = [_table(dimension, groups, barriers, shown) for dimension, groups in DIMENSIONS.items()]
    return Heard(tables if shown else [], barriers, any(count.hidden for count in shown.values()))


def _table(
    dimension: str, groups: Iterable[str], barriers: list[str], shown: Mapping[Cell, Count]
) -> Breakdown:
    used = [one for one in groups if shown.get((SPOKEN_TO, dimension, one), Count(0))]
    rows = [
        Row(name, shown[name, ALL, ALL], [shown[name, dimension, group] for group in used])
        for name in (SPOKEN_TO, *barriers)
        if (name, ALL, ALL) in shown
    ]
    return Breakdown(f"By {dimension}", [NAMES.get(one, one) for one in used], rows)


def _said(programme_id: int) -> list[Said]:
    statement = (
        select(
            Person.id,
            CallAttempt.barrier,
            Deprivation.decile,
            Person.ethnicity,
            blur.weight(Person.__table__.c.id),
        )
        .select_from(CallAttempt)
        .join(Call, (Call.tenant_id == CallAttempt.tenant_id) & (Call.id == CallAttempt.call_id))
        .join(Person, (Person.tenant_id == Call.tenant_id) & (Person.id == Call.person_id))
        .outerjoin(Deprivation, (Deprivation.lsoa == Person.lsoa) & (Deprivation.release == RELEASE))
        .where(Call.programme_id == programme_id)
        .where(or_(CallAttempt.outcome.startswith("spoke"), CallAttempt.barrier.is_not(None)))
        .distinct()
    )
    return [
        Said(person_id, barrier, _groups(decile, ethnicity), adds)
        for person_id, barrier, decile, ethnicity, adds in db.session.execute(statement)
    ]


def _groups(decile: int | None, ethnicity: str) -> dict[str, str]:
    fifth = str((decile + 1) // 2) if decile else NOT_KNOWN
    return {"deprivation fifth": fifth, "ethnic group": ethnic_group(ethnicity)}


def ethnic_group(code: str) -> str:
    """The group of a 16+1 category; the first character is the national code, a word is no code.

    >>> ethnic_group("H"), ethnic_group("Z"), ethnic_group("Indian")
    ('Asian', 'Not stated', 'Not known')
    """
    letter = code[:1].upper() if len(code) <= 2 else ""
    known = (name for name, letters in ETHNIC_GROUPS.items() if letter and letter in letters)
    return next(known, NOT_STATED if letter == "Z" else NOT_KNOWN)


def _weights(said: list[Said]) -> dict[Cell, int]:
    """The sum of weights of each cell; every group of a row that there is, also where it is nobody's."""
    people: dict[str, dict[int, Said]] = {}
    for one in said:
        for name in (SPOKEN_TO, one.barrier):
            if name is not None:
                people.setdefault(name, {})[one.person_id] = one
    cells: dict[Cell, int] = {}
    for name, those in people.items():
        cells[name, ALL, ALL] = sum(one.weight for one in those.values())
        for dimension, groups in DIMENSIONS.items():
            cells |= {(name, dimension, group): 0 for group in groups}
            for one in those.values():
                cells[name, dimension, one.groups[dimension]] += one.weight
    return cells


def _as_shown(cells: Mapping[Cell, int]) -> dict[Cell, Count]:
    """Exact for the care team; for planners each row with its sums is made safe by itself."""
    counts = {cell: blur.counted(total) for cell, total in cells.items()}
    if sees_exactly():
        return {cell: Count(count.exact) for cell, count in counts.items()}
    shown: dict[Cell, Count] = {}
    for name in {name for name, _, _ in cells}:
        own = {cell: count for cell, count in counts.items() if cell[0] == name}
        sums = [
            Sum((name, ALL, ALL), tuple((name, dimension, group) for group in groups))
            for dimension, groups in DIMENSIONS.items()
        ]
        small = {cell for cell, count in own.items() if INSIDE.hides(count.exact)}
        values = INSIDE.protected({cell: count.blurred for cell, count in own.items()}, sums, small=small)
        shown |= {cell: as_shown(value) for cell, value in values.items()}
    return shown
