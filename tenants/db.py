"""The database: one declarative base, one session, and the column shapes that tenancy rests on.

Three kinds of table carry a policy (see `policies.py`):

- a *tenant* table belongs to a PCN and leads with `tenant_id`,
- an *organisation* table belongs to whichever acts (PCN, ICB or partner) and leads with `org_id`,
- a *published* table is what an ICB's members may all read and leads with `icb_id`.
"""

import datetime as dt
from typing import Any, ClassVar

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    MetaData,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column, registry

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Json = dict[str, Any]


class Base(DeclarativeBase):
    """Every mapped class. `__policies__` names the policies its table stands under."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={
            int: BigInteger,
            str: Text,
            dt.datetime: DateTime(timezone=True),
            Json: JSONB,
            list[str]: JSONB,
            list[Json]: JSONB,
        },
    )
    __policies__: ClassVar[tuple[str, ...]] = ()


class TenantSession(Session):
    """The session whose every transaction begins as one acting organisation (`scope.py`)."""


db = SQLAlchemy(model_class=Base, session_options={"class_": TenantSession, "expire_on_commit": False})


class TenantRow:
    """A row of one PCN: key `(tenant_id, id)`, both filled in by the database."""

    __policies__: ClassVar[tuple[str, ...]] = ("tenant",)

    tenant_id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, server_default=text("app.tenant()"), sort_order=-20
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-19)


class OrgRow:
    """A row of the organisation that wrote it, be it PCN, ICB or partner."""

    __policies__: ClassVar[tuple[str, ...]] = ("org",)

    org_id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, server_default=text("app.org()"), sort_order=-20
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-19)


PUBLISHED = ("published_read", "published_add", "published_change", "published_withdraw")


class PublishedRow:
    """A copy that everyone in one ICB may read and only the organisation it came from may change."""

    __policies__: ClassVar[tuple[str, ...]] = PUBLISHED

    icb_id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, server_default=text("app.icb()"), sort_order=-20
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-19)
    origin_org_id: Mapped[int] = mapped_column(server_default=text("app.org()"), sort_order=-18)
    origin_name: Mapped[str] = mapped_column(sort_order=-17)
    published_at: Mapped[dt.datetime] = mapped_column(sort_order=-16)


def tenant_key(column: str, target: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A foreign key to a row of the same PCN: `(tenant_id, column)` → `target (tenant_id, id)`."""
    return ForeignKeyConstraint(
        ["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], ondelete=ondelete
    )


def choice(name: str, *values: str, **options: Any) -> MappedColumn[Any]:
    """A text column that takes one of `values` (a CHECK, never an enum, whose equality is not leakproof)."""
    listed = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    return mapped_column(
        name, Text, CheckConstraint(f"{name} in ({listed})", name=name), info={"choices": values}, **options
    )
