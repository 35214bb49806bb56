"""What the network puts on the page "Today"."""

from flask import url_for
from sqlalchemy import func, select

from app.here import can, here
from app.outbox import Outbox
from app.permissions import Permission as P
from app.programmes.today import Todo, offers
from tenants.db import db
from tenants.models import PcnSettings


@offers
def work_and_sender() -> list[Todo]:
    """Background work that failed, and a sender that people cannot answer: asked in one statement."""
    failed = select(func.count()).where(Outbox.org_id == here.organisation.id, Outbox.failed_at.is_not(None))
    incomplete = select(func.count()).where(
        (PcnSettings.phone == "") | (PcnSettings.address == "") | (PcnSettings.privacy_url == "")
    )
    parts = ((P.SEE_WORK, failed, _failed), (P.MANAGE_SETTINGS, incomplete, _sender))
    mine = [(count.scalar_subquery(), todo) for permission, count, todo in parts if can(permission)]
    if not mine:
        return []
    numbers = db.session.execute(select(*(count for count, _ in mine))).one()
    return [todo(number) for number, (_, todo) in zip(numbers, mine, strict=True) if number]


def _failed(number: int) -> Todo:
    """Background work that waits for somebody to try it again."""
    words = "piece of background work failed" if number == 1 else "pieces of background work failed"
    return Todo(words, url_for("network.work"), number)


def _sender(_: int) -> Todo:
    """A PCN that has not said how it presents itself can send nothing that people can answer."""
    hint = "Texts and letters need your phone number, address and privacy notice."
    return Todo("Complete your sender details", url_for("network.sender"), 0, hint)
