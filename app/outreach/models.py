"""Steps, batches, each attempt to reach a person, what came back, and what people have asked of us."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Json, TenantRow, choice, tenant_key

CHANNELS = ("text", "letter", "call")
BATCH_STATES = ("built", "approved", "sending", "paused", "done", "cancelled")
CONTACT_STATES = ("waiting", "held back", "sending", "sent", "failed", "cancelled")
ANSWERS = ("yes, call me", "yes, another way", "not now", "no thank you")
OUTCOMES = (
    "spoke: accepted",
    "spoke: wants time",
    "spoke: declined",
    "spoke: already supported",
    "asked not to be contacted",
    "wrong number",
    "no answer",
    "voicemail left",
    "busy",
    "answered by someone else",
    "interpreter needed",
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


class Step(TenantRow, Base):
    """One step of a programme's sequence: a channel, its template's name, and when after the one before."""

    __tablename__ = "step"

    programme_id: Mapped[int]
    position: Mapped[int]
    name: Mapped[str]
    channel: Mapped[str] = choice("channel", *CHANNELS)
    template_name: Mapped[str]
    after_days: Mapped[int]

    __table_args__ = (
        tenant_key("programme_id", "programme"),
        UniqueConstraint("tenant_id", "programme_id", "position"),
    )


class Batch(TenantRow, Base):
    """One sending of one step: built, approved by a second person, sent by the worker.

    `template_id` is the approved version that was read when the batch was built; it never changes. `manifest`
    holds what was counted then (parts, price, samples) and, for letters, what the printer needs to know.
    """

    __tablename__ = "batch"

    programme_id: Mapped[int]
    step_id: Mapped[int]
    template_id: Mapped[int]
    state: Mapped[str] = choice("state", *BATCH_STATES)
    built_by: Mapped[str]
    built_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    built_at: Mapped[dt.datetime]
    approved_by: Mapped[str | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    approved_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    file_id: Mapped[int | None]
    manifest: Mapped[Json] = mapped_column(default=dict)

    __table_args__ = (
        tenant_key("programme_id", "programme"),
        tenant_key("step_id", "step"),
        tenant_key("file_id", "stored_file"),
        Index(
            "uq_batch_open",
            "tenant_id",
            "step_id",
            unique=True,
            postgresql_where=text("state in ('built', 'approved', 'sending', 'paused')"),
        ),
    )


class Contact(TenantRow, Base):
    """One person in one batch: held back with the reason, or an attempt with its own reference.

    The unique index is what makes "nobody twice for the same step" true whatever the code does.
    """

    __tablename__ = "contact"

    batch_id: Mapped[int]
    step_id: Mapped[int]
    participant_id: Mapped[int]
    person_id: Mapped[int]
    state: Mapped[str] = choice("state", *CONTACT_STATES)
    reason: Mapped[str | None]
    reference: Mapped[str]
    recipient: Mapped[str]
    body: Mapped[str]
    link_token_hash: Mapped[str | None]
    link_expires_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]
    sent_at: Mapped[dt.datetime | None]

    __table_args__ = (
        tenant_key("batch_id", "batch"),
        tenant_key("step_id", "step"),
        tenant_key("participant_id", "participant"),
        tenant_key("person_id", "person"),
        UniqueConstraint("tenant_id", "reference"),
        UniqueConstraint("tenant_id", "link_token_hash"),
        Index(
            "uq_contact_once",
            "tenant_id",
            "step_id",
            "participant_id",
            unique=True,
            postgresql_where=text("state in ('waiting', 'sending', 'sent')"),
        ),
        Index("ix_contact_tenant_id_batch_id_state", "tenant_id", "batch_id", "state"),
        Index("ix_contact_tenant_id_participant_id", "tenant_id", "participant_id"),
    )


class CapturedMessage(TenantRow, Base):
    """A message taken by the captured gateway instead of being sent: the demonstration's outside world."""

    __tablename__ = "captured_message"

    reference: Mapped[str]
    channel: Mapped[str]
    recipient: Mapped[str]
    body: Mapped[str]
    at: Mapped[dt.datetime]

    __table_args__ = (UniqueConstraint("tenant_id", "reference"),)


class Reply(TenantRow, Base):
    """What a person answered through the link in a message. The latest counts; earlier ones stay."""

    __tablename__ = "reply"

    contact_id: Mapped[int]
    participant_id: Mapped[int]
    answer: Mapped[str] = choice("answer", *ANSWERS)
    days: Mapped[list[str]] = mapped_column(default=list)
    times: Mapped[str] = mapped_column(default="")
    another_way: Mapped[list[str]] = mapped_column(default=list)
    ask_again_on: Mapped[dt.date | None]
    at: Mapped[dt.datetime]

    __table_args__ = (
        tenant_key("contact_id", "contact"),
        tenant_key("participant_id", "participant"),
        Index("ix_reply_tenant_id_participant_id", "tenant_id", "participant_id"),
    )


class ContactChoice(TenantRow, Base):
    """What a person asked of us: out of one programme, or not to be contacted by a channel (or by any).

    The national data opt-out, the Type 1 opt-out and consent to share are other things, kept elsewhere.
    """

    __tablename__ = "contact_choice"

    person_id: Mapped[int]
    kind: Mapped[str] = choice("kind", "programme opt-out", "do not contact")
    programme_id: Mapped[int | None]
    channel: Mapped[str | None] = choice("channel", *CHANNELS, "any", nullable=True)
    source: Mapped[str]
    entered_by: Mapped[str]
    at: Mapped[dt.datetime]
    lifted_at: Mapped[dt.datetime | None]
    lifted_by: Mapped[str | None]

    __table_args__ = (
        tenant_key("person_id", "person"),
        tenant_key("programme_id", "programme"),
        Index("ix_contact_choice_tenant_id_person_id", "tenant_id", "person_id"),
    )


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
    form_key: Mapped[str]
    by: Mapped[str]
    at: Mapped[dt.datetime]

    __table_args__ = (
        tenant_key("call_id", "call"),
        tenant_key("participant_id", "participant"),
        UniqueConstraint("tenant_id", "form_key"),
    )
