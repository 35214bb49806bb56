"""A programme's sequence of steps, and changing it."""

from collections.abc import Callable
from functools import partial

from flask import Response, flash, request
from sqlalchemy import func, select
from werkzeug.exceptions import BadRequest, NotFound

from app.fields import error_summary
from app.library.models import LibraryItem
from app.library.setup_steps import CHANNEL_WORDS, CHANNELS, TEMPLATE_KINDS, SetupStep, step_aloud
from app.outreach import step_changes
from app.outreach.models import Step
from app.outreach.step_changes import CannotChange, ChangedMeanwhile, mark_of, settled
from app.outreach.step_forms import PaceForm, StepForm
from app.outreach.steps import said_in, steps_of, templates_of
from app.outreach.views import bp, mine, to
from app.permissions import P, requires
from app.programmes.models import Programme
from app.render import render
from tenants import scope
from tenants.db import db
from tenants.models import settings_of_pcn

MEANWHILE = "Somebody changed the steps after you opened this page."
ACTS: dict[str, tuple[Callable[[Programme, str, int], None], str]] = {
    "up": (partial(step_changes.move, by=-1), "Moved up. Check the days of the steps around it."),
    "down": (partial(step_changes.move, by=1), "Moved down. Check the days of the steps around it."),
    "remove": (step_changes.remove, "Taken out. Nobody is contacted by it."),
}


@bp.get("/pcn/<slug>/programmes/<int:programme_id>/outreach/steps")
@requires(P.SEE_OUTREACH)
def steps(programme_id: int) -> Response:
    """The sequence in sentences, with what can be changed of each step."""
    programme = mine(Programme, programme_id)
    return _steps_page(programme)


def _steps_page(programme: Programme, problem: str = "") -> Response:
    found = steps_of(programme)
    return render(
        "outreach/steps.jinja", 422 if problem else 200, programme=programme, mark=mark_of(found),
        steps=list(zip(found, sentences(found), strict=True)), templates=templates_of(found),
        settled=settled(programme), errors=[{"text": problem, "href": "#steps"}] if problem else [],
    )  # fmt: skip


def sentences(found: list[Step]) -> list[str]:
    """What each step says, read aloud."""
    return [step_aloud(said_in(step), step.position) for step in found]


@bp.post("/pcn/<slug>/programmes/<int:programme_id>/outreach/steps/change")
@requires(P.RUN_PROGRAMMES)
def change_steps(programme_id: int) -> Response:
    """Move the step at the `position` given up or down, or take it out."""
    programme = mine(Programme, programme_id)
    if request.form.get("act") not in ACTS:
        raise BadRequest
    act, said = ACTS[request.form["act"]]
    position = _step_at(programme, request.form.get("position", "")).position
    try:
        act(programme, request.form.get("seen", ""), position)
    except CannotChange as cannot:
        return _steps_page(programme, f"{cannot}.")
    except ChangedMeanwhile:
        return _steps_page(programme, f"{MEANWHILE} Nothing of yours was changed: look, and do it again")
    flash(said, "success")
    return to("outreach.steps", programme_id=programme.id)


def _step_at(programme: Programme, position: str) -> Step:
    for step in steps_of(programme):
        if str(step.position) == position:
            return step
    raise NotFound


@bp.route("/pcn/<slug>/programmes/<int:programme_id>/outreach/steps/add", methods=["GET", "POST"])
@requires(P.RUN_PROGRAMMES)
def add_step(programme_id: int) -> Response:
    """Choose how the new step reaches people; then say what, to whom and when."""
    programme = mine(Programme, programme_id)
    channel = request.args.get("channel", "")
    if channel not in CHANNELS:
        return render("outreach/add_step.jinja", programme=programme, channels=CHANNEL_WORDS)
    there = steps_of(programme)
    form = StepForm()
    form.ask(channel, len(there) + 1, _templates(channel), settings_of_pcn())
    if not form.is_submitted():
        form.show(SetupStep(CHANNEL_WORDS[channel], channel, "", 7 if there else 0))
        form.seen.data = mark_of(there)
    elif form.validate() and _done(form, programme, partial(step_changes.add, said=form.said(channel))):
        flash("Step added at the end. Move it up to have it earlier.", "success")
        return to("outreach.steps", programme_id=programme.id)
    return _form_page(programme, form, f"Add a step: {CHANNEL_WORDS[channel].lower()}", channel)


@bp.route("/pcn/<slug>/programmes/<int:programme_id>/outreach/steps/<position>", methods=["GET", "POST"])
@requires(P.RUN_PROGRAMMES)
def edit_step(programme_id: int, position: str) -> Response:
    """Change a step; of one that a batch was built of, its pace alone."""
    programme = mine(Programme, programme_id)
    step = _step_at(programme, position)
    number = step.position
    said, fixed = said_in(step), number <= settled(programme)
    form = _form_of(said, number, fixed)
    if not form.is_submitted():
        form.show(said)
        form.seen.data = mark_of(steps_of(programme))
    elif form.validate() and _done(form, programme, _change(form, said.channel, number)):
        flash("Step changed.", "success")
        return to("outreach.steps", programme_id=programme.id)
    heading = f"Change the pace of step {number}" if fixed else f"Change step {number}"
    return _form_page(programme, form, heading, said.channel, step)


def _form_of(said: SetupStep, position: int, fixed: bool) -> PaceForm | StepForm:
    if fixed:
        pace = PaceForm()
        pace.fill(said.channel, settings_of_pcn())
        return pace
    form = StepForm()
    form.ask(said.channel, position, {said.template: False} | _templates(said.channel), settings_of_pcn())
    return form


def _change(form: PaceForm | StepForm, channel: str, position: int) -> Callable[[Programme, str], None]:
    if isinstance(form, StepForm):
        return partial(step_changes.change, position=position, said=form.said(channel))
    return partial(step_changes.change_pace, position=position, pace=form.pace())


def _done(form: PaceForm, programme: Programme, change: Callable[[Programme, str], None]) -> bool:
    """Make the change; False where the form has to say why not. What was entered stays in it."""
    try:
        change(programme, str(form.seen.data))
        return True
    except CannotChange as cannot:
        form.form_errors.append(str(cannot))
    except ChangedMeanwhile:
        form.form_errors.append(f"{MEANWHILE} Look at them below. Save again to keep what you entered")
        form.seen.data = mark_of(steps_of(programme))
    return False


def _form_page(
    programme: Programme, form: PaceForm, heading: str, channel: str, step: Step | None = None
) -> Response:
    found = steps_of(programme)
    return render(
        "outreach/edit_step.jinja", 422 if form.is_submitted() else 200, programme=programme, step=step,
        steps=list(zip(found, sentences(found), strict=True)), form=form, heading=heading,
        kind=TEMPLATE_KINDS[channel], errors=error_summary(form),
    )  # fmt: skip


def _templates(channel: str) -> dict[str, bool]:
    """The library's items that a step of that channel may send, by name, and whether each is approved."""
    statement = (
        select(LibraryItem.name, func.bool_or(LibraryItem.state == "approved"))
        .where(
            LibraryItem.org_id == scope.current().org,
            LibraryItem.kind == TEMPLATE_KINDS[channel],
            LibraryItem.state != "retired",
        )
        .group_by(LibraryItem.name)
        .order_by(LibraryItem.name)
    )
    return {name: ready for name, ready in db.session.execute(statement)}
