"""The reference data that rules use, to be read: code lists, limits of values, releases of deprivation."""

import datetime as dt

from flask import Response

from app.people.code_lists import CodeList, code_lists, versions_of
from app.people.codes import MEASURES, Measure
from app.people.deprivation import RELEASES
from app.people.views import bp
from app.permissions import P, requires
from app.render import render

HEADINGS = {
    "condition": "Conditions",
    "measure": "Measured values",
    "pair": "Blood pressure as one entry",
    "care": "Care that was offered or given",
}


@bp.get("/code-lists")
@requires(P.SEE_COHORTS)
def see_code_lists() -> Response:
    """Each list in its newest version with its concepts and source, and its older versions."""
    listed = {heading: code_lists(kind) for kind, heading in HEADINGS.items()}
    return render(
        "people/see_code_lists.jinja",
        listed=listed,
        versions={one.name: versions_of(one.name) for lists in listed.values() for one in lists},
        measure_of=_measure_of,
        day_of=dt.date.fromisoformat,
        releases=RELEASES,
    )


def _measure_of(listed: CodeList) -> Measure | None:
    """The measure that a list's codes are kept as."""
    return MEASURES.get(listed.codes[0])
