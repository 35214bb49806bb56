"""What a definition gives, as the person here may see it: all the numbers of the page, made safe together.

The care team gets exact numbers. Whoever plans gets those of the blurred copy (`blur.py`), rounded and with
small ones hidden, and whatever would let a hidden one be worked out from the others on the page.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sqlalchemy import select

from app.cohorts import blur
from app.cohorts.blur import counted, unblurred
from app.cohorts.criteria import Evaluation, evaluate
from app.cohorts.definition import definition_of, evaluation_of
from app.cohorts.models import Cohort
from app.cohorts.release import own_practices
from app.cohorts.showing import ByPractice, Count, Part, as_shown, sees_exactly
from app.disclosure import Sum
from app.library.definitions import Definition
from app.suppression import INSIDE
from tenants.db import Json, db
from tenants.models import Practice

Cell = tuple[str, int]
Show = Callable[[Cell], Count]
PEOPLE: Cell = ("left", -1)


@dataclass(frozen=True)
class Step:
    """A step in its turn: how many it takes out, and how many are left after it."""

    label: str
    leaves_out: bool
    lost: Count
    left: Count


@dataclass(frozen=True)
class Exclusion:
    """Who is left out: of how many it holds; for the programme's own, how many more there were without it."""

    label: str
    own: bool
    in_all: Count
    gain: Count | None


@dataclass(frozen=True)
class Gain:
    """How many more there would be if one rule alone were dropped."""

    label: str
    more: Count


@dataclass(frozen=True)
class Missing:
    """A rule that needs a value: how many have none, and how many of these meet every other rule."""

    label: str
    without: Count
    only: Count


@dataclass(frozen=True)
class Plan:
    """What a definition gives on a day, as it may be shown."""

    on: dt.date
    people: Count
    steps: list[Step]
    left_out: list[Exclusion]
    gains: list[Gain]
    missing: list[Missing]
    practices: ByPractice
    count: Count
    exact: bool
    hidden: bool

    @property
    def exclusions(self) -> list[Step]:
        """The steps that leave people out, the programme's own among them."""
        return [step for step in self.steps if step.leaves_out]

    @property
    def rules(self) -> list[Step]:
        """The steps that keep people in."""
        return [step for step in self.steps if not step.leaves_out]


def plan_of(definition: Definition, on: dt.date) -> Plan:
    """What the definition gives on that day, in two statements."""
    if sees_exactly():
        return plan_from(evaluate(definition, on), exact=True)
    return plan_from(evaluate(definition, on, weight=blur.weight), exact=False)


def plan_of_cohort(cohort: Cohort) -> Plan:
    """What the cohort's definition gives: as it was kept when it was frozen, else counted now.

    How many are in a frozen cohort is told to everybody: each of them is a line of the list of people.
    What was frozen before counts were kept for those who plan is counted again for them.
    """
    if cohort.state != "frozen":
        return plan_of(definition_of(cohort), cohort.on_date)
    if sees_exactly():
        plan = plan_from(evaluation_of(cohort), exact=True)
    elif "planned" in cohort.figures:
        plan = plan_from(_kept(cohort), exact=False)
    else:
        plan = plan_of(definition_of(cohort), cohort.on_date)
    return replace(plan, count=Count(cohort.members))


def _kept(cohort: Cohort) -> Evaluation:
    """The evaluation that was kept for those who plan. JSON keeps no order among the rules."""
    kept = cohort.figures["planned"]
    return Evaluation(
        on=cohort.on_date,
        people=kept["people"],
        attrition=kept["attrition"],
        gain={label: kept["gain"][label] for label in definition_of(cohort).labels},
        missing=kept["missing"],
        exclusions=kept["exclusions"],
        count=kept["count"],
        by_practice={int(practice): count for practice, count in kept["by_practice"].items()},
        members=[],
    )


def steps_for_anybody(cohort: Cohort) -> list[Step]:
    """The steps of a frozen cohort for whoever may know of it, also outside the PCN: as planners see them."""
    if not cohort.attrition:
        return []
    found = _kept(cohort) if "planned" in cohort.figures else _unblurred(cohort)
    numbers = dict(_numbers(found, sorted(found.by_practice)))
    return _steps(found, _safely(numbers, found, sorted(found.by_practice), frozenset()))


def _unblurred(cohort: Cohort) -> Evaluation:
    """The attrition of what was frozen before counts were kept for those who plan, as if it were blurred."""
    steps = [
        step | {"lost": unblurred(step["lost"]), "left": unblurred(step["left"])} for step in cohort.attrition
    ]
    return Evaluation(
        on=cohort.on_date,
        people=steps[0]["lost"] + steps[0]["left"],
        attrition=steps,
        gain={},
        missing=[],
        count=steps[-1]["left"],
        by_practice={},
        members=[],
    )


def plan_from(found: Evaluation, *, exact: bool) -> Plan:
    """What an evaluation says; without `exact`, its counts are sums of weights (`blur.counted`).

    A cohort whose size is hidden is not broken down by practice: that nobody hidden is nobody would add up.
    """
    practices = list(db.session.scalars(select(Practice).order_by(Practice.name, Practice.id)))
    ids, own = [practice.id for practice in practices], own_practices()
    numbers = dict(_numbers(found, ids))
    show = _exactly(numbers) if exact else _safely(numbers, found, ids, own)
    few = show(_last(found)).hidden
    parts = [Part(one, show(("practice", one.id))) for one in practices if not few or one.id in own]
    return Plan(
        on=found.on,
        people=show(PEOPLE),
        steps=_steps(found, show),
        left_out=[
            Exclusion(
                one["label"], one["own"], show(("in all", i)), show(("without", i)) if one["own"] else None
            )
            for i, one in enumerate(found.exclusions)
        ],
        gains=[Gain(label, show(("gain", i))) for i, label in enumerate(found.gain)],
        missing=[
            Missing(one["label"], show(("no value", i)), show(("only", i)))
            for i, one in enumerate(found.missing)
        ],
        practices=ByPractice(parts, hidden=any(part.count.hidden for part in parts)),
        count=show(_last(found)),
        exact=exact,
        hidden=any(show(cell).hidden for cell in numbers),
    )


def _steps(found: Evaluation, show: Show) -> list[Step]:
    return [
        Step(step["label"], step.get("step") == "leave out", show(("lost", i)), show(("left", i)))
        for i, step in enumerate(found.attrition)
    ]


def _last(found: Evaluation) -> Cell:
    return ("left", len(found.attrition) - 1)


def _kept_cell(found: Evaluation) -> Cell:
    """Where it stands how many are not excluded, which the tables of groups add up to again."""
    return ("left", sum(step.get("step") == "leave out" for step in found.attrition) - 1)


def _numbers(found: Evaluation, practices: Sequence[int]) -> Iterator[tuple[Cell, int]]:
    """Every number of the page, each with the place where it stands."""
    yield PEOPLE, found.people
    for i, step in enumerate(found.attrition):
        yield from ((("lost", i), step["lost"]), (("left", i), step["left"]))
    for i, one in enumerate(found.exclusions):
        yield from ((("in all", i), one["in_all"]), (("without", i), one["gain"] or 0))
    yield from ((("gain", i), more) for i, more in enumerate(found.gain.values()))
    for i, one in enumerate(found.missing):
        yield from ((("no value", i), one["without"]), (("only", i), one["only"]))
    yield from ((("practice", one), found.by_practice.get(one, 0)) for one in practices)


def _sums(found: Evaluation, practices: Sequence[int]) -> Iterator[Sum[Cell]]:
    """How these numbers hang together, as a reader of the page may know."""
    lefts = [PEOPLE, *(("left", i) for i in range(len(found.attrition)))]
    for i, (before, after) in enumerate(pairwise(lefts)):
        yield Sum(before, (after, ("lost", i)), alone=True)
    if practices:
        yield Sum(_last(found), tuple(("practice", one) for one in practices))
    if found.exclusions:
        yield Sum(("in all", 0), (("lost", 0),), alone=True)
    if found.gain:
        # Who meets all but the last rule is who the last step takes out.
        yield Sum(("gain", len(found.gain) - 1), (("lost", len(found.attrition) - 1),), alone=True)


def _exactly(numbers: Mapping[Cell, int]) -> Show:
    return lambda cell: Count(numbers[cell])


def _safely(
    numbers: Mapping[Cell, int], found: Evaluation, practices: Sequence[int], told: Collection[int]
) -> Show:
    """Each number as it may be shown beside the others. A releaser's own practices are `told` exactly."""
    apart = {cell: counted(total) for cell, total in numbers.items()}
    own = {("practice", practice) for practice in told} & apart.keys()
    values = INSIDE.protected(
        {cell: one.blurred for cell, one in apart.items()},
        list(_sums(found, practices)),
        keep={PEOPLE},
        elsewhere={_kept_cell(found), _last(found)},
        small={cell for cell, one in apart.items() if INSIDE.hides(one.exact)},
        told=own,
    )
    return lambda cell: Count(apart[cell].exact) if cell in own else as_shown(values[cell])


def kept_for_planners(definition: Definition, on: dt.date) -> Json:
    """What is kept of a frozen cohort, or of a wave, to show it to those who plan: sums of weights."""
    found = evaluate(definition, on, weight=blur.weight)
    return {
        "people": found.people,
        "attrition": found.attrition,
        "gain": found.gain,
        "missing": found.missing,
        "exclusions": found.exclusions,
        "count": found.count,
        "by_practice": {str(practice): count for practice, count in found.by_practice.items()},
    }


__all__ = ["Plan", "kept_for_planners", "plan_from", "plan_of", "plan_of_cohort", "steps_for_anybody"]
