"""Small numbers: what is hidden, what is rounded, and what else must be hidden with it.

A count that could point at a person is shown only to those who may see people. Hidden is not zero, and is
never shown as zero. Where one cell of a table is hidden, a second one is hidden too, because otherwise the
total would give the first away.
Source: NHS England, disclosure control for HES and ECDS since September 2018 (domain.md 4.4).
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Cell = TypeVar("Cell", bound=Hashable)

HIDDEN = "hidden"


@dataclass(frozen=True)
class Shown(Generic[Cell]):
    """A table as it may be shown; None stands for hidden."""

    cells: dict[Cell, int | None]
    total: int | None

    @property
    def any_hidden(self) -> bool:
        """Whether something is hidden, and the page has to say so."""
        return self.total is None or None in self.cells.values()


@dataclass(frozen=True)
class Policy:
    """Counts from `lowest` to `highest` are hidden; others are rounded to the nearest `round_to` (1: exact).

    `secondary` hides a further cell where one that is hidden could be worked out from the total.
    """

    lowest: int = 1
    highest: int = 7
    round_to: int = 1
    secondary: bool = True

    def hides(self, count: int) -> bool:
        """Whether `count` is hidden for its own size. Zero is not."""
        return self.lowest <= count <= self.highest

    def shown(self, count: int) -> int | None:
        """A count that stands on its own as it may be shown; None where it is hidden."""
        return None if self.hides(count) else self._rounded(count)

    def table(self, counts: Mapping[Cell, int]) -> Shown[Cell]:
        """Counts that add up to a total, and the total, as they may be shown together."""
        hidden = {cell for cell, count in counts.items() if self.hides(count)}
        total = sum(counts.values())
        if self.secondary:
            hidden = self._with_complement(counts, hidden)
        given_away = self.secondary and self._gives_away(counts, hidden)
        return Shown(
            {cell: None if cell in hidden else self._rounded(count) for cell, count in counts.items()},
            None if given_away else self.shown(total),
        )

    def _with_complement(self, counts: Mapping[Cell, int], hidden: set[Cell]) -> set[Cell]:
        """`hidden` with the smallest further cells, until what is hidden cannot be worked out."""
        others = sorted(
            (cell for cell in counts if counts[cell] and cell not in hidden), key=counts.__getitem__
        )
        while others and self._gives_away(counts, hidden):
            hidden = hidden | {others.pop(0)}
        return hidden

    def _gives_away(self, counts: Mapping[Cell, int], hidden: set[Cell]) -> bool:
        """Whether the sum of the hidden cells says what is in them: one cell, or all at their extreme."""
        together = sum(counts[cell] for cell in hidden)
        ends = (self.lowest * len(hidden), self.highest * len(hidden))
        return bool(hidden) and (len(hidden) == 1 or together in ends)

    def _rounded(self, count: int) -> int:
        """To the nearest `round_to`, halves upwards."""
        return (count + self.round_to // 2) // self.round_to * self.round_to


INSIDE = Policy()  # for a PCN's own staff who may not see people: hidden, not rounded
OUTSIDE = Policy(round_to=5)  # for whatever leaves the PCN: an ICB's figures, learning pages


def words(count: int | None) -> str:
    """A count from a policy as it is written: "1,234", or "hidden"."""
    return HIDDEN if count is None else f"{count:,}"
