"""The call list and the call."""

from typing import Any

from flask import Response, flash, redirect, request, url_for
from sqlalchemy import select
from werkzeug.exceptions import Forbidden, NotFound

from app import audit, clock
from app.cohorts.release import NOT_RELEASED, contact_person
from app.fields import Form, error_summary
from app.here import here
from app.library.documents import fill_html, html_of
from app.library.models import LibraryItem
from app.outreach import (
    call_outcomes,
    call_times,
    calls,
    interpreters,
    obstacles,
    pages,
    quiet,
    rules,
    steps,
    wording,
)
from app.outreach.booking_forms import BookedForm
from app.outreach.call_forms import CallForm
from app.outreach.call_list import asked_for, call_list, next_call
from app.outreach.call_models import ALERTS, Call
from app.outreach.facts import Known, known_of
from app.outreach.letterhead import letterhead_of
from app.outreach.models import Contact, Step
from app.outreach.replies import latest_of
from app.outreach.standing import sending_of
from app.outreach.views import bp
from app.paging import pagination_of
from app.permissions import Permission, requires
from app.programmes.models import Programme
from app.render import render
from tenants.db import db

TITLES = {"due": "Due today", "mine": "Yours", "later": "Later", "held": "Not to be rung"}


def _call(call_id: int) -> Call:
    return db.get_or_404(Call, (here.organisation.id, call_id))


def _kept() -> dict[str, Any]:
    """How the list was narrowed from which this call was taken: each address of the round says so."""
    return asked_for(request.args).kept


def _to(endpoint: str, call_id: int) -> Response:
    return redirect(url_for(f"outreach.{endpoint}", call_id=call_id, **_kept()), 303)  # type: ignore[return-value]


def _to_list() -> Response:
    return redirect(url_for("outreach.calls", **_kept()), 303)  # type: ignore[return-value]


@bp.get("/pcn/<slug>/calls", endpoint="calls")
@requires(Permission.MAKE_CALLS)
def calls_to_make() -> Response:
    """Who is to be rung today, which of these calls the person here has taken, and who is rung later."""
    found = call_list(asked_for(request.args))
    audit.record("viewed", "call list", count=len(found.rows))
    return render(
        "outreach/calls.jinja", found=found, asked=found.asked, titles=TITLES, form=Form(),
        pagination=pagination_of(found.asked.page, found.pages),
        open=obstacles.are_made_now(), goes_on=quiet.goes_on(),
    )  # fmt: skip


@bp.post("/pcn/<slug>/calls/next")
@requires(Permission.MAKE_CALLS)
def take_next() -> Response:
    """Take the first call of today's list, as it was narrowed, that can be made now."""
    found = next_call(asked_for(request.args))
    if isinstance(found, Call):
        return _claimed(found)
    which = (
        "this part of today's list" if {"programme", "language", "need"} & set(_kept()) else "today's list"
    )
    none = f"No call of {which} can be made now: see when each is to be made."
    flash(found.says if found else none, "info")
    return _to_list()


@bp.post("/pcn/<slug>/calls/<int:call_id>/claim")
@requires(Permission.MAKE_CALLS)
def claim(call_id: int) -> Response:
    """Take a call, so that nobody else rings this person."""
    call = _call(call_id)
    obstacle = obstacles.obstacle_to(call)
    if obstacle is None:
        return _claimed(call)
    if obstacle.reason is not None and call.state == "due":
        calls.take_off(call, obstacle.reason)
    flash(obstacle.says, "error")
    return _to_list()


def _claimed(call: Call) -> Response:
    if calls.claim(call):
        return _to("call", call.id)
    flash(_not_yours(call), "error")
    return _to_list()


def _not_yours(call: Call) -> str:
    if call.state != "due":
        return "This call was done or stopped by a colleague. There is nothing more to do for it."
    colleague = calls.who_is_on(call) or call.claimed_by
    return f"{colleague} is on this call. Choose another one."


@bp.post("/pcn/<slug>/calls/<int:call_id>/put-back")
@requires(Permission.MAKE_CALLS)
def put_back(call_id: int) -> Response:
    """Leave a call that one has taken to a colleague."""
    call = _call(call_id)
    done = calls.put_back(call)
    said = "The call is free again: a colleague can take it." if done else _not_yours(call)
    flash(said, "success" if done else "error")
    return _to_list()


@bp.route("/pcn/<slug>/calls/<int:call_id>", methods=["GET", "POST"])
@requires(Permission.MAKE_CALLS)
def call(call_id: int) -> Response:
    """The script, the person and their needs, and what came of the call."""
    found, known, step, programme = _in_hand(call_id)
    form = CallForm()
    if form.is_submitted():
        calls.alone(found)
    if form.is_submitted() and calls.was_recorded(form.form_key.data or ""):
        return _saved(found, "This call was written down already. Nothing was done twice.")
    obstacle = _obstacle(found, known, programme, ringing=not form.is_submitted())
    if obstacle and not form.is_submitted():
        flash(obstacle, "error")
        return _to_list()
    if form.validate_on_submit() and not obstacle:
        outcome = str(form.outcome.data)
        calls.record(found, form.said(), form.form_key.data or "")
        said = call_outcomes.STOPS.get(outcome, "Call written down.")
        return _saved(found, said, "info" if outcome in ALERTS else "success")
    if obstacle:
        form.form_errors.append(f"{obstacle} Nothing was saved: copy what you wrote before you go.")
    audit.record("viewed", "person", found.participant_id, person_id=found.person_id, purpose="call")
    values = _shown(found, known, step, programme)
    status = 422 if form.is_submitted() else 200
    return render("outreach/call.jinja", status, form=form, errors=error_summary(form), **values)


def _obstacle(found: Call, known: Known, programme: Programme, *, ringing: bool) -> str | None:
    """What keeps the person here from this call: it is a colleague's, over, or must not be made."""
    if found.state != "due" or (found.claimed_by and not calls.is_mine(found)):
        return _not_yours(found)
    if not calls.is_mine(found):
        return "Take this call first."
    reason = rules.why_not(known.facts, "call", sending_of(programme.id), clock.now())
    return obstacles.said_of(found, reason) if reason is not None and ringing else None


def _in_hand(call_id: int) -> tuple[Call, Known, Step, Programme]:
    """A call, its person as known now, its step and programme; Forbidden where nobody may be named."""
    statement = (
        select(Call, Step, Programme)
        .join(Step, (Step.tenant_id == Call.tenant_id) & (Step.id == Call.step_id))
        .join(Programme, (Programme.tenant_id == Call.tenant_id) & (Programme.id == Call.programme_id))
        .where(Call.id == call_id)
    )
    found = db.session.execute(statement).one_or_none()
    if found is None:
        raise NotFound
    call, step, programme = found
    known = known_of([call.participant_id])[call.participant_id]
    if not known.facts.released:
        raise Forbidden(NOT_RELEASED)
    return call, known, step, programme


def _saved(found: Call, said: str, category: str = "success") -> Response:
    flash(said, category)
    return _to("call_done", found.id)


@bp.get("/pcn/<slug>/calls/<int:call_id>/done")
@requires(Permission.MAKE_CALLS)
def call_done(call_id: int) -> Response:
    """What was written down, and what to do next."""
    found = _call(call_id)
    _, person = contact_person(found.participant_id)
    facts = known_of([found.participant_id])[found.participant_id].facts
    attempts = calls.attempts_of(found)
    audit.record("viewed", "call", found.id, person_id=found.person_id)
    return render(
        "outreach/call_done.jinja", call=found, attempt=attempts[0] if attempts else None, alerts=ALERTS,
        books_first=interpreters.books_first(found, facts), person=person, kept=_kept(),
    )  # fmt: skip


@bp.route("/pcn/<slug>/calls/<int:call_id>/interpreter", methods=["GET", "POST"])
@requires(Permission.MAKE_CALLS)
def book_interpreter(call_id: int) -> Response:
    """For which day and time an interpreter is booked."""
    found, known, _, programme = _in_hand(call_id)
    if found.state != "due":
        flash(_not_yours(found), "error")
        return _to_list()
    form = BookedForm()
    if form.validate_on_submit() and form.day.data:
        interpreters.book(found, form.day.data, str(form.time.data), form.note.data or "")
        flash("Saved. The call stands on the list for that day.", "success")
        return _to_list()
    audit.record("viewed", "person", found.participant_id, person_id=found.person_id, purpose="call")
    errors = error_summary(form)
    return render(
        "outreach/book_interpreter.jinja", 422 if errors else 200, form=form, errors=errors, known=known,
        programme=programme, kept=_kept(),
    )  # fmt: skip


def _shown(found: Call, known: Known, step: Step, programme: Programme) -> dict[str, Any]:
    tries = calls.tries_of(found)
    tried = [one.at for one, counts in tries if counts]
    return {
        "call": found,
        "known": known,
        "programme": programme,
        "phone": rules.phone_of(known.facts),
        "script": _script(_template(found, step), known, letterhead_of(programme)),
        "attempts": [one for one, _ in tries],
        "try_next": call_times.another_time(tried),
        "left": call_outcomes.MOST_ATTEMPTS - len(tried),
        "timeline": pages.timeline_of(found.participant_id),
        "reply": latest_of(found.participant_id),
        "alerts": ALERTS,
        "kept": _kept(),
    }


def _template(found: Call, step: Step) -> LibraryItem | None:
    """The script that suits the person, as it was chosen for them; else the step's newest approved one."""
    if step.channel != "call":
        return None
    own = (
        select(LibraryItem)
        .join(Contact, (Contact.tenant_id == LibraryItem.org_id) & (Contact.template_id == LibraryItem.id))
        .where(Contact.step_id == step.id, Contact.participant_id == found.participant_id)
        .order_by(Contact.id.desc())
        .limit(1)
    )
    return db.session.scalars(own).one_or_none() or steps.templates_of([step]).get(step.position)


def _script(template: LibraryItem | None, known: Known, head: wording.Letterhead) -> Any:
    if template is None:
        return None
    values = wording.values_for(known, head, link="", day=clock.today(), colleague=here.name)
    return fill_html(html_of(template.body), values)
