"""The conversation, what was measured, and the plan made together."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Json, TenantRow, choice, tenant_key

INSTRUMENTS = ("weight", "height", "systolic", "diastolic", "HbA1c")


class Conversation(TenantRow, Base):
    """A guided conversation: its steps with who ticked them and when, and what matters to the person."""

    __tablename__ = "conversation"

    participant_id: Mapped[int]
    person_id: Mapped[int]
    state: Mapped[str] = choice("state", "open", "paused", "finished")
    held_by: Mapped[str]
    held_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    held_since: Mapped[dt.datetime | None]
    started_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    what_matters: Mapped[str] = mapped_column(default="")
    determinants: Mapped[Json] = mapped_column(default=dict)
    offered: Mapped[list[Json]] = mapped_column(default=list)
    steps: Mapped[Json] = mapped_column(default=dict)

    __table_args__ = (
        tenant_key("participant_id", "participant"),
        tenant_key("person_id", "person"),
        UniqueConstraint("tenant_id", "participant_id"),
    )


class Measurement(TenantRow, Base):
    """One value measured for the programme, with its unit, day and occasion."""

    __tablename__ = "measurement"

    participant_id: Mapped[int]
    conversation_id: Mapped[int | None]
    instrument: Mapped[str] = choice("instrument", *INSTRUMENTS)
    value: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    unit: Mapped[str]
    occasion: Mapped[str] = choice("occasion", "baseline", "follow-up")
    taken_on: Mapped[dt.date]
    taken_by: Mapped[str]
    at: Mapped[dt.datetime]

    __table_args__ = (
        tenant_key("participant_id", "participant"),
        tenant_key("conversation_id", "conversation"),
        UniqueConstraint("tenant_id", "participant_id", "instrument", "occasion", "taken_on"),
    )


class Plan(TenantRow, Base):
    """A personalised care and support plan. Complete only when all five criteria are met."""

    __tablename__ = "plan"

    participant_id: Mapped[int]
    person_id: Mapped[int]
    conversation_id: Mapped[int]
    state: Mapped[str] = choice("state", "draft", "agreed")
    what_matters: Mapped[str]
    who_is_involved: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[dt.datetime]
    agreed_at: Mapped[dt.datetime | None]
    review_on: Mapped[dt.date | None]
    copy_given_on: Mapped[dt.date | None]
    copy_format: Mapped[str] = mapped_column(default="standard")
    file_id: Mapped[int | None]

    __table_args__ = (
        tenant_key("participant_id", "participant"),
        tenant_key("person_id", "person"),
        tenant_key("conversation_id", "conversation"),
        tenant_key("file_id", "stored_file"),
        UniqueConstraint("tenant_id", "participant_id"),
    )


class Goal(TenantRow, Base):
    """What the person wants, in their own words, and the first action towards it."""

    __tablename__ = "goal"

    plan_id: Mapped[int]
    words: Mapped[str]
    action: Mapped[str]
    action_by: Mapped[str]
    by_when: Mapped[dt.date | None]

    __table_args__ = (
        tenant_key("plan_id", "plan", ondelete="CASCADE"),
        Index("ix_goal_tenant_id_plan_id", "tenant_id", "plan_id"),
    )
