"""What somebody who can add and subtract may work out from numbers, some of which are hidden.

Numbers on a page hang together: steps add up to what was lost, practices to the cohort. `bounds` narrows what
each can be until nothing narrows any more, as a patient reader would with pencil and paper.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

Cell = TypeVar("Cell", bound=Hashable)

MANY = 10**9  # more than there can be of anybody


class Range(NamedTuple):
    """The lowest and the highest that a number can be, both included."""

    low: int
    high: int

    def within(self, low: int, high: int) -> "Range":
        """What is left of the range between `low` and `high`."""
        return Range(max(self.low, low), min(self.high, high))

    @property
    def size(self) -> int:
        """How many whole numbers are in it."""
        return max(0, self.high - self.low + 1)


@dataclass(frozen=True)
class Sum(Generic[Cell]):
    """That `whole` is the sum of `parts`, and whether one of these may be hidden `alone`."""

    whole: Cell
    parts: tuple[Cell, ...]
    alone: bool = False

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All that hang together in it."""
        return (self.whole, *self.parts)


def bounds(known: Mapping[Cell, Range], sums: Iterable[Sum[Cell]]) -> dict[Cell, Range]:
    """`known` narrowed by every sum, again and again, until nothing changes, or nothing can be."""
    found, listed = dict(known), list(sums)
    moving = True
    while moving and all(one.size for one in found.values()):
        moving = any([_narrow(found, one) for one in listed])
    return found


def _narrow(found: dict[Cell, Range], one: Sum[Cell]) -> bool:
    """Narrow each number of one sum by the others; whether any became narrower."""
    low, high = sum(found[part].low for part in one.parts), sum(found[part].high for part in one.parts)
    changed = _set(found, one.whole, low, high)
    whole = found[one.whole]
    for part in one.parts:
        own = found[part]
        changed |= _set(found, part, whole.low - (high - own.high), whole.high - (low - own.low))
        low, high = low + found[part].low - own.low, high + found[part].high - own.high
    return changed


def _set(found: dict[Cell, Range], cell: Cell, low: int, high: int) -> bool:
    before = found[cell]
    found[cell] = before.within(low, high)
    return found[cell] != before
