"""A programme's figures as its ICB may see them: counted here, made safe here, and published by a job."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app import audit, clock
from app.learning.models import PublishedFigures
from app.learning.rules import Figure, figures
from app.programmes.funnel import funnel_of
from app.programmes.models import Programme
from tenants import scope
from tenants.db import db
from tenants.models import Organisation


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
