"""People, what is known of them, and the files it came from."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import Index, Numeric, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Json, TenantRow, choice, tenant_key

IMPORT_KINDS = ("people", "events", "service", "named", "council")
IMPORT_STATES = ("uploaded", "mapping", "checking", "checked", "saving", "done", "cancelled", "failed")
LINK_STATES = ("linked", "waiting", "nobody")


class Deprivation(Base):
    """English Indices of Deprivation by LSOA. Decile 1 is the most deprived. Releases do not compare."""

    __tablename__ = "deprivation"

    release: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lsoa: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int]
    decile: Mapped[int]


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


class Person(TenantRow, Base):
    """A person on a practice's list. The practice is the controller; `pseudonym` is what planners see.

    `import_id` and `data_date` say where the values came from and of which day they are; `came` says it for
    the columns that came otherwise: `{column: {"import": id, "on": day}}`. `missing_since` is the day of the
    newer full extract that the person was not in. A record with `merged_into` is another record of that
    person: nothing is counted or done by it any more.
    """

    __tablename__ = "person"

    practice_id: Mapped[int]
    pseudonym: Mapped[str]
    nhs_number: Mapped[str]
    given_name: Mapped[str]
    family_name: Mapped[str]
    name_key: Mapped[str]
    born: Mapped[dt.date]
    sex: Mapped[str]
    ethnicity: Mapped[str]
    house: Mapped[str]
    street: Mapped[str]
    town: Mapped[str]
    postcode: Mapped[str]
    lsoa: Mapped[str]
    mobile: Mapped[str]
    home_phone: Mapped[str]
    email: Mapped[str]
    preferred_contact: Mapped[str]
    language: Mapped[str]
    interpreter: Mapped[bool]
    information_format: Mapped[str]
    registered_on: Mapped[dt.date | None]
    left_on: Mapped[dt.date | None]
    died_on: Mapped[dt.date | None]
    type1_opt_out: Mapped[bool]
    sensitive: Mapped[bool]
    import_id: Mapped[int]
    data_date: Mapped[dt.date]
    came: Mapped[Json] = mapped_column(default=dict)
    missing_since: Mapped[dt.date | None]
    merged_into: Mapped[int | None]
    updated_at: Mapped[dt.datetime]

    __table_args__ = (
        tenant_key("practice_id", "practice"),
        tenant_key("import_id", "import_file"),
        tenant_key("merged_into", "person"),
        UniqueConstraint("tenant_id", "nhs_number"),
        UniqueConstraint("tenant_id", "pseudonym"),
        Index("ix_person_tenant_id_name_key", "tenant_id", "name_key"),
        Index(
            "ix_person_tenant_id_family_name_given_name_pseudonym",
            *("tenant_id", "family_name", "given_name", "pseudonym"),
        ),
        Index("ix_person_tenant_id_practice_id", "tenant_id", "practice_id"),
        Index(
            "ix_person_tenant_id_merged_into",
            *("tenant_id", "merged_into"),
            postgresql_where=text("merged_into is not null"),
        ),
    )

    @property
    def name(self) -> str:
        """Given and family name as written on the list."""
        return f"{self.given_name} {self.family_name}".strip()


class CodedEvent(TenantRow, Base):
    """One coded entry of a person's record: a SNOMED CT concept on a day, with its value where it has one.

    `original` is the value as it came, where it was converted to another unit. The key leads with the person,
    whose page it serves; the unique constraint is the index that cohorts read. What it points at has no
    foreign key: checked row by row it took longer than all the rest. Source: docs/decisions/0007-imports.md.
    """

    __tablename__ = "coded_event"

    person_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    on: Mapped[dt.date]
    code: Mapped[str]
    term: Mapped[str]
    value: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    unit: Mapped[str]
    original: Mapped[str | None]
    import_id: Mapped[int]

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "person_id", "id"),
        UniqueConstraint("tenant_id", "code", "person_id", "on", "value", postgresql_nulls_not_distinct=True),
    )


class DataOptOut(TenantRow, Base):
    """An opt-out of the use of a person's data that somebody told us of; an extract's own is on the person.

    The national data opt-out and the Type 1 opt-out are two things, and neither says "do not contact me".
    """

    __tablename__ = "data_opt_out"

    person_id: Mapped[int]
    kind: Mapped[str] = choice("kind", "national data opt-out", "Type 1 opt-out")
    source: Mapped[str]
    asked_on: Mapped[dt.date | None]
    entered_by: Mapped[str]
    at: Mapped[dt.datetime]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[dt.datetime | None]

    __table_args__ = (
        tenant_key("person_id", "person"),
        Index(
            "uq_data_opt_out_live",
            *("tenant_id", "person_id", "kind"),
            unique=True,
            postgresql_where=text("lifted_at is null"),
        ),
    )


class SetAsideValue(TenantRow, Base):
    """A value that cannot be true, or not yet: kept apart as it came, with the reason, and never used."""

    __tablename__ = "set_aside_value"

    person_id: Mapped[int]
    on: Mapped[dt.date]
    code: Mapped[str]
    term: Mapped[str]
    value: Mapped[str]
    unit: Mapped[str]
    reason: Mapped[str]
    import_id: Mapped[int]

    __table_args__ = (
        tenant_key("person_id", "person"),
        tenant_key("import_id", "import_file"),
        UniqueConstraint("tenant_id", "person_id", "code", "on", "value", "unit"),
    )


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
