"""The page of a programme's cohort: its definition read aloud, and what each rule costs."""

from typing import cast

from flask import Blueprint, Response, flash, redirect, request, url_for

from app.cohorts.definition import cohort_of, definition_of
from app.cohorts.equity import equity_of_cohort
from app.cohorts.plans import plan_of_cohort
from app.cohorts.refresh import waves_of
from app.cohorts.versions import newest_version
from app.library.cohort_rules import BadRule
from app.permissions import P, requires
from app.programmes.listing import programme_at
from app.programmes.models import Programme
from app.render import render

bp = Blueprint("cohorts", __name__, url_prefix="/pcn/<slug>/programmes/<int:programme_id>")


@bp.get("/cohort")
@requires(P.SEE_COHORTS)
def view(programme_id: int) -> Response:
    """Whom the programme is for: the definition read aloud, and what each step and rule costs."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    whole = definition_of(cohort)
    return render(
        "cohorts/view.jinja",
        programme=programme,
        cohort=cohort,
        whole=whole,
        plan=plan_of_cohort(cohort),
        equity=equity_of_cohort(cohort),
        waves=waves_of(cohort) if cohort.state == "frozen" else [],
        saved=newest_version(cohort),
    )


@bp.errorhandler(BadRule)
def cannot_count(bad: BadRule) -> Response:
    """A definition names a list of codes that there is not: said, with the way to the rules."""
    programme = programme_at((request.view_args or {})["programme_id"])
    return render("cohorts/cannot_count.jinja", 422, programme=programme, faults=bad.faults)


def back(programme: Programme, message: str, kind: str) -> Response:
    """To the cohort's page, with a message there."""
    flash(message, kind)
    return cast(Response, redirect(url_for(".view", programme_id=programme.id)))
