"""Pages: today, the programmes, one programme, its set-up and its state."""

from typing import cast

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for

from app.fields import error_summary
from app.here import can, here
from app.library import reading
from app.library.setup import setup_of
from app.permissions import P, requires
from app.programmes import starting, states
from app.programmes.forms import StartForm, StateForm
from app.programmes.funnel import funnel_of, places_of, with_funnels
from app.programmes.listing import programme_at, programmes, week_of
from app.programmes.models import Programme
from app.programmes.next_steps import next_steps
from app.programmes.offers import first_steps
from app.programmes.tasks import tasks_of
from app.programmes.today import waiting
from app.render import render
from tenants.models import Account

bp = Blueprint("programmes", __name__, url_prefix="/pcn/<slug>")

# Where a programme's page leads: words, endpoint, who may go there, what it is for.
SECTIONS = (
    ("Set-up", "programmes.setup", P.SEE_PROGRAMMES, "What is ready, and what is still to do"),
    ("Cohort", "cohorts.view", P.SEE_COHORTS, "Whom the programme is for, and what each rule costs"),
    ("Releases", "cohorts.releases", P.SEE_COHORTS, "Which practices let their people be contacted"),
    ("Screening", "cohorts.screening", P.SCREEN_PEOPLE, "Keep people, or leave them out, one by one"),
    ("People", "cohorts.participants", P.SEE_PROGRAMMES, "Everybody in the cohort, and where they are"),
    ("Outreach", "outreach.programme", P.SEE_OUTREACH, "Texts, letters and calls, step by step"),
    ("Calls", "outreach.calls", P.MAKE_CALLS, "Who is to be rung"),
    ("Referrals", "referrals.sent", P.SEE_REFERRALS, "What partners have answered"),
    ("Learning", "learning.page", P.SEE_LEARNING, "What this programme taught, for the next PCN"),
)


@bp.get("/today")
@requires(P.SEE_TODAY)
def today() -> Response:
    """What waits for the person here, then each live programme with its small funnel."""
    listed = with_funnels(("live", "paused", "set-up")) if can(P.SEE_PROGRAMMES) else []
    listed.sort(key=lambda pair: ("live", "set-up", "paused").index(pair[0].state))
    todos = first_steps(listed) + waiting()
    return render("programmes/today.jinja", waiting=todos, programmes=listed, week_of=week_of)


@bp.get("/programmes")
@requires(P.SEE_PROGRAMMES)
def browse() -> Response:
    """The PCN's programmes by state."""
    return render("programmes/browse.jinja", programmes=programmes(), week_of=week_of)


@bp.route("/programmes/start", methods=["GET", "POST"])
@requires(P.RUN_PROGRAMMES)
def start() -> Response:
    """Choose a set-up; see what it brings; name the programme and start it."""
    if "setup" not in request.args:
        return render("programmes/start.jinja", sources=starting.sources(), source=None)
    source = starting.source_of(request.args["setup"])
    form = StartForm(name=source.setup.name if source.setup else "")
    if not form.validate_on_submit():
        return _start_page(source, form)
    already = starting.started_with(str(form.form_key.data))
    if already is not None:
        return _started(already, "You have started this programme already.")
    try:
        made = starting.start(
            source, str(form.name.data), cast(Account, here.account), str(form.form_key.data)
        )
    except starting.NameTaken:
        form.name.errors = ["There is a programme of that name already. Enter another name"]
        return _start_page(source, form)
    return _started(made, "The programme is started. Its set-up says what to do next.")


def _start_page(source: starting.Source, form: StartForm) -> Response:
    errors = error_summary(form)
    return render(
        "programmes/start.jinja", 422 if errors else 200, source=source, form=form, errors=errors,
        brought=starting.brought_by(source), missed=reading.hours_missed_in(source.setup),
    )  # fmt: skip


def _started(programme: Programme, message: str) -> Response:
    flash(message, "success")
    return cast(Response, redirect(url_for(".setup", programme_id=programme.id)))


@bp.get("/programmes/<int:programme_id>")
@requires(P.SEE_PROGRAMMES)
def view(programme_id: int) -> Response:
    """A programme: its aim and state, the funnel, where people are, and what is to be done next."""
    programme = programme_at(programme_id)
    return render(
        "programmes/view.jinja",
        programme=programme,
        week=week_of(programme),
        funnel=funnel_of(programme.id),
        places=places_of(programme.id),
        next_steps=next_steps(programme),
        sections=_sections(programme),
    )


def _sections(programme: Programme) -> list[tuple[str, str, str]]:
    """Where the page leads, for the person here: words, address, what for."""
    return [
        (words, _address(endpoint, programme), hint)
        for words, endpoint, permission, hint in SECTIONS
        if can(permission) and endpoint in current_app.view_functions
    ]


def _address(endpoint: str, programme: Programme) -> str:
    takes_it = current_app.url_map.is_endpoint_expecting(endpoint, "programme_id")
    return url_for(endpoint, programme_id=programme.id) if takes_it else url_for(endpoint)


@bp.get("/programmes/<int:programme_id>/set-up")
@requires(P.SEE_PROGRAMMES)
def setup(programme_id: int) -> Response:
    """What the programme consists of, and its tasks before it goes live."""
    programme = programme_at(programme_id)
    return render(
        "programmes/setup.jinja",
        programme=programme,
        setup=setup_of(programme.setup),
        tasks=tasks_of(programme),
    )


@bp.route("/programmes/<int:programme_id>/change-state", methods=["GET", "POST"])
@requires(P.RUN_PROGRAMMES)
def change_state(programme_id: int) -> Response:
    """Go live, pause, resume or close."""
    programme = programme_at(programme_id)
    if programme.state == "closed":
        flash("This programme is closed. Start a new one from its set-up instead.", "info")
        return cast(Response, redirect(url_for(".view", programme_id=programme.id)))
    form = StateForm().of_state(programme.state)
    missing = states.missing_to_go_live(programme) if programme.state == "set-up" else []
    if form.validate_on_submit() and form.action.data == "go live" and missing:
        form.action.errors = ["The programme cannot go live yet. Do what is missing first"]
    elif not form.errors and form.is_submitted():
        return _changed(programme, str(form.action.data), str(form.reason.data or ""))
    errors = error_summary(form)
    return render(
        "programmes/change_state.jinja", 422 if errors else 200, programme=programme, form=form,
        missing=missing, waits=states.anybody_waits_for_a_call(programme), errors=errors,
    )  # fmt: skip


def _changed(programme: Programme, action: str, reason: str) -> Response:
    if states.change(programme, action, reason):
        flash(f"{programme.name} {states.DONE_WORDS[action]}.", "success")
    else:
        flash("Somebody has changed the programme's state in the meantime. This is how it is now.", "info")
    return cast(Response, redirect(url_for(".view", programme_id=programme.id)))
