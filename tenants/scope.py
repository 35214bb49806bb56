"""Who acts: the one place that tells the database on whose behalf a transaction runs.

`acting()` says it for a stretch of code; the `after_begin` hook below writes it into every transaction
with `SET LOCAL` and integer literals (`SET LOCAL` is what Citus forwards, `set_config` is not), so it ends
with the transaction and cannot leak through a pooled connection. Nothing else may set these settings.

The loader criteria add `tenant_id = …` to ORM statements for routing and estimates. They are not the
protection: the isolation tests run with `TENANT_CRITERIA` off.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, with_loader_criteria

from tenants.db import TenantRow, TenantSession, db


@dataclass(frozen=True)
class Acting:
    """Who acts. `tenant` is set only where a PCN acts; `account` is the signed-in person, if any."""

    org: int | None = None
    tenant: int | None = None
    icb: int | None = None
    account: int | None = None


NOBODY = Acting()
TENANT_CRITERIA = True

_acting: ContextVar[Acting] = ContextVar("acting", default=NOBODY)


def current() -> Acting:
    """Who acts now."""
    return _acting.get()


def begin(acting: Acting) -> None:
    """From now on `acting` acts. An open transaction of somebody else is rolled back first."""
    if acting != _acting.get():
        db.session.expunge_all()
        db.session.rollback()
    _acting.set(acting)


@contextmanager
def as_acting(acting: Acting) -> Iterator[None]:
    """Run the block as `acting`; what it has not committed is rolled back at its end."""
    before = _acting.get()
    begin(acting)
    try:
        yield
    finally:
        db.session.expunge_all()
        db.session.rollback()
        begin(before)


def settings_sql(acting: Acting) -> str:
    """The statement that tells the database who acts; empty means nobody, and nobody sees no rows."""
    values = {"org": acting.org, "tenant": acting.tenant, "icb": acting.icb, "account": acting.account}
    return "; ".join(
        f"SET LOCAL app.{name} = '{'' if value is None else int(value)}'" for name, value in values.items()
    )


@event.listens_for(TenantSession, "after_begin")
def _set_acting(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    connection.exec_driver_sql(settings_sql(_acting.get()))


@event.listens_for(TenantSession, "do_orm_execute")
def _route_by_tenant(state: ORMExecuteState) -> None:
    tenant = _acting.get().tenant
    if not TENANT_CRITERIA or tenant is None or state.is_column_load or state.is_relationship_load:
        return
    if state.is_select or state.is_update or state.is_delete:
        state.statement = state.statement.options(_criteria(tenant))


@lru_cache(maxsize=4096)
def _criteria(tenant: int) -> Any:
    return with_loader_criteria(TenantRow, lambda row: row.tenant_id == tenant, include_aliases=True)
