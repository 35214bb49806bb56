"""Freezing a cohort."""

from flask import Response

from app.cohorts import definition
from app.cohorts.definition import NobodyInIt, cohort_of, evaluation_of, rules_of
from app.cohorts.forms import FreezeForm
from app.cohorts.views import back, bp
from app.library.cohort_rules import aloud
from app.permissions import P, requires
from app.programmes.listing import programme_at
from app.render import render


@bp.route("/cohort/freeze", methods=["GET", "POST"])
@requires(P.DEFINE_COHORTS)
def freeze(programme_id: int) -> Response:
    """Freeze the cohort, once, after a look at what that means."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    if cohort.state == "frozen":
        return back(programme, "The cohort is frozen already.", "info")
    form = FreezeForm()
    if not form.validate_on_submit():
        return render(
            "cohorts/freeze.jinja", programme=programme, cohort=cohort, form=form,
            sentence=aloud(rules_of(cohort)), found=evaluation_of(cohort),
        )  # fmt: skip
    try:
        froze = definition.freeze(programme)
    except NobodyInIt:
        return back(programme, "Nobody meets the definition, so there is nothing to freeze.", "info")
    message = "The cohort is frozen. Ask the practices to release their people."
    return back(
        programme, message if froze else "The cohort is frozen already.", "success" if froze else "info"
    )
