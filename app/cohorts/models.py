"""Cohorts: a definition, what each rule cost, and each practice's release of its own people."""

import datetime as dt

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Json, TenantRow, choice, tenant_key


class Cohort(TenantRow, Base):
    """A programme's cohort. Frozen, its definition, data date and attrition are the denominator for good.

    `attrition` is the steps in order, `figures` what else was counted in the same pass: the gain of dropping
    each rule, who has no usable value, and members by practice.
    """

    __tablename__ = "cohort"

    programme_id: Mapped[int]
    definition: Mapped[Json]
    on_date: Mapped[dt.date]
    state: Mapped[str] = choice("state", "draft", "frozen")
    attrition: Mapped[list[Json]] = mapped_column(default=list)
    figures: Mapped[Json] = mapped_column(default=dict)
    members: Mapped[int] = mapped_column(default=0)
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
