"""Each practice's release of its people: who has, when and on what basis, and taking it back."""

from typing import Any, cast

from flask import Response, flash, redirect, url_for

from app.cohorts.definition import cohort_of
from app.cohorts.models import Cohort
from app.cohorts.release import PracticePart, own_practices, practices_of, withdraw
from app.cohorts.release import release as release_people
from app.cohorts.release_forms import ReleaseForm, WithdrawForm
from app.cohorts.showing import shown_by_practice
from app.cohorts.views import bp
from app.fields import error_summary
from app.library.setup import setup_of
from app.permissions import P, requires
from app.programmes.listing import programme_at
from app.programmes.models import Programme
from app.render import render


@bp.get("/releases")
@requires(P.SEE_COHORTS)
def releases(programme_id: int) -> Response:
    """Which practices have released their people, who did it and when."""
    programme = programme_at(programme_id)
    parts = practices_of(programme.id)
    counts = {part.practice.id: part.people for part in parts}
    shown = shown_by_practice([part.practice for part in parts], counts, own_practices())
    return render(
        "cohorts/releases.jinja", programme=programme, parts_of_page=parts, shown=shown,
        frozen=cohort_of(programme).state == "frozen", own=own_practices(),
    )  # fmt: skip


@bp.route("/releases/release", methods=["GET", "POST"])
@requires(P.RELEASE_PEOPLE)
def release(programme_id: int) -> Response:
    """Let the people of one's own practice be named and contacted for the programme."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    if cohort.state != "frozen":
        return _to_releases(programme, "The cohort is not frozen yet. There is nobody to release.", "info")
    mine = [part for part in _mine(programme) if part.people]
    if not mine:
        return _to_releases(
            programme, "Your practice has nobody in the cohort. There is nobody to release.", "info"
        )
    form = ReleaseForm().of([part.practice for part in mine])
    waiting = [part for part in mine if not part.released]
    if not waiting and not form.is_submitted():
        return _to_releases(programme, "Your practice has released its people.", "info")
    if not form.validate_on_submit():
        return _release_page("cohorts/release.jinja", programme, form, mine, cohort)
    new = release_people(programme.id, int(form.practice.data), str(form.basis.data))
    return _to_releases(
        programme, "The practice's people are released." if new else "They are released already.", "success"
    )


@bp.route("/releases/withdraw", methods=["GET", "POST"])
@requires(P.RELEASE_PEOPLE)
def withdraw_release(programme_id: int) -> Response:
    """Take back the release of one's own practice."""
    programme = programme_at(programme_id)
    mine = _mine(programme)
    form = WithdrawForm().of([part.practice for part in mine])
    if not any(part.released for part in mine):
        return _to_releases(programme, "Your practice has not released its people.", "info")
    if not form.validate_on_submit():
        return _release_page("cohorts/withdraw_release.jinja", programme, form, mine, cohort_of(programme))
    if withdraw(programme.id, int(form.practice.data), str(form.reason.data)):
        return _to_releases(programme, "The release is taken back. Nobody more is contacted.", "success")
    return _to_releases(programme, "There was no release to take back.", "info")


def _mine(programme: Programme) -> list[PracticePart]:
    own = own_practices()
    return [part for part in practices_of(programme.id) if part.practice.id in own]


def _release_page(
    template: str, programme: Programme, form: Any, mine: list[PracticePart], cohort: Cohort
) -> Response:
    errors = error_summary(form)
    return render(
        template, 422 if errors else 200, programme=programme, form=form, mine=mine, errors=errors,
        cohort=cohort, steps=setup_of(programme.setup).steps,
    )  # fmt: skip


def _to_releases(programme: Programme, message: str, kind: str) -> Response:
    flash(message, kind)
    return cast(Response, redirect(url_for(".releases", programme_id=programme.id)))
