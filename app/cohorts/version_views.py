"""Versions of a definition: kept with a reason, listed, compared, and brought back."""

from flask import Response, flash, redirect, request, url_for

from app.cohorts import definition
from app.cohorts.definition import AlreadyFrozen, ChangedMeanwhile, cohort_of, mark_of
from app.cohorts.forms import VersionForm
from app.cohorts.models import Cohort, CohortVersion
from app.cohorts.pages import FROZEN, changes, meanwhile
from app.cohorts.versions import newest_version, says_the_same, version_at, versions_of
from app.cohorts.views import back, bp
from app.fields import error_summary
from app.library.definitions import read_definition
from app.permissions import P, requires
from app.programmes.listing import programme_at
from app.programmes.models import Programme
from app.render import render


@bp.get("/cohort/versions")
@requires(P.SEE_COHORTS)
def versions(programme_id: int) -> Response:
    """Every version: what it said, who saved it, when and why, and what changed to it."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    listed = versions_of(cohort)
    older = [*listed[1:], None] if listed else []
    since = {
        version.id: changed(before, version) for version, before in zip(listed, older, strict=True) if before
    }
    working = bool(listed) and not says_the_same(cohort, listed[0])
    return render(
        "cohorts/versions.jinja", programme=programme, cohort=cohort, versions=listed, changes=since,
        working=working,
    )  # fmt: skip


def changed(before: CohortVersion | Cohort, after: CohortVersion | Cohort) -> list[str]:
    """What differs from one version to another in words, the day included."""
    found = changes(before.definition, after.definition)
    if before.on_date != after.on_date:
        found.append(f"Counted as of {_day(after)} instead of {_day(before)}")
    return found


def _day(version: CohortVersion | Cohort) -> str:
    return f"{version.on_date.day} {version.on_date:%B %Y}"


@bp.get("/cohort/versions/<int:version_id>")
@requires(P.SEE_COHORTS)
def view_version(programme_id: int, version_id: int) -> Response:
    """One version read aloud, and what differs from it to the definition as it is now."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    version = version_at(cohort, version_id)
    return render(
        "cohorts/view_version.jinja", programme=programme, cohort=cohort, version=version,
        whole=read_definition(version.definition), since=changed(version, cohort),
    )  # fmt: skip


@bp.get("/cohort/compare")
@requires(P.SEE_COHORTS)
def compare(programme_id: int) -> Response:
    """What changed from one version to another, in words."""
    programme = programme_at(programme_id)
    listed = versions_of(cohort_of(programme))
    by_number = {str(version.number): version for version in listed}
    if len(listed) < 2:
        return redirect(url_for(".versions", programme_id=programme.id), 303)  # type: ignore[return-value]
    before = by_number.get(request.args.get("from", ""), listed[1])
    after = by_number.get(request.args.get("to", ""), listed[0])
    return render(
        "cohorts/compare.jinja", programme=programme, versions=listed, before=before, after=after,
        changes=changed(before, after), aloud=lambda version: read_definition(version.definition).aloud,
    )  # fmt: skip


@bp.route("/cohort/versions/save", methods=["GET", "POST"])
@requires(P.DEFINE_COHORTS)
def save_version(programme_id: int) -> Response:
    """Keep the working copy as a version, and say why."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    if cohort.state == "frozen":
        return back(programme, FROZEN, "info")
    form = VersionForm(data={"seen": mark_of(cohort)})
    if not form.validate_on_submit():
        return _save_page(programme, cohort, form)
    try:
        saved = definition.save_version(programme, str(form.seen.data), str(form.why.data))
    except AlreadyFrozen:
        return back(programme, FROZEN, "info")
    except ChangedMeanwhile as other:
        return _save_page(programme, other.cohort, _again(form, other.cohort))
    flash(f"Version {saved.number} is saved.", "success")
    return redirect(url_for(".view", programme_id=programme.id), 303)  # type: ignore[return-value]


def _again(form: VersionForm, cohort: Cohort) -> VersionForm:
    """The form once more, for the definition as it is now."""
    form.seen.data = mark_of(cohort)
    form.form_errors.append(f"{meanwhile(cohort)} Read it again, and save it if you still want to")
    return form


def _save_page(programme: Programme, cohort: Cohort, form: VersionForm) -> Response:
    saved, errors = newest_version(cohort), error_summary(form)
    return render(
        "cohorts/save_version.jinja", 422 if errors else 200, programme=programme, cohort=cohort, form=form,
        errors=errors, saved=saved, changes=changed(saved, cohort) if saved else [],
        sentence=read_definition(cohort.definition).aloud,
    )  # fmt: skip


@bp.route("/cohort/versions/<int:version_id>/restore", methods=["GET", "POST"])
@requires(P.DEFINE_COHORTS)
def restore(programme_id: int, version_id: int) -> Response:
    """Bring an earlier version back as the next one. Nothing in between is lost."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    if cohort.state == "frozen":
        return back(programme, FROZEN, "info")
    version = version_at(cohort, version_id)
    form = VersionForm(data={"seen": mark_of(cohort)})
    if not form.validate_on_submit():
        return _restore_page(programme, cohort, version, form)
    try:
        back_again = definition.restore(programme, str(form.seen.data), version, str(form.why.data))
    except AlreadyFrozen:
        return back(programme, FROZEN, "info")
    except ChangedMeanwhile as other:
        return _restore_page(programme, other.cohort, version, _again(form, other.cohort))
    flash(f"Version {version.number} is back, as version {back_again.number}.", "success")
    return redirect(url_for(".view", programme_id=programme.id), 303)  # type: ignore[return-value]


def _restore_page(
    programme: Programme, cohort: Cohort, version: CohortVersion, form: VersionForm
) -> Response:
    errors = error_summary(form)
    return render(
        "cohorts/restore.jinja", 422 if errors else 200, programme=programme, cohort=cohort, form=form,
        errors=errors, version=version, whole=read_definition(version.definition),
        changes=changed(cohort, version),
    )  # fmt: skip
