"""Mail to staff: invitations, "a referral waits". It goes through the outbox and names no patient."""

import datetime as dt

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from app import audit, clock, outbox
from tenants.db import Base, Json, OrgRow, db


class CapturedMail(OrgRow, Base):
    """Mail taken instead of sent. No mail gateway is connected yet, and the pages that show this say so."""

    __tablename__ = "captured_mail"

    reference: Mapped[str]
    to: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    at: Mapped[dt.datetime]

    __table_args__ = (UniqueConstraint("org_id", "reference"),)


def post(to: str, subject: str, body: str, *, key: str) -> None:
    """Leave mail to `to` to be sent after this transaction commits, once for each `key`."""
    payload = {"to": to, "subject": subject, "body": body, "reference": key}
    outbox.leave("mail.send", f"Mail to staff: {subject}", payload, key=key)


@outbox.handles("mail.send")
def send(payload: Json) -> None:
    """Capture the mail in the row that the demonstration's page shows."""
    db.session.add(CapturedMail(at=clock.now(), **payload))
    audit.record("sent", "mail", purpose="service notice")
