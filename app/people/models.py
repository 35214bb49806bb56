"""People, what is known of them, and the files it came from."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Json, TenantRow, choice, tenant_key

IMPORT_KINDS = ("people", "events")
IMPORT_STATES = ("uploaded", "checking", "checked", "saving", "done", "cancelled", "failed")


class Deprivation(Base):
    """English Indices of Deprivation by LSOA. Decile 1 is the most deprived. Releases do not compare."""

    __tablename__ = "deprivation"

    release: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lsoa: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int]
    decile: Mapped[int]


class Person(TenantRow, Base):
    """A person on a practice's list. The practice is the controller; `pseudonym` is what planners see."""

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
    updated_at: Mapped[dt.datetime]

    __table_args__ = (
        tenant_key("practice_id", "practice"),
        tenant_key("import_id", "import_file"),
        UniqueConstraint("tenant_id", "nhs_number"),
        UniqueConstraint("tenant_id", "pseudonym"),
        Index("ix_person_tenant_id_name_key", "tenant_id", "name_key"),
        Index(
            "ix_person_tenant_id_family_name_given_name_pseudonym",
            *("tenant_id", "family_name", "given_name", "pseudonym"),
        ),
        Index("ix_person_tenant_id_practice_id", "tenant_id", "practice_id"),
        Index("ix_person_tenant_id_import_id", "tenant_id", "import_id"),
    )

    @property
    def name(self) -> str:
        """Given and family name as written on the list."""
        return f"{self.given_name} {self.family_name}".strip()


class CodedEvent(TenantRow, Base):
    """One coded entry of a person's record: a SNOMED CT concept on a day, with its value where it has one.

    `original` is the value as it came, where it was converted to another unit.
    """

    __tablename__ = "coded_event"

    person_id: Mapped[int]
    on: Mapped[dt.date]
    code: Mapped[str]
    term: Mapped[str]
    value: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    unit: Mapped[str]
    original: Mapped[str | None]
    import_id: Mapped[int]

    __table_args__ = (
        tenant_key("person_id", "person"),
        tenant_key("import_id", "import_file"),
        UniqueConstraint("tenant_id", "person_id", "code", "on", "value", postgresql_nulls_not_distinct=True),
        Index("ix_coded_event_tenant_id_code_person_id", "tenant_id", "code", "person_id", "on"),
    )


class ImportFile(TenantRow, Base):
    """One file brought in: its stages, its counts and how far the worker has come.

    `cursor` holds what the next chunk of reading or saving needs to go on; `form_key` keeps a form that is
    sent twice from bringing the file in twice.
    """

    __tablename__ = "import_file"

    kind: Mapped[str] = choice("kind", *IMPORT_KINDS)
    source: Mapped[str]
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
    outcome: Mapped[str] = choice("outcome", "new", "changed", "unchanged", "refused", "set aside")
    reason: Mapped[str | None]
    key: Mapped[str | None]
    data: Mapped[Json] = mapped_column(default=dict)

    __table_args__ = (
        tenant_key("import_id", "import_file", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "import_id", "line"),
        UniqueConstraint("tenant_id", "import_id", "key"),
    )
