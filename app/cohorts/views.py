"""Pages of a programme's cohort: its definition, and what each rule costs."""

from typing import Any, cast

from flask import Blueprint, Response, flash, redirect, request, url_for
from sqlalchemy import select

from app.cohorts import definition
from app.cohorts.criteria import evaluate
from app.cohorts.definition import AlreadyFrozen, cohort_of, evaluation_of, rules_of
from app.cohorts.forms import form_for, kept_values
from app.cohorts.release import own_practices
from app.cohorts.showing import shown_by_practice
from app.fields import error_summary
from app.library.cohort_rules import aloud
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
        sentence=aloud(rules_of(cohort)),
        practices=shown_by_practice(_practices(), found.by_practice, own_practices()),
    )


def _practices() -> list[Practice]:
    return list(db.session.scalars(select(Practice).order_by(Practice.name, Practice.id)))


@bp.route("/cohort/edit", methods=["GET", "POST"])
@requires(P.DEFINE_COHORTS)
def edit(programme_id: int) -> Response:
    """Try other numbers and see at once what they give; keep what is seen."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    if cohort.state == "frozen":
        return back(programme, "The cohort is frozen. Its definition cannot be changed.", "info")
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
        return back(programme, "The cohort was frozen in the meantime. Nothing was changed.", "info")
    return back(programme, "The definition is saved.", "success")


def back(programme: Programme, message: str, kind: str) -> Response:
    """To the cohort's page, with a message there."""
    flash(message, kind)
    return cast(Response, redirect(url_for(".view", programme_id=programme.id)))
