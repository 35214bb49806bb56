"""Whom the rows of a source are about, who said so, and which records are of one person."""

import datetime as dt

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Json, TenantRow, choice, tenant_key

LINK_STATES = ("linked", "waiting", "nobody")


class SourceEntry(TenantRow, Base):
    """What one source knows of one person: a row of its list, linked to a person or waiting to be.

    `key` is what makes a row of the list the same row again; `said` is who the row says it is about (empty
    where it came with an NHS number), `fields` all else that it says. `how` says by what it was linked.
    `missing_since` is the day of the newer full extract that the row was not in.
    """

    __tablename__ = "source_entry"

    source_id: Mapped[int]
    person_id: Mapped[int | None]
    state: Mapped[str] = choice("state", *LINK_STATES)
    key: Mapped[str]
    said: Mapped[Json] = mapped_column(default=dict)
    fields: Mapped[Json] = mapped_column(default=dict)
    how: Mapped[str]
    import_id: Mapped[int]
    data_date: Mapped[dt.date]
    missing_since: Mapped[dt.date | None]

    __table_args__ = (
        tenant_key("source_id", "source"),
        tenant_key("person_id", "person"),
        tenant_key("import_id", "import_file"),
        UniqueConstraint("tenant_id", "source_id", "key"),
        Index("ix_source_entry_tenant_id_person_id", "tenant_id", "person_id"),
        Index("ix_source_entry_tenant_id_source_id_state", "tenant_id", "source_id", "state"),
    )


class LinkDecision(TenantRow, Base):
    """That somebody said whom a row of a list is about, or that it is nobody here; and its undoing."""

    __tablename__ = "link_decision"

    entry_id: Mapped[int]
    person_id: Mapped[int | None]
    candidates: Mapped[list[Json]]
    note: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[dt.datetime]
    undone_by: Mapped[str | None]
    undone_at: Mapped[dt.datetime | None]

    __table_args__ = (
        tenant_key("entry_id", "source_entry"),
        tenant_key("person_id", "person"),
        Index("ix_link_decision_tenant_id_entry_id", "tenant_id", "entry_id"),
    )


class PersonMerge(TenantRow, Base):
    """That two records are of one person: which is kept, why, and which rows were moved to it, by table."""

    __tablename__ = "person_merge"

    kept_id: Mapped[int]
    merged_id: Mapped[int]
    why: Mapped[str]
    moved: Mapped[Json] = mapped_column(default=dict)
    merged_by: Mapped[str]
    merged_at: Mapped[dt.datetime]
    undone_by: Mapped[str | None]
    undone_at: Mapped[dt.datetime | None]

    __table_args__ = (
        tenant_key("kept_id", "person"),
        tenant_key("merged_id", "person"),
        Index("ix_person_merge_tenant_id_kept_id", "tenant_id", "kept_id"),
        Index("ix_person_merge_tenant_id_merged_id", "tenant_id", "merged_id"),
    )
