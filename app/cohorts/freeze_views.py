"""Freezing a cohort."""

from flask import Response

from app.cohorts import freezing
from app.cohorts.definition import ChangedMeanwhile, cohort_of, definition_of, mark_of
from app.cohorts.freeze_forms import FreezeForm
from app.cohorts.freezing import NobodyInIt
from app.cohorts.models import Cohort
from app.cohorts.pages import meanwhile
from app.cohorts.plans import plan_of_cohort
from app.cohorts.views import back, bp
from app.fields import error_summary
from app.permissions import P, requires
from app.programmes.listing import programme_at
from app.programmes.models import Programme
from app.render import render


@bp.route("/cohort/freeze", methods=["GET", "POST"])
@requires(P.DEFINE_COHORTS)
def freeze(programme_id: int) -> Response:
    """Freeze the cohort, once, after a look at what that means."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    if cohort.state == "frozen":
        return back(programme, "The cohort is frozen already.", "info")
    form = FreezeForm(data={"screened_first": "yes", "seen": mark_of(cohort)})
    if not form.validate_on_submit():
        return _freeze_page(programme, cohort, form)
    try:
        first = form.screened_first.data == "yes"
        froze = freezing.freeze(programme, screened_first=first, mark=form.seen.data)
    except ChangedMeanwhile as changed:
        form.seen.data = mark_of(changed.cohort)
        form.form_errors.append(
            f"{meanwhile(changed.cohort)} Read it again, and freeze it if you still want to"
        )
        return _freeze_page(programme, changed.cohort, form)
    except NobodyInIt:
        return back(programme, "Nobody meets the definition, so there is nothing to freeze.", "info")
    message = "The cohort is frozen. Ask the practices to release their people."
    return back(
        programme, message if froze else "The cohort is frozen already.", "success" if froze else "info"
    )


def _freeze_page(programme: Programme, cohort: Cohort, form: FreezeForm) -> Response:
    errors = error_summary(form)
    return render(
        "cohorts/freeze.jinja", 422 if errors else 200, programme=programme, cohort=cohort, form=form,
        sentence=definition_of(cohort).aloud, plan=plan_of_cohort(cohort), errors=errors,
    )  # fmt: skip
