"""Watching over an organisation: the work that goes on in the background, and who saw or did what."""

from typing import Any

from flask import Response, flash, request
from sqlalchemy import ColumnElement, Select, func, or_, select

from app import audit, clock, outbox
from app.addresses import page_number
from app.audit import AuditEvent
from app.fields import error_summary
from app.here import can, here
from app.network import forms, rules
from app.network.views import bp, to
from app.outbox import Outbox
from app.paging import Page, page_of
from app.people.models import Person
from app.permissions import Permission as P
from app.permissions import requires
from app.render import render
from tenants.db import db

LATELY = 20  # finished pieces of work that are shown
AT_MOST = 200  # unfinished ones
WATCHED = "/<any(pcn,icb):kind>/<slug>/settings"


@bp.get(f"{WATCHED}/work")
@requires(P.SEE_WORK)
def work() -> Response:
    """What is going on, what waits, what failed and why, and what was done lately."""
    return _work_page()


@bp.get(f"{WATCHED}/work/now")
@requires(P.SEE_WORK)
def refresh_work() -> Response:
    """The same, asked for by the page itself every few seconds: it does not prolong the session."""
    return _work_page()


def _work_page() -> Response:
    own = select(Outbox).where(Outbox.org_id == here.organisation.id)
    unfinished = own.where(Outbox.done_at.is_(None)).order_by(Outbox.failed_at, Outbox.run_after, Outbox.id)
    lately = own.where(Outbox.done_at.is_not(None)).order_by(Outbox.done_at.desc()).limit(LATELY)
    by_state: dict[str, list[Outbox]] = {state: [] for state in ("failed", "in progress", "waiting", "done")}
    for row in db.session.scalars(unfinished.limit(AT_MOST)):
        state = rules.work_state(row.done_at, row.failed_at, row.queued_at, row.error)
        by_state["waiting" if state == "trying again" else state].append(row)
    by_state["done"] = list(db.session.scalars(lately))
    return render("network/work.jinja", work=by_state, moment=clock.now())


@bp.post(f"{WATCHED}/work/<int:work_id>/again")
@requires(P.SEE_WORK)
def try_again(work_id: int) -> Response:
    """Put failed work back in line."""
    row = db.get_or_404(Outbox, (here.organisation.id, work_id))
    if outbox.try_again(row.id):
        audit.record("tried again", "background work", row.id, purpose="running the service", kind=row.kind)
        flash(f"“{row.label}” is in line again.", "success")
    else:
        flash(f"“{row.label}” is not failed any more: it was put in line again already.", "info")
    return to("work")


@bp.get(f"{WATCHED}/activity")
@requires(P.SEE_ACTIVITY)
def activity() -> Response:
    """Who saw or did what. Looking at it is itself recorded."""
    form = forms.ActivityFilter(request.args)
    filtered = any(request.args.get(name) for name in request.args if name != "page")
    if filtered and not form.validate():
        return render(
            "network/activity.jinja",
            422,
            form=form,
            errors=error_summary(form),
            shown=Page([], 0, 1),
            filtered=True,
        )
    shown = page_of(_matching(form), page_number(request.args))
    audit.record("viewed", "activity", purpose="checking who did what", count=shown.total)
    return render(
        "network/activity.jinja", form=form, shown=shown, filtered=filtered, org_id=here.organisation.id
    )


def _matching(form: forms.ActivityFilter) -> Select[Any]:
    """The events that the policies show the organisation, narrowed by the filter, newest first."""
    statement: Select[Any] = select(AuditEvent).order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    for text, columns in (
        (form.who.data, (AuditEvent.actor, AuditEvent.role)),
        (form.what.data, (AuditEvent.action, AuditEvent.subject, AuditEvent.purpose)),
    ):
        for word in (text or "").split():
            statement = statement.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    day = func.date(func.timezone(clock.LONDON.key, AuditEvent.at))
    if form.since.data:
        statement = statement.where(day >= form.since.data)
    if form.until.data:
        statement = statement.where(day <= form.until.data)
    return statement if can(P.SEE_ALL_ACTIVITY) else statement.where(_of_own_practices())


def _of_own_practices() -> ColumnElement[bool]:
    """What names no person, or a person of their own practice."""
    people = select(Person.id).where(Person.practice_id.in_(here.place.practices if here.place else ()))
    return or_(AuditEvent.person_id.is_(None), AuditEvent.person_id.in_(people))
