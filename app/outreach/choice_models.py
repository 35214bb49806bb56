"""What people have asked of us."""

import datetime as dt

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.outreach.models import CHANNELS
from tenants.db import Base, TenantRow, choice, tenant_key

NEEDS = ("language", "format", "interpreter", "someone to speak for me")


class ContactChoice(TenantRow, Base):
    """What a person asked of us: out of one programme, or not to be contacted by a channel (or by any).

    A "hold" is ours: nobody contacts them until what its note says is settled.

    The national data opt-out, the Type 1 opt-out and consent to share are other things, kept elsewhere.
    """

    __tablename__ = "contact_choice"

    person_id: Mapped[int]
    kind: Mapped[str] = choice("kind", "programme opt-out", "do not contact", "hold")
    programme_id: Mapped[int | None]
    channel: Mapped[str | None] = choice("channel", *CHANNELS, "any", nullable=True)
    source: Mapped[str]
    asked_on: Mapped[dt.date | None]
    note: Mapped[str] = mapped_column(default="", server_default="")
    entered_by: Mapped[str]
    at: Mapped[dt.datetime]
    lifted_at: Mapped[dt.datetime | None]
    lifted_by: Mapped[str | None]

    __table_args__ = (
        tenant_key("person_id", "person"),
        tenant_key("programme_id", "programme"),
        Index("ix_contact_choice_tenant_id_person_id", "tenant_id", "person_id"),
    )


class ContactNeed(TenantRow, Base):
    """How a person asked to be contacted. It stands before what their practice's list says, and outlives it.

    The "value" is the language or the format they named; empty for the other kinds.
    """

    __tablename__ = "contact_need"

    person_id: Mapped[int]
    kind: Mapped[str] = choice("kind", *NEEDS)
    value: Mapped[str] = mapped_column(default="", server_default="")
    source: Mapped[str]
    entered_by: Mapped[str]
    at: Mapped[dt.datetime]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[dt.datetime | None]

    __table_args__ = (
        tenant_key("person_id", "person"),
        Index(
            "uq_contact_need_live",
            *("tenant_id", "person_id", "kind"),
            unique=True,
            postgresql_where=text("lifted_at is null"),
        ),
    )


class ReachDecision(TenantRow, Base):
    """What was done about somebody whom the steps could not reach: try them again, or leave it at that."""

    __tablename__ = "reach_decision"

    participant_id: Mapped[int]
    decision: Mapped[str] = choice("decision", "try again", "leave")
    note: Mapped[str]
    by: Mapped[str]
    at: Mapped[dt.datetime]

    __table_args__ = (
        tenant_key("participant_id", "participant"),
        Index("ix_reach_decision_tenant_id_participant_id", "tenant_id", "participant_id"),
    )
