"""Everybody in a programme accounted for: each person in exactly one place now.

A place follows from sequence.py and from what people answered; it has a key that stands in addresses, and the
people in it are listed by that key. Numbers add up to the programme's people by construction: each is put
into one place, and places are counted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.outreach.models import Step
from app.outreach.rules import Reason
from app.outreach.sequence import Where
from app.outreach.turns import ON_THE_LIST, ON_THE_LIST_LATER, Placed

OF_STEPS = (Where.WAITING, Where.DUE, Where.LATER)
ANSWERED, HELD, OVER = "answered", "held", "over"
TITLES = {
    Where.WAITING: "In a batch, or on the call list",
    Where.DUE: "Due now",
    Where.LATER: "Due later",
    ANSWERED: "Answered, opted out or left out",
    HELD: "Nobody may contact them now",
    OVER: "All steps are done, without an answer",
}
_LEFT: dict[str, str] = {Reason.OPTED_OUT: "opted out", Reason.LEFT_OUT: "left out"}


@dataclass(frozen=True)
class Spot:
    """One place: its key, what it is called, and how many people are in it."""

    key: str
    title: str
    people: int


@dataclass(frozen=True)
class Group:
    """Spots that stand together under a title."""

    key: str
    title: str
    spots: list[Spot]

    @property
    def people(self) -> int:
        """How many people are in it."""
        return sum(spot.people for spot in self.spots)


def key_of(placed: Placed) -> str:
    """The key of the one place that somebody is in: the group, and the step, answer or reason in it."""
    one, place = placed
    if place.where in OF_STEPS:
        return f"{place.where}:{place.position or place.reason}"
    if place.where is Where.ANSWERED:
        return f"{ANSWERED}:{_LEFT.get(place.reason or '', one.facts.status)}"
    group = OVER if place.where is Where.OVER else HELD
    return f"{group}:{place.reason or 'no answer'}"


def in_place(found: Iterable[Placed], wanted: str) -> list[int]:
    """The participants in the place of that key, or in the whole group of that name."""
    whole = wanted if ":" in wanted else f"{wanted}:"
    return [
        placed[0].participant_id
        for placed in found
        if (key := key_of(placed)) == wanted or (whole != wanted and key.startswith(whole))
    ]


def groups_of(found: Iterable[Placed], steps: Sequence[Step]) -> list[Group]:
    """The places that hold anybody, in the order in which people go through them, each once."""
    counted = Counter(key_of(placed) for placed in found)
    names = {f"{step.position}": f"Step {step.position}: {step.name}" for step in steps}
    names |= {why: why[0].upper() + why[1:] for why in (ON_THE_LIST, ON_THE_LIST_LATER)}
    groups = [Group(where, TITLES[where], _steps(where, counted, names)) for where in OF_STEPS]
    groups += [Group(key, TITLES[key], _others(key, counted)) for key in (ANSWERED, HELD, OVER)]
    return [group for group in groups if group.spots]


def _steps(where: Where, counted: Mapping[str, int], names: Mapping[str, str]) -> list[Spot]:
    keys = {f"{where}:{position}": name for position, name in names.items()}
    return [Spot(key, name, counted[key]) for key, name in keys.items() if counted[key]]


def _others(group: str, counted: Mapping[str, int]) -> list[Spot]:
    own = [(key, number) for key, number in counted.items() if key.startswith(f"{group}:")]
    most_first = sorted(own, key=lambda item: (-item[1], item[0]))
    return [Spot(key, key.partition(":")[2].capitalize(), number) for key, number in most_first]
