"""What gateways take and say back: accounts, rates, reports, bad addresses, texts that came in."""

import datetime as dt

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from app.outreach.models import DELIVERY
from tenants.db import Base, TenantRow, choice, tenant_key

GATEWAYS = ("captured", "GOV.UK Notify", "print")


class DeliveryReport(TenantRow, Base):
    """What a gateway said of a message, once for each thing said: by calling back or because asked."""

    __tablename__ = "delivery_report"

    contact_id: Mapped[int]
    status: Mapped[str]
    delivery: Mapped[str] = choice("delivery", *DELIVERY)
    said_at: Mapped[dt.datetime]
    received_at: Mapped[dt.datetime]
    how: Mapped[str] = choice("how", "called back", "asked", "entered by staff")

    __table_args__ = (
        tenant_key("contact_id", "contact"),
        UniqueConstraint("tenant_id", "contact_id", "status", "said_at"),
    )


class BadAddress(TenantRow, Base):
    """A number or an address of a person that does not reach them. That value is bad: a new one is not."""

    __tablename__ = "bad_address"

    person_id: Mapped[int]
    kind: Mapped[str] = choice("kind", "mobile", "home phone", "email", "address")
    value: Mapped[str]
    why: Mapped[str]
    source: Mapped[str]
    marked_by: Mapped[str]
    marked_at: Mapped[dt.datetime]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[dt.datetime | None]

    __table_args__ = (
        tenant_key("person_id", "person"),
        Index(
            "uq_bad_address_live",
            *("tenant_id", "person_id", "kind", "value"),
            unique=True,
            postgresql_where=text("lifted_at is null"),
        ),
    )


class SendingAccount(TenantRow, Base):
    """By which gateway a PCN sends on a channel, with its keys sealed, and how many a minute it takes."""

    __tablename__ = "sending_account"

    channel: Mapped[str] = choice("channel", "text", "email", "letter")
    gateway: Mapped[str] = choice("gateway", *GATEWAYS)
    key_sealed: Mapped[str | None]
    template_id: Mapped[str | None]
    callback_sealed: Mapped[str | None]
    per_minute: Mapped[int]
    changed_by: Mapped[str]
    changed_at: Mapped[dt.datetime]

    __table_args__ = (UniqueConstraint("tenant_id", "channel"),)


class SendingMinute(TenantRow, Base):
    """How many messages of a channel a PCN has handed to its gateway in one minute: it holds the rate."""

    __tablename__ = "sending_minute"

    channel: Mapped[str] = choice("channel", "text", "email", "letter")
    minute: Mapped[dt.datetime]
    taken: Mapped[int]

    __table_args__ = (UniqueConstraint("tenant_id", "channel", "minute"),)


class CapturedMessage(TenantRow, Base):
    """A message taken by the captured gateway instead of being sent: the demonstration's outside world."""

    __tablename__ = "captured_message"

    reference: Mapped[str]
    channel: Mapped[str]
    recipient: Mapped[str]
    body: Mapped[str]
    at: Mapped[dt.datetime]

    __table_args__ = (UniqueConstraint("tenant_id", "reference"),)


class InboundText(TenantRow, Base):
    """A text that came back, from which number, and what was done. STOP works before anybody reads it."""

    __tablename__ = "inbound_text"

    provider_id: Mapped[str]
    number: Mapped[str]
    body: Mapped[str]
    came_at: Mapped[dt.datetime]
    meant: Mapped[str] = choice("meant", "stop", "start", "help", "other")
    dealt_with_by: Mapped[str | None]
    dealt_with_at: Mapped[dt.datetime | None]

    __table_args__ = (UniqueConstraint("tenant_id", "provider_id"),)
