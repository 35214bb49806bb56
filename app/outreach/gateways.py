"""Where messages leave the service: one gateway a PCN and channel, and what every gateway promises.

A gateway is the outside world. What it took stays taken even when our own transaction is rolled back
afterwards, which is why a reference is asked for with `find` before anything is sent again.
"""

from dataclasses import dataclass
from typing import Protocol

from flask import current_app
from sqlalchemy import exists, select

from app import audit, clock
from app.outreach.gateway_models import CapturedMessage
from tenants.db import db


class Refused(RuntimeError):
    """The gateway will not take this message; the sentence says why. Trying again would not help."""


class Busy(RuntimeError):
    """The gateway takes nothing at this moment: nothing was taken, and it is tried again in a while."""


class Unclear(RuntimeError):
    """It broke in the middle: the gateway may have the message. It is asked before it is tried again."""


class NotConnected(RuntimeError):
    """The gateway does not know us: the sentence says what a PCN manager puts right."""


@dataclass(frozen=True)
class Message:
    """One message on its way out, by our `reference`. E-mails have a subject and where to unsubscribe."""

    reference: str
    channel: str
    recipient: str
    body: str = ""
    subject: str = ""
    letter: bytes = b""
    unsubscribe: str = ""

    @property
    def whole(self) -> str:
        """All that the person reads, an e-mail's subject first."""
        return f"Subject: {self.subject}\n\n{self.body}" if self.subject else self.body


class Gateway(Protocol):
    """Something that takes messages."""

    @property
    def says(self) -> str:
        """What the pages say of it."""

    def find(self, message: Message) -> str | None:
        """What the gateway calls the message with this reference; None where it was never taken."""

    def send(self, message: Message) -> str:
        """Hand over one message; what the gateway calls it. Raises Refused, Busy, Unclear or NotConnected."""


@dataclass(frozen=True)
class Captured:
    """Keeps messages as rows that can be read in the application, in transactions of its own."""

    channel: str = "text"

    @property
    def says(self) -> str:
        """That nothing goes out."""
        name, place = ("e-mail", "mailbox") if self.channel == "email" else ("text", "phone")
        return (
            f"No {name} gateway is connected. Messages are captured here and not sent to anybody's {place}."
        )

    def find(self, message: Message) -> str | None:
        """The reference, where there is a row with it."""
        with current_app.app_context():
            there = db.session.scalar(select(exists().where(CapturedMessage.reference == message.reference)))
            return message.reference if there else None

    def send(self, message: Message) -> str:
        """Keep the message, committed at once like anything that has left the house."""
        row = CapturedMessage(
            reference=message.reference,
            channel=message.channel,
            recipient=message.recipient,
            body=message.whole,
            at=clock.now(),
        )
        with current_app.app_context():
            db.session.add(row)
            audit.record("captured", "message", purpose="direct care", reference=message.reference)
            db.session.commit()
        return message.reference
