"""Where messages leave the service. Only the captured gateway is connected: it keeps what it is given.

A gateway is the outside world. What it took stays taken even when our own transaction is rolled back
afterwards, which is why a reference is asked for with `find` before anything is sent again.
"""

from typing import Protocol

from flask import current_app
from sqlalchemy import exists, select

from app import audit, clock
from app.outreach.models import CapturedMessage
from tenants.db import db


class Refused(RuntimeError):
    """The gateway will not take this message; the sentence says why. Trying again would not help."""


class Gateway(Protocol):
    """Something that takes messages."""

    says: str

    def find(self, reference: str) -> bool:
        """Whether a message with this reference was taken before."""

    def send(self, reference: str, channel: str, recipient: str, body: str) -> None:
        """Hand over one message. Raises Refused where it will never be taken."""


class Captured:
    """Keeps messages as rows that can be read in the application, in transactions of its own."""

    says = "No text gateway is connected. Messages are captured here and not sent to anybody's phone."

    def find(self, reference: str) -> bool:
        """Whether there is a row with this reference."""
        with current_app.app_context():
            return bool(db.session.scalar(select(exists().where(CapturedMessage.reference == reference))))

    def send(self, reference: str, channel: str, recipient: str, body: str) -> None:
        """Keep the message, committed at once like anything that has left the house."""
        row = CapturedMessage(
            reference=reference, channel=channel, recipient=recipient, body=body, at=clock.now()
        )
        with current_app.app_context():
            db.session.add(row)
            audit.record("captured", "message", purpose="direct care", reference=reference)
            db.session.commit()


def gateway() -> Gateway:
    """The gateway of this application."""
    found: Gateway = current_app.extensions["gateway"]
    return found
