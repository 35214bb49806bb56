"""Steps, batches, each attempt to reach a person, and what they answered."""

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
ANSWERS = ("yes, call me", "yes, another way", "not now", "no thank you")


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

    `template_id` is the member of the template's family that suits the person (None: the batch's own).
    `marked_at` says when a worker last took it to send. `provider_id` is what the gateway calls the message,
    `delivery` what it last said of it. The unique index
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
    template_id: Mapped[int | None]
    marked_at: Mapped[dt.datetime | None]

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

    __table_args__ = (
        Index(
            "uq_blackout_live",
            *("tenant_id", "starts_on", "ends_on", "why"),
            unique=True,
            postgresql_where=text("removed_at is null"),
        ),
    )


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
