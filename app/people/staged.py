"""Where the plain lines of large files wait between the preview and the saving, as typed columns."""

import datetime as dt
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import Index, Numeric, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from tenants.db import Base


class Staged:
    """A line that was read and waits, as typed columns, to be saved or cancelled. No key of any sort.

    Rows of one import stand together, so that a summary of each range of pages finds them.
    """

    __policies__: ClassVar[tuple[str, ...]] = ("tenant",)

    tenant_id: Mapped[int] = mapped_column(server_default=text("app.tenant()"), sort_order=-20)
    import_id: Mapped[int] = mapped_column(sort_order=-19)
    line: Mapped[int] = mapped_column(sort_order=-18)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Index, ...]:  # noqa: N805
        """The one index, of ranges of pages."""
        return (Index(None, "tenant_id", "import_id", postgresql_using="brin"),)


class StagedPerson(Staged, Base):
    """A person as a line of a file says. NULL is a column that the line does not have, or an empty date."""

    __tablename__ = "staged_person"

    nhs_number: Mapped[str]
    practice_id: Mapped[int | None]
    name_key: Mapped[str | None]
    born: Mapped[dt.date | None]
    given_name: Mapped[str | None]
    family_name: Mapped[str | None]
    sex: Mapped[str | None]
    ethnicity: Mapped[str | None]
    house: Mapped[str | None]
    street: Mapped[str | None]
    town: Mapped[str | None]
    postcode: Mapped[str | None]
    lsoa: Mapped[str | None]
    mobile: Mapped[str | None]
    home_phone: Mapped[str | None]
    email: Mapped[str | None]
    preferred_contact: Mapped[str | None]
    language: Mapped[str | None]
    interpreter: Mapped[bool | None]
    information_format: Mapped[str | None]
    registered_on: Mapped[dt.date | None]
    left_on: Mapped[dt.date | None]
    died_on: Mapped[dt.date | None]
    type1_opt_out: Mapped[bool | None]
    sensitive: Mapped[bool | None]

    __mapper_args__ = {  # noqa: RUF012 - as SQLAlchemy declares it
        "primary_key": ("tenant_id", "import_id", "line")
    }


class StagedEvent(Staged, Base):
    """A coded event as a line of a file says, linked to its person. A line may hold two."""

    __tablename__ = "staged_event"

    person_id: Mapped[int]
    on: Mapped[dt.date]
    code: Mapped[str]
    term: Mapped[str]
    value: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    unit: Mapped[str]
    original: Mapped[str | None]

    __mapper_args__ = {  # noqa: RUF012 - as SQLAlchemy declares it
        "primary_key": ("tenant_id", "import_id", "line", "code")
    }
