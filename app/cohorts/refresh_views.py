"""Refreshing a frozen cohort: what would change and why, and doing it."""

from dataclasses import dataclass

from flask import Response, request
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app import audit
from app.cohorts import refresh
from app.cohorts.definition import PURPOSE, cohort_of, definition_of
from app.cohorts.freeze_forms import RefreshForm
from app.cohorts.models import Cohort, CohortWave
from app.cohorts.refresh import Change, Taken
from app.cohorts.release import released_to
from app.cohorts.showing import table
from app.cohorts.views import back, bp
from app.fields import error_summary
from app.here import can
from app.people.models import Person
from app.permissions import P, requires
from app.programmes.listing import programme_at
from app.programmes.models import Programme
from app.render import render
from tenants.db import db

MOST = 100  # people named on the page


@dataclass(frozen=True)
class Mover:
    """Somebody who would join, come back, leave or stay, under their name or pseudonym, and why."""

    who: str
    does: str
    why: str


@bp.get("/cohort/refresh", endpoint="refresh")
@requires(P.SEE_COHORTS)
def preview_refresh(programme_id: int) -> Response:
    """Who would join and leave today, and why; counts first."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    if cohort.state != "frozen":
        return back(programme, "The cohort is not frozen yet. It is counted anew each time you look.", "info")
    waves = refresh.waves_of(cohort)
    change = refresh.change_of(cohort, waves)
    form = RefreshForm(mark=change.mark).of(change)
    form.leave.data = [why for why in form.reasons if not why.startswith(refresh.NOT_KNOWN)]
    return _page(programme, cohort, change, form, waves)


@bp.post("/cohort/refresh")
@requires(P.DEFINE_COHORTS)
def take_refresh(programme_id: int) -> Response:
    """Bring in who joins, leave out who leaves. Asks again where the people have changed since the page."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    if cohort.state != "frozen":
        return back(programme, "The cohort is not frozen yet. There is nothing to refresh.", "info")
    sent: MultiDict[str, str] = request.form
    try:
        taken = refresh.take(programme, sent.get("mark", ""), frozenset(sent.getlist("leave")))
    except refresh.Changed as changed:
        form = RefreshForm().of(changed.change)
        form.mark.data = changed.change.mark
        form.form_errors = ["The people have changed since you opened this page. Look again, then refresh"]
        return _page(programme, cohort, changed.change, form, refresh.waves_of(cohort))
    return back(programme, _said(taken), "success" if taken.wave else "info")


def _said(taken: Taken) -> str:
    if taken.wave is None:
        return "Nothing has changed, so the cohort stays as it is."
    joined = f"{taken.wave.joined:,} joined" + (f", {taken.returned:,} came back" if taken.returned else "")
    return f"The cohort is refreshed. Wave {taken.wave.number}: {joined}, {taken.wave.left:,} left out."


def _page(
    programme: Programme, cohort: Cohort, change: Change, form: RefreshForm, waves: list[CohortWave]
) -> Response:
    errors = error_summary(form)
    movers = _movers(programme, change) if can(P.SEE_PEOPLE) else []
    return render(
        "cohorts/refresh.jinja", 422 if errors else 200, programme=programme, cohort=cohort, change=change,
        form=form, errors=errors, sentence=definition_of(cohort).aloud, waves=waves,
        returning=table({"return": len(change.returning)}).total,
        joining=table(_counted(change.joiners.values()), told=True),
        leaving=table({why: len(who) for why, who in change.reasons.items()}, told=True),
        staying=table(_counted(one.why for one in change.staying)), movers=movers, most=MOST,
    )  # fmt: skip


def _counted(reasons: object) -> dict[str, int]:
    counts: dict[str, int] = {}
    for why in reasons:  # type: ignore[attr-defined]
        counts[why] = counts.get(why, 0) + 1
    return dict(sorted(counts.items()))


def _movers(programme: Programme, change: Change) -> list[Mover]:
    """Each who moves, for the care team: named where their practice has released its people."""
    moves = {person: ("Would join", why) for person, why in change.joiners.items()}
    moves |= {
        person: ("Would come back", "meets the definition again") for person in change.returning.values()
    }
    staying = {one.person_id for one in change.staying}
    for one in change.leavers:
        moves[one.person_id] = ("Stays" if one.person_id in staying else "Would leave", one.why)
    shown = dict(list(moves.items())[:MOST])
    people = db.session.execute(
        select(Person, released_to(programme.id))
        .where(Person.id.in_(shown))
        .order_by(Person.family_name, Person.given_name, Person.id)
    ).all()
    audit.record("viewed", "people who would move", programme.id, purpose=PURPOSE, count=len(people))
    return [Mover(one.name if named else one.pseudonym, *shown[one.id]) for one, named in people]
