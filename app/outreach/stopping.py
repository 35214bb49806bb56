"""Stopping all sending of a PCN at once, and allowing it again."""

from sqlalchemy import select

from app import audit, clock
from app.here import here
from tenants.db import db
from tenants.models import PcnSettings

PURPOSE = "running the service"


def stop() -> bool:
    """Nothing more goes out in any programme until it is allowed again. False where it was stopped before."""
    kept = _alone()
    if kept.sending_stopped_at is not None:
        return False
    kept.sending_stopped_at, kept.sending_stopped_by = clock.now(), here.name
    audit.record("stopped", "all sending", kept.id, purpose=PURPOSE)
    return True


def allow() -> bool:
    """Approved batches go on within the hours. False where sending was allowed before."""
    kept = _alone()
    if kept.sending_stopped_at is None:
        return False
    kept.sending_stopped_at = kept.sending_stopped_by = None
    audit.record("allowed", "all sending", kept.id, purpose=PURPOSE)
    return True


def _alone() -> PcnSettings:
    """The acting PCN's settings, with nobody else changing them until this request ends."""
    return db.session.scalars(select(PcnSettings).with_for_update()).one()
