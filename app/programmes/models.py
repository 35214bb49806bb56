"""Programmes, the people taking part in them, and how far each has come."""

import datetime as dt
import secrets

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Json, TenantRow, choice, tenant_key

STATES = ("set-up", "live", "paused", "closed")

# In the order of the spine. The funnel counts participants who have reached each.
MILESTONES = (
    "identified",
    "contacted",
    "engaged",
    "conversation held",
    "plan agreed",
    "referred",
    "referral accepted",
    # Beside the spine: why somebody is not further on.
    "left out",
    "opted out",
    "not now",
    "wants a call",
    "wants another way",
    "not reached",
    "referral declined",
)


class Programme(TenantRow, Base):
    """A population health programme of one PCN. `setup` is its own copy of the set-up it started from."""

    __tablename__ = "programme"

    name: Mapped[str]
    aim: Mapped[str]
    state: Mapped[str] = choice("state", *STATES)
    state_reason: Mapped[str | None]
    setup: Mapped[Json]
    origin_name: Mapped[str | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    owner_name: Mapped[str]
    created_at: Mapped[dt.datetime]
    live_at: Mapped[dt.datetime | None]
    state_changed_at: Mapped[dt.datetime | None]
    state_changed_by: Mapped[str | None]
    form_key: Mapped[str] = mapped_column(default=lambda: secrets.token_urlsafe(12))

    __table_args__ = (UniqueConstraint("tenant_id", "name"), UniqueConstraint("tenant_id", "form_key"))


class Participant(TenantRow, Base):
    """A person in a programme's frozen cohort. `status` follows from the milestones, stored to filter by.

    `wave` is 1 for those who were there when the cohort was frozen, and counts up with each refresh.
    """

    __tablename__ = "participant"

    programme_id: Mapped[int]
    person_id: Mapped[int]
    practice_id: Mapped[int]
    status: Mapped[str]
    status_since: Mapped[dt.datetime]
    joined_at: Mapped[dt.datetime]
    wave: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        tenant_key("programme_id", "programme"),
        tenant_key("person_id", "person"),
        tenant_key("practice_id", "practice"),
        UniqueConstraint("tenant_id", "programme_id", "person_id"),
        Index("ix_participant_tenant_id_programme_id_status", "tenant_id", "programme_id", "status"),
        Index("ix_participant_tenant_id_person_id", "tenant_id", "person_id"),
    )


class Milestone(TenantRow, Base):
    """That a participant came to a point on the way, when, and through which row."""

    __tablename__ = "milestone"

    participant_id: Mapped[int]
    kind: Mapped[str] = choice("kind", *MILESTONES)
    at: Mapped[dt.datetime]
    reason: Mapped[str | None]
    withdrawn_at: Mapped[dt.datetime | None]

    __table_args__ = (
        tenant_key("participant_id", "participant"),
        Index(
            "uq_milestone_live",
            "tenant_id",
            "participant_id",
            "kind",
            unique=True,
            postgresql_where=text("withdrawn_at is null"),
        ),
        Index("ix_milestone_tenant_id_kind", "tenant_id", "kind", "participant_id"),
    )
