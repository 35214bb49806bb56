"""Where data comes from, what lets a PCN use it, and the files that it came in."""

import datetime as dt

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Json, TenantRow, choice, tenant_key

IMPORT_KINDS = ("people", "events", "service", "named", "council")
IMPORT_STATES = ("uploaded", "mapping", "checking", "checked", "saving", "done", "cancelled", "failed")


class Source(TenantRow, Base):
    """Where data comes from: what it is, who controls it, and what a PCN uses it for.

    `mapping` remembers which of our columns each column of its files was said to be.
    """

    __tablename__ = "source"

    kind: Mapped[str] = choice("kind", *IMPORT_KINDS)
    name: Mapped[str]
    holds: Mapped[str]
    controller: Mapped[str]
    purpose: Mapped[str]
    mapping: Mapped[Json] = mapped_column(default=dict)
    created_by: Mapped[str]
    created_at: Mapped[dt.datetime]
    closed_at: Mapped[dt.datetime | None]

    __table_args__ = (UniqueConstraint("tenant_id", "name"),)


class SourceAgreement(TenantRow, Base):
    """What lets a PCN bring in data from a source, and between which days."""

    __tablename__ = "source_agreement"

    source_id: Mapped[int]
    reference: Mapped[str]
    lawful_basis: Mapped[str]
    data_classes: Mapped[list[str]]
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    signed_by: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]

    __table_args__ = (
        tenant_key("source_id", "source"),
        UniqueConstraint("tenant_id", "source_id", "reference"),
    )

    def in_date(self, day: dt.date) -> bool:
        """Whether it holds on `day`, its first and last days included, and was not ended early."""
        return self.ended_at is None and self.starts_on <= day <= self.ends_on


class ServiceAccount(TenantRow, Base):
    """What acts when extracts arrive at night: a name and a role that the PCN gave. Nobody signs in as it."""

    __tablename__ = "service_account"

    name: Mapped[str]
    role: Mapped[str] = choice("role", "analyst")
    created_by: Mapped[str]
    created_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]

    __table_args__ = (UniqueConstraint("tenant_id", "name"),)


class ImportFile(TenantRow, Base):
    """One file brought in: its stages, its counts and how far the worker has come.

    `cursor` holds what the next chunk of reading or saving needs to go on; `form_key` keeps a form that is
    sent twice from bringing the file in twice. A `whole` extract holds everybody of its source, so that who
    is missing from it is marked. `doubts` are the reasons to ask whether this is the right file, and
    `vouched_by` is who said that it is.
    """

    __tablename__ = "import_file"

    kind: Mapped[str] = choice("kind", *IMPORT_KINDS)
    source: Mapped[str]
    source_id: Mapped[int | None]
    whole: Mapped[bool] = mapped_column(default=False)
    doubts: Mapped[list[str]] = mapped_column(default=list)
    vouched_by: Mapped[str | None]
    file_id: Mapped[int | None]
    file_name: Mapped[str]
    state: Mapped[str] = choice("state", *IMPORT_STATES)
    rows: Mapped[int] = mapped_column(default=0)
    read_rows: Mapped[int] = mapped_column(default=0)
    counts: Mapped[Json] = mapped_column(default=dict)
    cursor: Mapped[Json] = mapped_column(default=dict)
    form_key: Mapped[str]
    problem: Mapped[str | None]
    data_date: Mapped[dt.date]
    brought_by: Mapped[str]
    brought_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]

    __table_args__ = (
        tenant_key("file_id", "stored_file"),
        tenant_key("source_id", "source"),
        UniqueConstraint("tenant_id", "form_key"),
    )


class ImportRow(TenantRow, Base):
    """One line of a file as it was understood: what will be done with it, or why it is refused.

    `key` is what must not come twice in one file; `data` the values as understood, and for what is refused or
    set aside the cells as they came. Rows that were saved are not kept beside what they became.
    """

    __tablename__ = "import_row"

    import_id: Mapped[int]
    line: Mapped[int]
    outcome: Mapped[str] = choice("outcome", "new", "changed", "unchanged", "waits", "refused", "set aside")
    reason: Mapped[str | None]
    key: Mapped[str | None]
    data: Mapped[Json] = mapped_column(default=dict)

    __table_args__ = (
        tenant_key("import_id", "import_file", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "import_id", "line"),
        UniqueConstraint("tenant_id", "import_id", "key"),
    )
