"""Counts by practice as the person here may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.here import can
from app.permissions import P
from app.suppression import INSIDE
from tenants.models import Practice


@dataclass(frozen=True)
class Part:
    """A practice and how many of its people are counted; None where that is hidden."""

    practice: Practice
    count: int | None


@dataclass(frozen=True)
class ByPractice:
    """The practices in order, and whether something is hidden."""

    parts: list[Part]
    hidden: bool

    def of(self, practice_id: int) -> int | None:
        """The count of one practice as it is shown."""
        return next((part.count for part in self.parts if part.practice.id == practice_id), 0)


def shown_by_practice(
    practices: Sequence[Practice], counts: Mapping[int, int], own: frozenset[int]
) -> ByPractice:
    """`counts` of `practices` with small numbers hidden from those who may not see people.

    A practice's own count is never hidden from its releaser: the practice is the controller.
    """
    if can(P.SEE_PEOPLE):
        return ByPractice([Part(one, counts.get(one.id, 0)) for one in practices], hidden=False)
    table = INSIDE.table({one.id: counts.get(one.id, 0) for one in practices if one.id not in own})
    parts = [Part(one, counts.get(one.id, 0) if one.id in own else table.cells[one.id]) for one in practices]
    return ByPractice(parts, hidden=any(part.count is None for part in parts))
