"""What the network puts on the page "Today"."""

from flask import url_for
from sqlalchemy import func, select

from app.here import can, here
from app.outbox import Outbox
from app.permissions import Permission as P
from app.programmes.today import Todo, offers
from tenants.db import db
from tenants.models import settings_of_pcn


@offers
def failed_work() -> list[Todo]:
    """Background work that failed and waits for somebody to try it again."""
    if not can(P.SEE_WORK):
        return []
    failed = select(func.count()).where(Outbox.org_id == here.organisation.id, Outbox.failed_at.is_not(None))
    number = db.session.scalar(failed) or 0
    words = "piece of background work failed" if number == 1 else "pieces of background work failed"
    return [Todo(words, url_for("network.work"), number)] if number else []


@offers
def sender_details() -> list[Todo]:
    """A PCN that has not said how it presents itself can send nothing that people can answer."""
    if not can(P.MANAGE_SETTINGS):
        return []
    kept = settings_of_pcn()
    if kept.phone and kept.address and kept.privacy_url:
        return []
    hint = "Texts and letters need your phone number, address and privacy notice."
    return [Todo("Complete your sender details", url_for("network.sender"), 0, hint)]
