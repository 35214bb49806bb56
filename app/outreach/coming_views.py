"""The page of a programme's weeks to come."""

from flask import Response

from app import audit
from app.outreach.coming import coming_of
from app.outreach.views import bp, mine
from app.permissions import P, requires
from app.programmes.models import Programme
from app.render import render


@bp.get("/pcn/<slug>/programmes/<int:programme_id>/outreach/coming-weeks")
@requires(P.SEE_OUTREACH)
def coming_weeks(programme_id: int) -> Response:
    """Who comes due in the next weeks, at most, and what these weeks meet."""
    programme = mine(Programme, programme_id)
    audit.record("viewed", "coming weeks", programme.id, purpose="running the programme")
    return render("outreach/coming_weeks.jinja", programme=programme, coming=coming_of(programme))
