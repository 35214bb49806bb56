"""Counts of people as the person here may see them: exact for who may see people, for others made safe.

A template gets a `Count` and nothing else: what it holds is what may be shown, also as the length of a bar,
in a file or as what a table is sorted by. Why: docs/decisions/0009-small-numbers.md.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.cohorts.release import own_practices
from app.disclosure import Sum
from app.here import can
from app.permissions import P
from app.suppression import INSIDE, Policy, words
from tenants.models import Practice

Cell = TypeVar("Cell", bound=Hashable)
WHOLE = 0
FEW = f"fewer than {INSIDE.highest + 1}"


@dataclass(frozen=True)
class Count:
    """A count as it may be shown: `value` is rounded unless `exact`, and None where it is hidden."""

    value: int | None
    exact: bool = True

    @property
    def hidden(self) -> bool:
        """Whether it is hidden. Hidden is not zero."""
        return self.value is None

    @property
    def words(self) -> str:
        """ "131", "about 130", "0" or "hidden"."""
        return f"about {words(self.value)}" if self.value and not self.exact else words(self.value)

    @property
    def people(self) -> str:
        """ "131 people", "about 130 people", "fewer than 8 people"."""
        number = FEW if self.value is None else self.words
        return f"{number} {'person' if self.value == 1 else 'people'}"

    def __bool__(self) -> bool:
        """Whether there is anybody; true where it is hidden."""
        return self.value != 0


@dataclass(frozen=True)
class Table(Generic[Cell]):
    """Counts that add up to `total`, as they may be shown together."""

    cells: dict[Cell, Count]
    total: Count

    @property
    def hidden(self) -> bool:
        """Whether something is hidden, and the page has to say so."""
        return any(count.hidden for count in (*self.cells.values(), self.total))


@dataclass(frozen=True)
class Part:
    """A practice and how many of its people are counted."""

    practice: Practice
    count: Count


@dataclass(frozen=True)
class ByPractice:
    """The practices in order, and whether something is hidden."""

    parts: list[Part]
    hidden: bool

    def of(self, practice_id: int) -> Count:
        """The count of one practice as it is shown."""
        return next((part.count for part in self.parts if part.practice.id == practice_id), Count(0))


def sees_exactly() -> bool:
    """Whether the person here is of the care team, to whom no number is hidden."""
    return can(P.SEE_PEOPLE)


def sees_practices(practices: Sequence[Practice]) -> frozenset[int]:
    """Those of `practices` whose people may be told apart in a list by the person here."""
    return frozenset(practice.id for practice in practices) if sees_exactly() else own_practices()


def table(counts: Mapping[Cell, int], policy: Policy = INSIDE, *, told: bool = False) -> Table[Cell]:
    """Counts that add up, none of them of anybody twice, as the person here may see them.

    With `told`, another page says exactly, then or later, what they add up to.
    """
    if sees_exactly():
        return Table({cell: Count(count) for cell, count in counts.items()}, Count(sum(counts.values())))
    found = policy.parts_of_told(counts) if told else policy.table(counts)
    return Table({cell: as_shown(count) for cell, count in found.cells.items()}, as_shown(found.total))


def alone(count: int, policy: Policy = INSIDE) -> Count:
    """A count that stands on its own, as the person here may see it."""
    return Count(count) if sees_exactly() else as_shown(policy.shown(count))


def as_shown(value: int | None) -> Count:
    """The count of what a policy gave; zero is exact."""
    return Count(value, exact=value == 0)


def shown_by_practice(
    practices: Sequence[Practice], counts: Mapping[int, int], own: frozenset[int]
) -> ByPractice:
    """`counts` of `practices` with small numbers hidden from those who may not see people.

    A practice's own count is never hidden from its releaser: the practice is the controller.
    """
    known = {one.id: counts.get(one.id, 0) for one in practices}
    if sees_exactly():
        return ByPractice([Part(one, Count(known[one.id])) for one in practices], hidden=False)
    # The programme's total is told exactly on other pages; practices are numbered from 1.
    together = [Sum(WHOLE, tuple(known))]
    found = INSIDE.protected(known | {WHOLE: sum(known.values())}, together, told={WHOLE, *own})
    parts = [Part(one, Count(found[one.id], exact=one.id in own or not found[one.id])) for one in practices]
    return ByPractice(parts, hidden=any(part.count.hidden for part in parts))
