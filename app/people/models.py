"""People, and what is known of them."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import Index, Numeric, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Json, TenantRow, choice, tenant_key


class Deprivation(Base):
    """English Indices of Deprivation by LSOA. Decile 1 is the most deprived. Releases do not compare."""

    __tablename__ = "deprivation"

    release: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lsoa: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int]
    decile: Mapped[int]


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
