"""Calls, each ringing and what came of it."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, TenantRow, choice, tenant_key

OUTCOMES = (
    "spoke: accepted",
    "spoke: wants time",
    "spoke: declined",
    "spoke: already supported",
    "asked not to be contacted",
    "wrong number",
    "number dead",
    "no answer",
    "voicemail left",
    "voicemail not left",
    "busy",
    "answered by someone else",
    "interpreter needed",
    "lacks capacity or has a carer",
    "deceased reported",
    "moved away",
    "safeguarding concern",
    "urgent clinical concern",
)
BARRIERS = (
    "time not convenient or festive",
    "work",
    "childcare",
    "caring",
    "transport",
    "cost",
    "language",
    "digital",
    "mistrust",
    "not relevant",
    "feels well",
    "previous bad experience",
    "health too poor",
    "mental health",
    "fear or stigma",
    "faith period",
    "venue",
    "other",
)

ALERTS = (
    "deceased reported",
    "moved away",
    "safeguarding concern",
    "urgent clinical concern",
    "lacks capacity or has a carer",
)
# Why a call is on the list, where that decides whether it can be made.
BOOK_FIRST = "Interpreter needed: book one before ringing"
BOOKED = "An interpreter is booked"
BY_INTERPRETER = (BOOK_FIRST, BOOKED)


class Call(TenantRow, Base):
    """A person to be rung for a programme. Claimed by one colleague at a time."""

    __tablename__ = "call"

    programme_id: Mapped[int]
    step_id: Mapped[int]
    participant_id: Mapped[int]
    person_id: Mapped[int]
    why: Mapped[str]
    due_on: Mapped[dt.date]
    agreed_time: Mapped[str]
    agreed_at: Mapped[dt.datetime | None]
    state: Mapped[str] = choice("state", "due", "done", "stopped")
    claimed_by: Mapped[str | None]
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    claimed_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]

    __table_args__ = (
        tenant_key("programme_id", "programme"),
        tenant_key("step_id", "step"),
        tenant_key("participant_id", "participant"),
        tenant_key("person_id", "person"),
        UniqueConstraint("tenant_id", "step_id", "participant_id"),
        Index("ix_call_tenant_id_state_due_on", "tenant_id", "state", "due_on"),
        Index("ix_call_tenant_id_person_id", "tenant_id", "person_id"),
    )


class CallAttempt(TenantRow, Base):
    """One ringing: what came of it, the barrier heard, and when to ring again."""

    __tablename__ = "call_attempt"

    call_id: Mapped[int]
    participant_id: Mapped[int]
    outcome: Mapped[str] = choice("outcome", *OUTCOMES)
    barrier: Mapped[str | None] = choice("barrier", *BARRIERS, nullable=True)
    identity: Mapped[list[str]] = mapped_column(default=list)
    note: Mapped[str]
    call_back_on: Mapped[dt.date | None]
    call_back_time: Mapped[str] = mapped_column(default="", server_default="")
    form_key: Mapped[str]
    by: Mapped[str]
    at: Mapped[dt.datetime]

    __table_args__ = (
        tenant_key("call_id", "call"),
        tenant_key("participant_id", "participant"),
        UniqueConstraint("tenant_id", "form_key"),
        Index("ix_call_attempt_tenant_id_call_id", "tenant_id", "call_id"),
    )


class Alert(TenantRow, Base):
    """What was heard on a call that another role must act on; it stays until they say what was done."""

    __tablename__ = "alert"

    person_id: Mapped[int]
    programme_id: Mapped[int]
    call_attempt_id: Mapped[int]
    kind: Mapped[str] = choice("kind", *ALERTS)
    note: Mapped[str]
    raised_by: Mapped[str]
    raised_at: Mapped[dt.datetime]
    settled_by: Mapped[str | None]
    settled_at: Mapped[dt.datetime | None]
    what_was_done: Mapped[str] = mapped_column(default="", server_default="")

    __table_args__ = (
        tenant_key("person_id", "person"),
        tenant_key("programme_id", "programme"),
        tenant_key("call_attempt_id", "call_attempt"),
        Index("ix_alert_tenant_id_person_id", "tenant_id", "person_id"),
        UniqueConstraint("tenant_id", "call_attempt_id"),
    )
