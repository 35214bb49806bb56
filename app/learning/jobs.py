"""Work in the background: publishing a programme's figures to the ICB."""

from app import outbox
from app.learning import figures
from app.programmes import reporting
from app.programmes.models import Programme
from tenants import scope
from tenants.db import Json, db


@outbox.handles(reporting.JOB)
def publish_figures(payload: Json) -> None:
    """Publish the figures of the programme in `payload`, and again every morning while it runs."""
    programme = db.session.get(Programme, (scope.current().tenant, payload["programme_id"]))
    if programme is None:
        raise outbox.WorkCannotBeDone("The programme whose figures were to be published is no longer there.")
    figures.publish(programme)
    if programme.state in ("live", "paused"):
        reporting.leave_for_tomorrow(programme.id)
