"""Until the plan of `showing` is there: the same names over an evaluation."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.cohorts.criteria import evaluate
from app.cohorts.definition import evaluation_of
from app.cohorts.release import own_practices
from app.cohorts.showing import shown_by_practice
from app.library.definitions import Definition
from app.render import count
from tenants.db import db
from tenants.models import Practice


@dataclass(frozen=True)
class Count:
    value: int | None

    @property
    def words(self) -> str:
        return "hidden" if self.value is None else f"{self.value:,}"

    @property
    def hidden(self) -> bool:
        return self.value is None

    def __bool__(self) -> bool:
        return self.value != 0

    @property
    def people(self) -> str:
        return count(self.value or 0, "person", "people")


class Thing:
    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


Plan = Any
Equity = Any


def plan_of(whole: Definition, on: dt.date) -> Any:
    return plan_from(evaluate(whole, on))


def plan_of_cohort(cohort: Any) -> Any:
    return plan_from(evaluation_of(cohort))


def plan_from(found: Any) -> Any:
    steps = [
        Thing(step=one.get("step"), label=one["label"], lost=Count(one["lost"]), left=Count(one["left"])) for one in found.attrition
    ]
    listed = list(db.session.scalars(select(Practice).order_by(Practice.name, Practice.id)))
    shown = shown_by_practice(listed, found.by_practice, own_practices())
    parts = shown.parts
    return Thing(
        people=Count(found.people),
        exclusions=[step for step in steps if step.step != "keep"],
        rules=[step for step in steps if step.step == "keep"],
        gains=[Thing(label=label, more=Count(more)) for label, more in found.gain.items()],
        missing=[
            Thing(label=one["label"], without=Count(one["without"]), only=Count(one["only"]))
            for one in found.missing
        ],
        count=Count(found.count),
        left_out=[],
        practices=Thing(parts=parts),
        hidden=shown.hidden,
    )


def equity_of(whole: Definition, on: dt.date) -> Any:
    return None


def not_here(whole: Definition) -> list[str]:
    return []
