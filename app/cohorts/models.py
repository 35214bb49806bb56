"""Cohorts: a definition, what each rule cost, and each practice's release of its own people."""

import datetime as dt

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Json, TenantRow, choice, tenant_key


class Cohort(TenantRow, Base):
    """A programme's cohort. Frozen, its definition, data date and attrition are the denominator for good.

    `attrition` is the steps in order, `figures` what else was counted in the same pass: the gain of dropping
    each rule, who has no usable value, and members by practice. `screened_first` says that nobody is
    contacted before a clinician has looked at them. A draft's definition is the working copy: `changed_by`
    changed it last, and `version` is the number of the newest CohortVersion (0: none was saved yet).
    """

    __tablename__ = "cohort"

    programme_id: Mapped[int]
    definition: Mapped[Json]
    on_date: Mapped[dt.date]
    state: Mapped[str] = choice("state", "draft", "frozen")
    attrition: Mapped[list[Json]] = mapped_column(default=list)
    figures: Mapped[Json] = mapped_column(default=dict)
    members: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)
    screened_first: Mapped[bool] = mapped_column(default=False)
    changed_by: Mapped[str | None]
    changed_at: Mapped[dt.datetime | None]
    frozen_at: Mapped[dt.datetime | None]
    frozen_by: Mapped[str | None]

    __table_args__ = (
        tenant_key("programme_id", "programme"),
        UniqueConstraint("tenant_id", "programme_id"),
    )


class Release(TenantRow, Base):
    """That a practice, as controller, lets its people be contacted for a programme."""

    __tablename__ = "release"

    programme_id: Mapped[int]
    practice_id: Mapped[int]
    released_by: Mapped[str]
    released_at: Mapped[dt.datetime]
    basis: Mapped[str]
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawn_by: Mapped[str | None]
    withdrawn_reason: Mapped[str | None]

    __table_args__ = (
        tenant_key("programme_id", "programme"),
        tenant_key("practice_id", "practice"),
        Index(
            "uq_release_live",
            "tenant_id",
            "programme_id",
            "practice_id",
            unique=True,
            postgresql_where=text("withdrawn_at is null"),
        ),
    )


class CohortVersion(TenantRow, Base):
    """A definition as it was saved: number from 1, what it said, who saved it, when and why."""

    __tablename__ = "cohort_version"

    cohort_id: Mapped[int]
    number: Mapped[int]
    definition: Mapped[Json]
    on_date: Mapped[dt.date]
    why: Mapped[str]
    saved_by: Mapped[str]
    saved_at: Mapped[dt.datetime]

    __table_args__ = (
        tenant_key("cohort_id", "cohort"),
        UniqueConstraint("tenant_id", "cohort_id", "number"),
    )


class CohortWave(TenantRow, Base):
    """A refresh of a frozen cohort: who joined on a day as a wave of their own, how many had left by then.

    The first wave is the freezing itself and has no row. `left` is who no longer met the definition: they
    stay in the denominator, with their reason.
    """

    __tablename__ = "cohort_wave"

    cohort_id: Mapped[int]
    number: Mapped[int]
    on_date: Mapped[dt.date]
    attrition: Mapped[list[Json]] = mapped_column(default=list)
    figures: Mapped[Json] = mapped_column(default=dict)
    joined: Mapped[int]
    left: Mapped[int]
    taken_by: Mapped[str]
    taken_at: Mapped[dt.datetime]

    __table_args__ = (
        tenant_key("cohort_id", "cohort"),
        UniqueConstraint("tenant_id", "cohort_id", "number"),
    )


class Screening(TenantRow, Base):
    """What a clinician decided of a participant. The one without `replaced_at` holds; others are history."""

    __tablename__ = "screening"

    participant_id: Mapped[int]
    decision: Mapped[str] = choice("decision", "keep", "leave out", "look again")
    reason: Mapped[str | None]
    note: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[dt.datetime]
    replaced_at: Mapped[dt.datetime | None]

    __table_args__ = (
        tenant_key("participant_id", "participant"),
        Index(
            "uq_screening_live",
            "tenant_id",
            "participant_id",
            unique=True,
            postgresql_where=text("replaced_at is null"),
        ),
        Index("ix_screening_tenant_id_participant_id", "tenant_id", "participant_id"),
    )
