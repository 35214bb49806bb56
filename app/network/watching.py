"""Watching over an organisation: the work that goes on in the background, and who saw or did what."""

from typing import Any

from flask import Response, flash, make_response, request
from sqlalchemy import select

from app import audit, clock, outbox
from app.addresses import page_number
from app.fields import error_summary
from app.here import here
from app.network import activity as events
from app.network import forms, rules
from app.network.views import bp, to
from app.outbox import Outbox
from app.paging import Page, asked_here, page_of
from app.permissions import Permission as P
from app.permissions import requires
from app.render import render
from tenants.db import db

CHECKING = "checking who did what"
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
    form = forms.ActivityFilter(request.args).asked_by(practice=events.may_name())
    filtered = any(request.args.get(name) for name in request.args if name != "page")
    if filtered and not form.validate():
        return _activity_page(form, Page([], 0, 1), filtered=True, status=422, errors=error_summary(form))
    shown = page_of(events.matching(form), page_number(request.args))
    audit.record("viewed", "activity", purpose=CHECKING, count=shown.total)
    return _activity_page(form, shown, filtered=filtered, lately=events.lately())


def _activity_page(
    form: forms.ActivityFilter, shown: Page, *, filtered: bool, status: int = 200, **more: Any
) -> Response:
    given = {"lately": None, "org_id": here.organisation.id, "in_a_file": events.IN_A_FILE} | more
    return render(
        "network/activity.jinja",
        status,
        form=form,
        shown=shown,
        filtered=filtered,
        pseudonyms=events.pseudonyms_in(shown.rows) if here.organisation.kind == "pcn" else {},
        asked=asked_here(),
        **given,
    )


@bp.get(f"{WATCHED}/activity/file")
@requires(P.SEE_ACTIVITY)
def export_activity() -> Response:
    """The same as a file, under the same filter. Taking it out is recorded."""
    form = forms.ActivityFilter(request.args).asked_by(practice=events.may_name())
    if not form.validate():
        return _activity_page(form, Page([], 0, 1), filtered=True, status=422, errors=error_summary(form))
    text, count = events.as_csv(form)
    audit.record("exported", "activity", purpose=CHECKING, count=count)
    answer = make_response(text.encode("utf-8-sig"))
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = f"attachment; filename=activity-{clock.today()}.csv"
    return answer
