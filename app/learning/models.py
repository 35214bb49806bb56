"""What a programme taught, told for the next PCN, and the counts that an ICB may see."""

import datetime as dt

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Json, PublishedRow, TenantRow, choice, tenant_key


class LearningPage(TenantRow, Base):
    """A programme's write-up. Its figures are placeholders, filled in from the programme."""

    __tablename__ = "learning_page"

    programme_id: Mapped[int]
    title: Mapped[str]
    sections: Mapped[Json] = mapped_column(default=dict)
    state: Mapped[str] = choice("state", "draft", "published")
    written_by: Mapped[str]
    updated_at: Mapped[dt.datetime]

    __table_args__ = (
        tenant_key("programme_id", "programme"),
        UniqueConstraint("tenant_id", "programme_id"),
    )


class PublishedLearning(PublishedRow, Base):
    """A learning page as the ICB's members see it: no person, small numbers hidden."""

    __tablename__ = "published_learning"

    page_id: Mapped[int]
    title: Mapped[str]
    sections: Mapped[Json]
    figures: Mapped[list[Json]]

    __table_args__ = (UniqueConstraint("icb_id", "origin_org_id", "page_id"),)


class PublishedFigures(PublishedRow, Base):
    """A programme's funnel as its PCN's own job published it to the ICB, small numbers hidden."""

    __tablename__ = "published_figures"

    programme_id: Mapped[int]
    programme_name: Mapped[str]
    programme_state: Mapped[str]
    funnel: Mapped[list[Json]]
    as_at: Mapped[dt.datetime]

    __table_args__ = (UniqueConstraint("icb_id", "origin_org_id", "programme_id"),)
