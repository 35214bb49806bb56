"""Building a definition without code: its steps in a list, and one small form for each rule."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from flask import Response, flash, redirect, request, url_for
from werkzeug.exceptions import BadRequest, NotFound

from app.cohorts import builder, definition
from app.cohorts.builder import NoSuchPlace
from app.cohorts.choices import choices_for
from app.cohorts.definition import (
    AlreadyFrozen,
    ChangedMeanwhile,
    cohort_of,
    countable,
    definition_of,
    mark_of,
)
from app.cohorts.forms import DayForm
from app.cohorts.models import Cohort
from app.cohorts.pages import FROZEN, builder_page, costs_of, meanwhile, rule_page
from app.cohorts.rule_forms import RuleForm
from app.cohorts.spots import KINDS, Spot, spot_from
from app.cohorts.views import back, bp
from app.library.cohort_rules import BadRule
from app.library.definitions import DEEPEST, read_definition
from app.permissions import P, requires
from app.programmes.listing import programme_at
from app.programmes.models import Programme
from app.render import htmx, render
from tenants.db import Json

# "rule 2, rule 1: ", "leave out, rules: ": how a definition says where its fault is.
PLACE = re.compile(r"^(leave out, )?(rules?( \d+)?(, )?)+: ")

ACTS: dict[str, tuple[Callable[[Json, str], Json], str]] = {
    "up": (partial(builder.moved, by=-1), "The rule is moved up."),
    "down": (partial(builder.moved, by=1), "The rule is moved down."),
    "remove": (builder.removed, "The rule is taken out."),
}


@bp.get("/cohort/edit")
@requires(P.DEFINE_COHORTS)
def edit(programme_id: int) -> Response:
    """The definition as a list of steps, and what it gives now."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    return back(programme, FROZEN, "info") if cohort.state == "frozen" else builder_page(programme, cohort)


@bp.post("/cohort/change")
@requires(P.DEFINE_COHORTS)
def change(programme_id: int) -> Response:
    """Move a rule or group up or down, or take it out."""
    programme = programme_at(programme_id)
    if request.form.get("act") not in ACTS:
        raise BadRequest
    act, said = ACTS[request.form["act"]]
    place = request.form.get("place", "")
    return _changed(programme, lambda was: act(was, place), said, request.form.get("seen", ""))


@bp.post("/cohort/day")
@requires(P.DEFINE_COHORTS)
def set_day(programme_id: int) -> Response:
    """Count people as of another day."""
    programme = programme_at(programme_id)
    form = DayForm()
    if not form.validate():
        return builder_page(programme, cohort_of(programme), form)
    on = form.on.data
    return _changed(
        programme, lambda was: was, "People are counted as of that day.", form.seen.data, on, form
    )


def _changed(
    programme: Programme,
    to: Callable[[Json], Json],
    said: str,
    seen: str | None,
    on: Any = None,
    form: Any = None,
) -> Response:
    form = form or DayForm(formdata=None)
    try:
        cohort = definition.change(programme, seen or "", to, on)
    except AlreadyFrozen:
        return back(programme, FROZEN, "info")
    except NoSuchPlace:
        raise NotFound from None
    except ChangedMeanwhile as changed:
        form.form_errors.append(
            f"{meanwhile(changed.cohort)} Nothing of yours was changed: look, and do it again"
        )
        return builder_page(programme, changed.cohort, form)
    flash(said, "success")
    return builder_page(programme, cohort) if htmx else _to_builder(programme)


@bp.get("/cohort/add")
@requires(P.DEFINE_COHORTS)
def add(programme_id: int) -> Response:
    """What kind of rule to add, or which kind of group to begin."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    if cohort.state == "frozen":
        return back(programme, FROZEN, "info")
    into, group = request.args.get("into", "rules"), request.args.get("group", "")
    room = builder.depth_of(into) + bool(group) < DEEPEST
    try:
        spot_from({"kind": "age", "into": into, "group": group}, cohort.definition)
    except NoSuchPlace:
        raise NotFound from None
    return render(
        "cohorts/add.jinja", programme=programme, kinds=KINDS, into=into, group=group,
        groups=builder.GROUP_WORDS if room else {},
    )  # fmt: skip


@bp.route("/cohort/rule", methods=["GET", "POST"])
@requires(P.DEFINE_COHORTS)
def edit_rule(programme_id: int) -> Response:
    """One rule or group: what it says, and what the definition would give with it."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    if cohort.state == "frozen":
        return back(programme, FROZEN, "info")
    try:
        spot = spot_from(request.args, cohort.definition)
    except NoSuchPlace:
        flash("That place in the definition is not there. Choose one below.", "info")
        return _to_builder(programme)
    form = _form_of(spot, programme, cohort)
    if request.method == "GET":
        return rule_page(programme, spot, form, costs_of(definition_of(cohort), cohort.on_date))
    if not form.validate():
        return rule_page(programme, spot, form.unmarked() if htmx else form)
    if request.form.get("intent") == "try":
        return _tried(programme, cohort, spot, form)
    return _saved(programme, spot, form)


def _form_of(spot: Spot, programme: Programme, cohort: Cohort) -> RuleForm:
    shown = spot.form.data_of(spot.node) if spot.node else spot.form.fresh
    form = spot.form(data=shown | {"seen": mark_of(cohort)})
    form.of(choices_for(spot.form.needs_choices, programme), spot.node)
    return form


def _tried(programme: Programme, cohort: Cohort, spot: Spot, form: RuleForm) -> Response:
    """What the definition would give with the rule as it was entered. Nothing is kept."""
    try:
        changed = countable(read_definition(spot.put(cohort.definition, form.node())))
    except BadRule as bad:
        form.form_errors.extend(map(_of_this_rule, bad.faults))
        return rule_page(programme, spot, form)
    return rule_page(programme, spot, form, costs_of(changed, cohort.on_date), tried=True)


def _saved(programme: Programme, spot: Spot, form: RuleForm) -> Response:
    try:
        definition.change(programme, str(form.seen.data), lambda was: spot.put(was, form.node()))
    except AlreadyFrozen:
        return back(programme, FROZEN, "info")
    except BadRule as bad:
        form.form_errors.extend(map(_of_this_rule, bad.faults))
        return rule_page(programme, spot, form)
    except ChangedMeanwhile as changed:
        return _saved_too_late(programme, spot, form, changed.cohort)
    flash("The rule is saved in the working copy.", "success")
    return _to_builder(programme)


def _of_this_rule(fault: str) -> str:
    """A fault without its place: the form that shows it is of one rule, and the others had none.

    >>> _of_this_rule("rule 2, rule 1: Change the limits")
    'Change the limits'
    """
    return PLACE.sub("", fault)


def _saved_too_late(programme: Programme, spot: Spot, form: RuleForm, cohort: Cohort) -> Response:
    """Nothing entered is lost: the form comes back, and saved again the rule goes where it now belongs."""
    form.seen.data = mark_of(cohort)
    there = "in place of what stands there now" if spot.place else "at the end of what stands there now"
    form.form_errors.append(f"{meanwhile(cohort)} Look at it below. Save again to put your rule {there}")
    return rule_page(programme, spot, form, costs_of(definition_of(cohort), cohort.on_date))


def _to_builder(programme: Programme) -> Response:
    return cast(Response, redirect(url_for(".edit", programme_id=programme.id), 303))
