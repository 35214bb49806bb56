"""The call list and the call."""

from typing import Any

from flask import Response, flash, redirect, request, url_for
from sqlalchemy import select
from werkzeug.exceptions import Forbidden, NotFound

from app import audit, clock
from app.addresses import page_number
from app.cohorts.release import NOT_RELEASED, contact_person
from app.fields import error_summary
from app.here import here
from app.library.documents import fill_html, html_of
from app.library.models import LibraryItem
from app.outreach import calls, pages, rules, steps, wording
from app.outreach.call_models import Call
from app.outreach.facts import Known, known_of
from app.outreach.forms import CallForm
from app.outreach.letterhead import letterhead_of
from app.outreach.models import Step
from app.outreach.replies import latest_of
from app.outreach.views import bp
from app.permissions import Permission, requires
from app.programmes.models import Programme
from app.render import render
from tenants.db import db


def _call(call_id: int) -> Call:
    return db.get_or_404(Call, (here.organisation.id, call_id))


TITLES = {"due": "Due today", "mine": "Yours", "later": "Later"}


@bp.get("/pcn/<slug>/calls", endpoint="calls")
@requires(Permission.MAKE_CALLS)
def call_list() -> Response:
    """Who is to be rung today, which of these calls the person here has taken, and who is rung later."""
    lists = calls.lists_of(clock.today())
    show = request.args.get("show", "due")
    show = show if show in TITLES else "due"
    paging = pages.Paging(page_number(request.args), len(lists[show]))
    page = min(paging.page, paging.pages)
    listed = lists[show][(page - 1) * pages.A_PAGE : page * pages.A_PAGE]
    audit.record("viewed", "call list", count=len(listed))
    return render(
        "outreach/calls.jinja", listed=listed, lists=lists, show=show, titles=TITLES,
        paging=pages.Paging(page, paging.total),
    )  # fmt: skip


@bp.post("/pcn/<slug>/calls/<int:call_id>/claim")
@requires(Permission.MAKE_CALLS)
def claim(call_id: int) -> Response:
    """Take a call, so that nobody else rings this person."""
    call = _call(call_id)
    reason = calls.reason_not_to_ring(call)
    if reason is not None:
        calls.take_off(call, reason)
        flash(f"Do not ring: {reason}.", "error")
        return redirect(url_for("outreach.calls"), 303)  # type: ignore[return-value]
    if calls.claim(call):
        return redirect(url_for("outreach.call", call_id=call.id), 303)  # type: ignore[return-value]
    flash(_not_yours(call), "error")
    return redirect(url_for("outreach.calls"), 303)  # type: ignore[return-value]


def _not_yours(call: Call) -> str:
    if call.state != "due":
        return "This call was done or stopped by a colleague. There is nothing more to do for it."
    return f"{call.claimed_by} is on this call. Choose another one."


@bp.route("/pcn/<slug>/calls/<int:call_id>", methods=["GET", "POST"])
@requires(Permission.MAKE_CALLS)
def call(call_id: int) -> Response:
    """The script, the person and their needs, and what came of the call."""
    found, known, step, programme = _in_hand(call_id)
    form = CallForm()
    if form.is_submitted() and calls.was_recorded(form.form_key.data or ""):
        return _saved(found, "This call was written down already. Nothing was done twice.")
    obstacle = _obstacle(found, known, programme, ringing=not form.is_submitted())
    if obstacle and not form.is_submitted():
        flash(obstacle, "error")
        return redirect(url_for("outreach.calls"), 303)  # type: ignore[return-value]
    if form.validate_on_submit() and not obstacle:
        outcome = str(form.outcome.data)
        calls.record(found, form.said(), form.form_key.data or "")
        return _saved(found, calls.STOPS.get(outcome, "Call written down."))
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
    reason = rules.why_not(known.facts, "call", rules.Sending(programme.state), clock.now())
    return f"Do not ring: {reason}." if reason is not None and ringing else None


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


def _saved(found: Call, said: str) -> Response:
    flash(said, "success")
    return redirect(url_for("outreach.call_done", call_id=found.id), 303)  # type: ignore[return-value]


@bp.get("/pcn/<slug>/calls/<int:call_id>/done")
@requires(Permission.MAKE_CALLS)
def call_done(call_id: int) -> Response:
    """What was written down, and what to do next."""
    found = _call(call_id)
    contact_person(found.participant_id)
    attempts = calls.attempts_of(found)
    audit.record("viewed", "call", found.id, person_id=found.person_id)
    return render("outreach/call_done.jinja", call=found, attempt=attempts[0] if attempts else None)


def _shown(found: Call, known: Known, step: Step, programme: Programme) -> dict[str, Any]:
    template = steps.templates_of([step]).get(step.position) if step.channel == "call" else None
    head = letterhead_of(programme)
    return {
        "call": found,
        "known": known,
        "programme": programme,
        "phone": rules.phone_of(known.facts),
        "script": _script(template, known, head),
        "attempts": calls.attempts_of(found),
        "timeline": pages.timeline_of(found.participant_id),
        "reply": latest_of(found.participant_id),
    }


def _script(template: LibraryItem | None, known: Known, head: wording.Letterhead) -> Any:
    if template is None:
        return None
    values = wording.values_for(known, head, link="", day=clock.today(), colleague=here.name)
    return fill_html(html_of(template.body), values)
