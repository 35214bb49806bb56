"""How people came out of a definition, and everything that is counted from it. Pure.

The database says how each person came out as one number: a bit for each exclusion, whether it holds, and two
bits for each step, in which stand FAILS, MEETS or MISSING. People with the same number are counted together.
So one pass gives all there is to count, however many rules there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tenants.db import Json

FAILS, MEETS, MISSING = 0, 1, 2
BITS = 2  # of a step


@dataclass(frozen=True)
class Outcome:
    """How somebody came out: which exclusions hold of them, and FAILS, MEETS or MISSING for each step."""

    excluded: tuple[bool, ...]
    steps: tuple[int, ...]

    @property
    def kept(self) -> bool:
        """Whether no exclusion holds."""
        return not any(self.excluded)

    @property
    def not_met(self) -> list[int]:
        """The numbers of the steps that are not met, missing ones included."""
        return [number for number, step in enumerate(self.steps) if step != MEETS]

    @property
    def member(self) -> bool:
        """Whether they are in the cohort."""
        return self.kept and not self.not_met


def weight_of_exclusion(number: int) -> int:
    """What an exclusion that holds adds to the number."""
    return int(1 << number)


def weight_of_step(number: int, exclusions: int) -> int:
    """By what the state of a step is multiplied in the number, after so many exclusions."""
    return int(1 << (exclusions + number * BITS))


def number_of_members(exclusions: int, steps: int) -> int:
    """The number that members have: no exclusion holds, and every step is met."""
    return sum(MEETS * weight_of_step(number, exclusions) for number in range(steps))


def outcome_of(number: int, exclusions: int, steps: int) -> Outcome:
    """What the number says."""
    states = (number >> (exclusions + step * BITS) & 3 for step in range(steps))
    return Outcome(tuple(bool(number >> i & 1) for i in range(exclusions)), tuple(states))


@dataclass
class Counts:
    """What is counted: by exclusion or step, in order."""

    people: int = 0
    members: int = 0
    lost: list[int] = field(default_factory=list)  # exclusions, then steps: out at this one first
    in_all: list[int] = field(default_factory=list)  # exclusions: of whomever it holds
    only_left_out: list[int] = field(default_factory=list)  # exclusions: members but for this one
    gain: list[int] = field(default_factory=list)  # steps: members but for this one
    without: list[int] = field(default_factory=list)  # steps: not excluded, and the value is missing
    only: list[int] = field(default_factory=list)  # steps: members but for this one, whose value is missing


def counts_of(outcomes: Iterable[tuple[Outcome, int]], exclusions: int, steps: int) -> Counts:
    """The counts over `outcomes`, each with how many people came out so."""
    counts = Counts(
        lost=[0] * (exclusions + steps), in_all=[0] * exclusions, only_left_out=[0] * exclusions,
        gain=[0] * steps, without=[0] * steps, only=[0] * steps,
    )  # fmt: skip
    for outcome, people in outcomes:
        _count(counts, outcome, people)
    return counts


def _count(counts: Counts, outcome: Outcome, people: int) -> None:
    counts.people += people
    holding = [number for number, holds in enumerate(outcome.excluded) if holds]
    not_met = outcome.not_met
    for number in holding:
        counts.in_all[number] += people
    if len(holding) == 1 and not not_met:
        counts.only_left_out[holding[0]] += people
    if holding or not_met:
        counts.lost[holding[0] if holding else len(outcome.excluded) + not_met[0]] += people
    if holding:
        return
    counts.members += people * (not not_met)
    for number in not_met:
        missing = people * (outcome.steps[number] == MISSING)
        counts.without[number] += missing
        if len(not_met) == 1:
            counts.gain[number] += people
            counts.only[number] += missing


def attrition(counts: Counts, labels: Sequence[str], exclusions: int) -> list[Json]:
    """For each step in order, exclusions first: its label, whom it loses, how many are left."""
    steps: list[Json] = []
    left = counts.people
    for number, (label, lost) in enumerate(zip(labels, counts.lost, strict=True)):
        left -= lost
        step = "leave out" if number < exclusions else "keep"
        steps.append({"label": label, "lost": lost, "left": left, "step": step})
    return steps
