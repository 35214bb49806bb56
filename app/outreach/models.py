"""Steps, batches, each attempt to reach a person, what came back, and what people have asked of us."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Json, TenantRow, choice, tenant_key

CHANNELS = ("text", "email", "letter", "call")
BATCH_STATES = ("built", "approved", "sending", "paused", "done", "cancelled")
CONTACT_STATES = ("waiting", "held back", "sending", "sent", "failed", "cancelled")
# What became of a message after the gateway took it. Source: the words of GOV.UK Notify and NHS Notify.
DELIVERY = (
    "not known",
    "on its way",
    "delivered",
    "temporary failure",
    "permanent failure",
    "technical failure",
    "returned",
    "cancelled",
)
# Who a step is for, of those that the step before was for; nothing said means all who have not answered.
WHO = ("no answer", "could not be reached", "not delivered")
GATEWAYS = ("captured", "GOV.UK Notify", "print")
ANSWERS = ("yes, call me", "yes, another way", "not now", "no thank you")
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


class Step(TenantRow, Base):
    """One step of a programme's sequence: a channel, its template's name, for whom, and when.

    `after_days` to `until_days` (open where None) count from the day the step before reached the person, in
    working days where `working_days` says so. `weekdays` (0 is Monday; all working days where empty), `opens`
    and `closes` (the PCN's own hours where None) narrow when it goes out, `per_day` how many a day.
    """

    __tablename__ = "step"

    programme_id: Mapped[int]
    position: Mapped[int]
    name: Mapped[str]
    channel: Mapped[str] = choice("channel", *CHANNELS)
    template_name: Mapped[str]
    after_days: Mapped[int]
    until_days: Mapped[int | None]
    working_days: Mapped[bool] = mapped_column(default=False, server_default=false())
    who: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    weekdays: Mapped[list[int]] = mapped_column(JSONB, default=list, server_default="[]")
    opens: Mapped[dt.time | None]
    closes: Mapped[dt.time | None]
    per_day: Mapped[int | None]

    __table_args__ = (
        tenant_key("programme_id", "programme"),
        UniqueConstraint("tenant_id", "programme_id", "position"),
    )


class Batch(TenantRow, Base):
    """One sending of one step: built, approved by a second person, sent by the worker.

    `template_id` is the approved version that was read when the batch was built; it never changes. `manifest`
    holds what was counted then (parts, price, samples). The letters themselves are in its letter parts.
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
    manifest: Mapped[Json] = mapped_column(default=dict)

    __table_args__ = (
        tenant_key("programme_id", "programme"),
        tenant_key("step_id", "step"),
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

    `provider_id` is what the gateway calls the message, `delivery` what it last said of it. The unique index
    is what makes "nobody twice for the same step" true whatever the code does.
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
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    provider_id: Mapped[str | None]
    delivery: Mapped[str] = choice("delivery", *DELIVERY, default="not known", server_default="not known")
    delivery_at: Mapped[dt.datetime | None]

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
        Index("ix_contact_tenant_id_person_id_sent_at", "tenant_id", "person_id", "sent_at"),
    )


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


class Blackout(TenantRow, Base):
    """Days on which a PCN sends nothing by some channels, and why."""

    __tablename__ = "blackout"

    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    channels: Mapped[list[str]]
    why: Mapped[str]
    added_by: Mapped[str]
    added_at: Mapped[dt.datetime]
    removed_by: Mapped[str | None]
    removed_at: Mapped[dt.datetime | None]


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


class LetterPart(TenantRow, Base):
    """One PDF of a letter batch, of few enough letters that it is made in little memory, with its hash.

    It holds the letters of the contacts from `first_contact` to `last_contact` that still wait when it is
    made (`made_at`; None until then). `index` says on which page each letter begins, by its reference.
    """

    __tablename__ = "letter_part"

    batch_id: Mapped[int]
    number: Mapped[int]
    first_contact: Mapped[int]
    last_contact: Mapped[int]
    file_id: Mapped[int | None]
    letters: Mapped[int] = mapped_column(default=0)
    pages: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(default="")
    index: Mapped[list[Json]] = mapped_column(default=list)
    made_at: Mapped[dt.datetime | None]

    __table_args__ = (
        tenant_key("batch_id", "batch"),
        tenant_key("file_id", "stored_file"),
        UniqueConstraint("tenant_id", "batch_id", "number"),
    )


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

    A "hold" is ours: nobody contacts them until what its note says is settled.

    The national data opt-out, the Type 1 opt-out and consent to share are other things, kept elsewhere.
    """

    __tablename__ = "contact_choice"

    person_id: Mapped[int]
    kind: Mapped[str] = choice("kind", "programme opt-out", "do not contact", "hold")
    programme_id: Mapped[int | None]
    channel: Mapped[str | None] = choice("channel", *CHANNELS, "any", nullable=True)
    source: Mapped[str]
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
    )
