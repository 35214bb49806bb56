"""The builder's two pages, as every way to them draws them: the list of steps, and the form of one rule."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Response

from app.cohorts import builder
from app.cohorts.definition import definition_of, mark_of
from app.cohorts.differences import differences
from app.cohorts.equity import Equity, equity_of
from app.cohorts.forms import DayForm
from app.cohorts.models import Cohort
from app.cohorts.not_here import unknown_lists
from app.cohorts.plans import Plan, plan_of
from app.cohorts.rule_forms import RuleForm
from app.cohorts.spots import Spot, kind_of
from app.cohorts.versions import newest_version
from app.fields import error_summary
from app.library.definitions import Definition, Group, read_definition
from app.programmes.models import Programme
from app.render import moment, render
from tenants.db import Json

FROZEN = "The cohort is frozen. Its definition cannot be changed."


@dataclass(frozen=True)
class Costs:
    """What a definition gives on a day, as the person here may see it; with `faults` it cannot be counted."""

    definition: Definition
    on: dt.date
    plan: Plan | None = None
    equity: Equity | None = None
    faults: Sequence[str] = ()


def costs_of(whole: Definition, on: dt.date) -> Costs:
    """What the definition gives on that day; where it cannot be counted, why."""
    if faults := unknown_lists(whole):
        return Costs(whole, on, faults=faults)
    return Costs(whole, on, plan_of(whole, on), equity_of(whole, on))


def words_of(node: Json) -> str:
    """A rule or group in short, as in the attrition; a group's name with what stands in it."""
    found = read_definition({"rules": [node]}).rules[0]
    if isinstance(found, Group) and found.name:
        return f"{found.name} ({replace(found, name='').label})"
    return found.label


def changes(before: Json, after: Json) -> list[str]:
    """What differs from one kept definition to another, in words, however each was written."""
    return differences(read_definition(before).as_json, read_definition(after).as_json, words_of)


def meanwhile(cohort: Cohort) -> str:
    """Who changed the definition and when."""
    when = f" on {moment(cohort.changed_at)}" if cohort.changed_at else ""
    return f"{cohort.changed_by or 'Somebody'} changed the definition{when}, after you opened this page."


def builder_page(programme: Programme, cohort: Cohort, form: DayForm | None = None) -> Response:
    """The steps of the working copy and what it gives; with a form that has errors, these too."""
    whole, saved = definition_of(cohort), newest_version(cohort)
    day = form if form is not None and form.on.errors else DayForm(formdata=None, data={"on": cohort.on_date})
    day.seen.data = mark_of(cohort)
    errors = error_summary(form) if form is not None else []
    before = saved.definition if saved else programme.setup["cohort"]
    return render(
        "cohorts/edit.jinja", 422 if errors else 200, programme=programme, cohort=cohort, day=day,
        errors=errors, mark=mark_of(cohort), costs=costs_of(whole, cohort.on_date), saved=saved,
        unsaved=changes(before, cohort.definition),
        words_of=words_of, kind_of=kind_of, group_words=builder.GROUP_WORDS,
        lists={part: builder.steps_of(cohort.definition, part) for part in builder.LISTS},
    )  # fmt: skip


def rule_page(
    programme: Programme, spot: Spot, form: RuleForm, costs: Costs | None = None, *, tried: bool = False
) -> Response:
    """The form of one rule, and beside it what is given: as things are, or with the rule as it was tried."""
    errors = error_summary(form)
    values: Any = {"programme": programme, "spot": spot, "form": form, "costs": costs, "tried": tried}
    return render("cohorts/edit_rule.jinja", 422 if errors else 200, errors=errors, **values)
