"""The query behind the list, as the product sends it, on its own connection: with policies and without."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from app.cohorts.participants import PAGE
from app.embedded import Servers
from bench.filling import ACCOUNT, ICB, OUR_PCN, WITHOUT_POLICIES, address
from bench.pages import Seen
from tenants.scope import Acting, settings_sql

Connection = psycopg.Connection[Any]
Rows = list[Any]
Run = Callable[[], Rows]
OURS = Acting(org=OUR_PCN, tenant=OUR_PCN, icb=ICB, account=ACCOUNT)


@dataclass(frozen=True)
class Asked:
    """The query in an open transaction, and the query in a transaction of its own."""

    query: Run
    transaction: Run


def under_policies(servers: Servers, seen: Seen) -> Asked:
    """As the application's role, in transactions that have said who acts."""
    return _asked(lambda: psycopg.connect(address(servers, "app")), seen, settings_sql(OURS))


def without_policies(servers: Servers, seen: Seen) -> Asked:
    """As a role that no policy binds; `tenant_id = …` in the query keeps to one PCN.

    All else is alike, so that the policies are the difference: this role plans as the application's does.
    """

    def connect() -> Connection:
        options = "-c plan_cache_mode=force_custom_plan"
        return psycopg.connect(address(servers, WITHOUT_POLICIES), options=options)

    return _asked(connect, seen, None)


def _asked(connect: Callable[[], Connection], seen: Seen, settings: str | None) -> Asked:
    statement, parameters = seen.query
    assert "tenant_id = %(" in statement, "the query does not keep to one PCN by itself"
    opened, own = connect(), connect()
    if settings:
        opened.execute(settings)

    def query() -> Rows:
        return opened.execute(statement, parameters).fetchall()

    def transaction() -> Rows:
        with own.transaction():
            if settings:
                own.execute(settings)
            return own.execute(statement, parameters).fetchall()

    assert len(query()) == len(transaction()) == PAGE
    return Asked(query, transaction)


def gauge(servers: Servers) -> Run:
    """Ten times to the database and back for nothing: what tells how busy the machine is otherwise."""
    connection = psycopg.connect(address(servers, "app"), autocommit=True)
    return lambda: [connection.execute("SELECT 1").fetchall() for _ in range(10)]
