"""A programme's figures as its ICB may see them: counted here, made safe here, and published by a job."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app import audit, clock, outbox
from app.learning.models import PublishedFigures
from app.learning.rules import Figure, figures
from app.programmes.funnel import funnel_of
from app.programmes.models import Programme
from tenants import scope
from tenants.db import db
from tenants.models import Organisation

JOB = "learning.publish_figures"
LABEL = "Publish a programme's figures to the ICB"
HOUR = dt.timedelta(hours=1)
MORNING = dt.time(6)


def leave(programme_id: int) -> None:
    """Have the programme's figures published to the ICB: now, and once more when the hour is over.

    Calling it often is cheap: what is left twice within an hour is left once, and the second run of the hour
    takes in what changed after the first.
    """
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    payload = {"programme_id": programme_id}
    for when, run_after in (("start", clock.now()), ("end", hour + HOUR)):
        key = f"{programme_id}:{hour:%Y-%m-%dT%H}:{when}"
        outbox.leave(JOB, LABEL, payload, key=key, run_after=run_after)


def leave_for_tomorrow(programme_id: int) -> None:
    """Have the programme's figures published once more tomorrow morning."""
    day = clock.today() + dt.timedelta(days=1)
    at = dt.datetime.combine(day, MORNING, clock.LONDON)
    outbox.leave(JOB, LABEL, {"programme_id": programme_id}, key=f"{programme_id}:{day}:day", run_after=at)


def figures_of(programme_id: int) -> list[Figure]:
    """The programme's funnel as others may see it, as the rows say now."""
    return figures((stage.name, stage.kind, stage.count) for stage in funnel_of(programme_id))


def publish(programme: Programme) -> None:
    """Put the programme's figures where the ICB reads them, in place of those from before."""
    shown = figures_of(programme.id)
    values = {
        "programme_name": programme.name,
        "programme_state": programme.state,
        "funnel": [figure.as_json for figure in shown],
        "as_at": clock.now(),
        "published_at": clock.now(),
        "origin_name": our_name(),
    }
    row = insert(PublishedFigures).values(programme_id=programme.id, **values).inline()
    key = [PublishedFigures.icb_id, PublishedFigures.origin_org_id, PublishedFigures.programme_id]
    db.session.execute(row.on_conflict_do_update(index_elements=key, set_=values))
    audit.record("published", "figures", programme.id, purpose="sharing what works")


def our_name() -> str:
    """The name of the acting organisation."""
    return db.session.scalars(select(Organisation.name).where(Organisation.id == scope.current().org)).one()
