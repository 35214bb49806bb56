"""Small numbers: what is hidden, what is rounded, and what else must be hidden with it.

A count that could point at a person is shown only to those who may see people. Hidden is not zero, and is
never shown as zero. Where a hidden count could be worked out from what is shown, or nearly, more is hidden.
Source: NHS England, disclosure control for HES and ECDS since September 2018 (domain.md 4.4). Why it is done
in this way, and against whom: docs/decisions/0009-small-numbers.md.
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.disclosure import MANY, Range, Sum, bounds

Cell = TypeVar("Cell", bound=Hashable)

HIDDEN = "hidden"


@dataclass(frozen=True)
class Shown(Generic[Cell]):
    """A table as it may be shown; None stands for hidden."""

    cells: dict[Cell, int | None]
    total: int | None


@dataclass(frozen=True)
class Policy:
    """Counts from `lowest` to `highest` are hidden; others are rounded to the nearest `round_to`.

    `secondary` hides further counts where a hidden one could be worked out: adding and subtracting what is
    shown must leave at least `open_values` possible values for each.
    """

    lowest: int = 1
    highest: int = 7
    round_to: int = 5
    secondary: bool = True
    open_values: int = 3

    def hides(self, count: int) -> bool:
        """Whether `count` is hidden for its own size. Zero is not."""
        return self.lowest <= count <= self.highest

    def shown(self, count: int) -> int | None:
        """A count that stands on its own as it may be shown; None where it is hidden."""
        return None if self.hides(count) else self.rounded(count)

    def table(self, counts: Mapping[Cell, int]) -> Shown[Cell]:
        """Counts that add up to a total, and the total, as they may be shown together."""
        total: Hashable = object()
        together: dict[Hashable, int] = {cell: count for cell, count in counts.items()}
        together[total] = sum(counts.values())
        found = self.protected(together, [Sum(total, tuple(counts))], keep=[total])
        return Shown({cell: found[cell] for cell in counts}, found[total])

    def parts_of_told(self, counts: Mapping[Cell, int]) -> Shown[Cell]:
        """Counts as they may be shown together where another page tells exactly what they add up to.

        The total is rounded here like any other.
        """
        total: Hashable = object()
        together: dict[Hashable, int] = {cell: count for cell, count in counts.items()}
        together[total] = sum(counts.values())
        found = self.protected(together, [Sum(total, tuple(counts))], told=[total])
        return Shown({cell: found[cell] for cell in counts}, self.shown(together[total]))

    def protected(
        self,
        counts: Mapping[Cell, int],
        sums: Collection[Sum[Cell]],
        *,
        keep: Collection[Cell] = (),
        small: Collection[Cell] = (),
        told: Collection[Cell] = (),
        elsewhere: Collection[Cell] = (),
    ) -> dict[Cell, int | None]:
        """Counts that hang together by `sums`, as they may be shown together; None stands for hidden.

        `small` are hidden whatever is counted. `keep` are hidden only for their own size, or when nothing but
        zeros is left to hide. `told` are exact and never hidden: the reader's own. Of `elsewhere` it is taken
        that they are known exactly, because other tables narrow them too, unless they are small.
        """
        guarded = frozenset(
            cell
            for cell, count in counts.items()
            if cell not in told and (self.hides(count) or cell in small)
        )
        known = frozenset(told) | (frozenset(elsewhere) - guarded)
        page = _Page(self, counts, sums, guarded, frozenset(keep), known)
        hidden = page.all_hidden() if self.secondary else guarded
        return {
            cell: None if cell in hidden else count if cell in told else self.rounded(count)
            for cell, count in counts.items()
        }

    def rounded(self, count: int) -> int:
        """To the nearest `round_to`, halves upwards."""
        return (count + self.round_to // 2) // self.round_to * self.round_to


@dataclass(frozen=True)
class _Page(Generic[Cell]):
    """Counts that are shown together, and what of them is `guarded`: hidden because it is small."""

    policy: Policy
    counts: Mapping[Cell, int]
    sums: Collection[Sum[Cell]]
    guarded: frozenset[Cell]
    keep: frozenset[Cell]
    known: frozenset[Cell]

    def all_hidden(self) -> frozenset[Cell]:
        """What is guarded, and all that has to be hidden with it."""
        hidden = self.guarded
        for one in self.sums:
            hidden |= self._companion(one, hidden)
        while more := self._next_to_hide(hidden):
            hidden |= more
        return hidden

    def _companion(self, one: Sum[Cell], hidden: frozenset[Cell]) -> set[Cell]:
        """Where one part alone is hidden, the next smallest, so that hiding it says nothing of the first."""
        others = [cell for cell in one.parts if self.counts[cell] and cell not in hidden | self.known]
        lonely = not one.alone and len(hidden & set(one.parts)) == 1
        return {min(others, key=self.counts.__getitem__)} if lonely and others else set()

    def _next_to_hide(self, hidden: frozenset[Cell]) -> set[Cell]:
        """The smallest count that would, hidden too, leave less to be worked out; empty where all is safe."""
        found = bounds({cell: self._read(cell, hidden) for cell in self.counts}, self.sums)
        narrow = {cell for cell in self.guarded if found[cell].size < self.policy.open_values}
        near = _around(narrow, self.sums, self.counts.keys() - hidden - self.known) if narrow else []
        choice = [cell for cell in near if self.counts[cell] and cell not in self.keep]
        choice = choice or [cell for cell in near if self.counts[cell]] or near
        return {min(choice, key=self.counts.__getitem__)} if choice else set()

    def _read(self, cell: Cell, hidden: frozenset[Cell]) -> Range:
        """What the best reader knows of a count: one who has guessed which hidden ones are small."""
        count, policy = self.counts[cell], self.policy
        if cell in self.guarded:
            return Range(policy.lowest, policy.highest)
        if cell in hidden:
            return Range(0 if count < policy.lowest else policy.highest + 1, MANY)
        if cell in self.known or count < policy.lowest:
            return Range(count, count)
        near, step = policy.rounded(count), policy.round_to
        return Range(max(policy.highest + 1, near - step // 2), near + (step - 1) // 2)


def _around(narrow: Collection[Cell], sums: Collection[Sum[Cell]], shown: Collection[Cell]) -> list[Cell]:
    """Of what is shown, that which hangs together with something `narrow`, or else with anything near it."""
    reached = set(narrow)
    while True:
        near = {cell for one in sums if reached & set(one.cells) for cell in one.cells}
        if found := [cell for cell in shown if cell in near]:
            return found
        if near <= reached:
            return []
        reached |= near


INSIDE = Policy()  # for a PCN's own staff who may not see people
OUTSIDE = Policy()  # for whatever leaves the PCN: an ICB's figures, learning pages


def words(count: int | None) -> str:
    """A count from a policy as it is written: "1,234", or "hidden"."""
    return HIDDEN if count is None else f"{count:,}"
