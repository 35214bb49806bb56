"""Pages of a programme's cohort: its definition, the practices' release, and its people."""

from typing import Any, cast

from flask import Blueprint, Response, flash, redirect, request, url_for
from sqlalchemy import select

from app import audit
from app.cohorts import definition, participants
from app.cohorts.criteria import evaluate
from app.cohorts.definition import AlreadyFrozen, NobodyInIt, cohort_of, evaluation_of, rules_of
from app.cohorts.forms import FreezeForm, ReleaseForm, WithdrawForm, form_for, kept_values
from app.cohorts.release import PracticePart, practices_and_whether_released, practices_of, withdraw
from app.cohorts.release import release as release_people
from app.cohorts.showing import shown_by_practice
from app.fields import error_summary
from app.here import can, here
from app.library.cohort_rules import aloud
from app.permissions import P, requires
from app.programmes.listing import programme_at
from app.programmes.models import MILESTONES, Programme
from app.render import render
from tenants.db import Json, db
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
        sentence=aloud(rules_of(cohort)),
        practices=shown_by_practice(_practices(), found.by_practice, _own()),
    )


def _practices() -> list[Practice]:
    return list(db.session.scalars(select(Practice).order_by(Practice.name, Practice.id)))


def _own() -> frozenset[int]:
    """The practices of which the person here is the releaser."""
    return here.place.practices if here.place and can(P.RELEASE_PEOPLE) else frozenset()


@bp.route("/cohort/edit", methods=["GET", "POST"])
@requires(P.DEFINE_COHORTS)
def edit(programme_id: int) -> Response:
    """Try other numbers and see at once what they give; keep what is seen."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    if cohort.state == "frozen":
        return _back(programme, "The cohort is frozen. Its definition cannot be changed.", "info")
    rules = rules_of(cohort)
    if request.method == "POST":
        form = form_for(rules, cohort.on_date, request.form)
        if form.validate():
            return _defined(programme, form)
    else:
        trying = request.args or None
        form = form_for(rules, cohort.on_date, trying, meta={"csrf": False})
        if trying is None or form.validate():
            return _edit_page(programme, form, tried=True)
    return _edit_page(programme, form, tried=False)


def _edit_page(programme: Programme, form: Any, *, tried: bool) -> Response:
    rules = form.changed_rules() if tried else []
    return render(
        "cohorts/edit.jinja", 200 if tried else 422, programme=programme, form=form,
        errors=error_summary(form),
        kept=kept_values(form) if tried else [],
        sentence=aloud(rules), found=evaluate(rules, form.on.data) if tried else None,
    )  # fmt: skip


def _defined(programme: Programme, form: Any) -> Response:
    try:
        definition.define(programme, form.changed_rules(), form.on.data)
    except AlreadyFrozen:
        return _back(programme, "The cohort was frozen in the meantime. Nothing was changed.", "info")
    return _back(programme, "The definition is saved.", "success")


def _back(programme: Programme, message: str, kind: str) -> Response:
    flash(message, kind)
    return cast(Response, redirect(url_for(".view", programme_id=programme.id)))


@bp.route("/cohort/freeze", methods=["GET", "POST"])
@requires(P.DEFINE_COHORTS)
def freeze(programme_id: int) -> Response:
    """Freeze the cohort, once, after a look at what that means."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    if cohort.state == "frozen":
        return _back(programme, "The cohort is frozen already.", "info")
    form = FreezeForm()
    if not form.validate_on_submit():
        return render(
            "cohorts/freeze.jinja", programme=programme, cohort=cohort, form=form,
            sentence=aloud(rules_of(cohort)), found=evaluation_of(cohort),
        )  # fmt: skip
    try:
        froze = definition.freeze(programme)
    except NobodyInIt:
        return _back(programme, "Nobody meets the definition, so there is nothing to freeze.", "info")
    message = "The cohort is frozen. Ask the practices to release their people."
    return _back(
        programme, message if froze else "The cohort is frozen already.", "success" if froze else "info"
    )


@bp.get("/releases")
@requires(P.SEE_COHORTS)
def releases(programme_id: int) -> Response:
    """Which practices have released their people, who did it and when."""
    programme = programme_at(programme_id)
    parts = practices_of(programme.id)
    counts = {part.practice.id: part.people for part in parts}
    shown = shown_by_practice([part.practice for part in parts], counts, _own())
    return render(
        "cohorts/releases.jinja", programme=programme, parts_of_page=parts, shown=shown,
        frozen=cohort_of(programme).state == "frozen", own=_own(),
    )  # fmt: skip


@bp.route("/releases/release", methods=["GET", "POST"])
@requires(P.RELEASE_PEOPLE)
def release(programme_id: int) -> Response:
    """Let the people of one's own practice be named and contacted for the programme."""
    programme = programme_at(programme_id)
    mine = _mine(programme)
    if cohort_of(programme).state != "frozen":
        return _to_releases(programme, "The cohort is not frozen yet. There is nobody to release.", "info")
    form = ReleaseForm().of([part.practice for part in mine])
    waiting = [part for part in mine if not part.released]
    if not waiting and not form.is_submitted():
        return _to_releases(programme, "Your practice has released its people.", "info")
    if not form.validate_on_submit():
        return _release_page("cohorts/release.jinja", programme, form, mine)
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
        return _release_page("cohorts/withdraw_release.jinja", programme, form, mine)
    if withdraw(programme.id, int(form.practice.data), str(form.reason.data)):
        return _to_releases(programme, "The release is taken back. Nobody more is contacted.", "success")
    return _to_releases(programme, "There was no release to take back.", "info")


def _mine(programme: Programme) -> list[PracticePart]:
    own = _own()
    return [part for part in practices_of(programme.id) if part.practice.id in own]


def _release_page(template: str, programme: Programme, form: Any, mine: list[PracticePart]) -> Response:
    errors = error_summary(form)
    status = 422 if errors else 200
    return render(template, status, programme=programme, form=form, mine=mine, errors=errors)


def _to_releases(programme: Programme, message: str, kind: str) -> Response:
    flash(message, kind)
    return cast(Response, redirect(url_for(".releases", programme_id=programme.id)))


@bp.get("/participants", endpoint="participants")
@requires(P.SEE_PROGRAMMES)
def people(programme_id: int) -> Response:
    """Everybody in the programme, or those that a number on another page counts."""
    programme = programme_at(programme_id)
    wanted = participants.wanted_from(request.args)
    practices = practices_and_whether_released(programme.id)
    page = participants.find(programme.id, wanted, practices, may_see_people=can(P.SEE_PEOPLE))
    audit.record(
        "viewed", "participant list", programme.id, count=len(page.rows), of=page.total, filter=wanted.filter
    )
    return render(
        "cohorts/participants.jinja", programme=programme, wanted=wanted, page=page, known=MILESTONES,
        practices=[practice for practice, _ in practices], pagination=_pagination(programme, wanted, page),
    )  # fmt: skip


def _pagination(programme: Programme, wanted: participants.Wanted, page: participants.Page) -> Json:
    """What the NHS pagination component is told; the filter and the order stay in every link."""

    def link(number: int) -> str:
        return url_for(".participants", programme_id=programme.id, **wanted.address(page=number))

    items: list[Json] = []
    for number in range(1, page.pages + 1):
        if number in (1, page.pages) or abs(number - page.number) <= 1:
            items.append({"number": number, "href": link(number), "current": number == page.number})
        elif items[-1] != {"ellipsis": True}:
            items.append({"ellipsis": True})
    given: Json = {"items": items}
    if page.number > 1:
        given["previous"] = {"href": link(page.number - 1)}
    if page.number < page.pages:
        given["next"] = {"href": link(page.number + 1)}
    return given
