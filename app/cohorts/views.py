"""The page of a programme's cohort: its definition read aloud, and what each rule costs."""

from typing import cast

from flask import Blueprint, Response, flash, redirect, url_for
from sqlalchemy import select

from app.cohorts.definition import cohort_of, definition_of, evaluation_of
from app.cohorts.release import own_practices
from app.cohorts.showing import shown_by_practice
from app.permissions import P, requires
from app.programmes.listing import programme_at
from app.programmes.models import Programme
from app.render import render
from tenants.db import db
from tenants.models import Practice

bp = Blueprint("cohorts", __name__, url_prefix="/pcn/<slug>/programmes/<int:programme_id>")


@bp.get("/cohort")
@requires(P.SEE_COHORTS)
def view(programme_id: int) -> Response:
    """Whom the programme is for: the definition read aloud, and what each step and rule costs."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    found = evaluation_of(cohort)
    return render(
        "cohorts/view.jinja",
        programme=programme,
        cohort=cohort,
        found=found,
        sentence=definition_of(cohort).aloud,
        practices=shown_by_practice(_practices(), found.by_practice, own_practices()),
    )


def _practices() -> list[Practice]:
    return list(db.session.scalars(select(Practice).order_by(Practice.name, Practice.id)))


def back(programme: Programme, message: str, kind: str) -> Response:
    """To the cohort's page, with a message there."""
    flash(message, kind)
    return cast(Response, redirect(url_for(".view", programme_id=programme.id)))
