"""The funnel: how many have come to each point, how many were lost between, and where people are now."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Subquery, func, select

from app.programmes.models import Milestone, Participant, Programme
from app.programmes.rules import PRECEDENCE, SPINE
from tenants.db import db

NOBODY = [0] * (2 * len(SPINE) - 1)


@dataclass(frozen=True)
class Stage:
    """One point of the spine: `count` have come to it, `lost` have come to the one before and not to it."""

    name: str
    kind: str
    count: int
    lost: int


def funnel_of(programme_id: int) -> list[Stage]:
    """The funnel of one programme, from "identified" to "referral accepted", as its rows say now."""
    return funnels_of([programme_id])[programme_id]


def funnels_of(programme_ids: Collection[int]) -> dict[int, list[Stage]]:
    """The funnel of each of the programmes, counted in one statement."""
    counted = _counted(Participant.programme_id.in_(programme_ids))
    found = {row.programme_id: _stages(list(row[1:])) for row in db.session.execute(select(counted))}
    return {programme_id: found.get(programme_id) or _stages(NOBODY) for programme_id in programme_ids}


def with_funnels(states: Collection[str]) -> list[tuple[Programme, list[Stage]]]:
    """Each of the acting PCN's programmes in one of `states` with its funnel, by name, in one statement."""
    wanted = select(Programme.id).where(Programme.state.in_(states))
    counted = _counted(Participant.programme_id.in_(wanted))
    statement = (
        select(Programme, counted)
        .outerjoin(counted, counted.c.programme_id == Programme.id)
        .where(Programme.state.in_(states))
        .order_by(Programme.name)
    )
    return [
        (row[0], _stages(list(row[2:]) if row[1] is not None else NOBODY))
        for row in db.session.execute(statement)
    ]


def _counted(which: ColumnElement[bool]) -> Subquery:
    """For each programme: its id, how many have come to each point, how many were lost before each."""
    reached = (
        select(
            Participant.programme_id,
            *(func.bool_or(Milestone.kind == kind).label(f"at_{i}") for i, kind in enumerate(SPINE)),
        )
        .join(
            Milestone,
            (Milestone.tenant_id == Participant.tenant_id) & (Milestone.participant_id == Participant.id),
        )
        .where(which, Milestone.withdrawn_at.is_(None))
        .group_by(Participant.programme_id, Participant.id)
        .subquery("reached")
    )
    at = [reached.c[f"at_{i}"] for i in range(len(SPINE))]
    counts: list[Any] = [func.count().filter(here).label(f"count_{i}") for i, here in enumerate(at)]
    lost: list[Any] = [
        func.count().filter(before & ~here).label(f"lost_{i}")
        for i, (before, here) in enumerate(pairwise(at))
    ]
    return select(reached.c.programme_id, *counts, *lost).group_by(reached.c.programme_id).subquery("counted")


def _stages(numbers: list[int]) -> list[Stage]:
    counts, lost = numbers[: len(SPINE)], [0, *numbers[len(SPINE) :]]
    return [
        Stage(kind.capitalize(), kind, count, gone)
        for kind, count, gone in zip(SPINE, counts, lost, strict=True)
    ]


def places_of(programme_id: int) -> dict[str, int]:
    """Each status that somebody of the programme has, and how many have it; sums to the cohort.

    In the order from the beginning of the way to its end, the ways out last.
    """
    rows = db.session.execute(
        select(Participant.status, func.count())
        .where(Participant.programme_id == programme_id)
        .group_by(Participant.status)
    ).all()
    found = {status: count for status, count in rows}
    return {status: found[status] for status in reversed(PRECEDENCE) if status in found}
