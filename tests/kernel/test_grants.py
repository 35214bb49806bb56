"""What the roles of the database may do beside the policies: grants, columns, schemas, defaults."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import ProgrammingError

from app import outbox
from tenants import scope
from tenants.db import Base, db
from tenants.policies import DUE, UNPOLICED
from tests.conftest import settings
from tests.world import World

# Tables that everybody reads hold these columns and no other: think before adding one.
READ_BY_ALL = {
    "organisation": "id kind slug name code icb_id sector demonstration created_at closed_at",
    "account": "id email name created_at disabled_at",
    "signin_attempt": "id key_hash at",
    "worker_beat": "name at",
}


@pytest.fixture
def relay(live: Flask, world: World) -> Iterator[Engine]:
    """A connection as the relay, with one piece of Dover Town's work waiting."""
    with live.app_context(), scope.as_acting(world.acting("dover-town")):
        outbox.leave("test.work", "Wrenfield", {"link": "secret"}, key="1")
        db.session.commit()
    engine = create_engine(live.config["RELAY_DATABASE_URL"])
    yield engine
    engine.dispose()


def _refused(engine: Engine, statement: str) -> bool:
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    except ProgrammingError as error:
        return "permission denied" in str(error)
    return False


def test_the_relay_sees_which_work_is_due_of_every_organisation(relay: Engine) -> None:
    with relay.begin() as connection:
        (row,) = connection.execute(text(f"SELECT {DUE} FROM outbox"))
        assert row.done_at is None
        taken = connection.execute(text("UPDATE outbox SET queued_at = run_after RETURNING id"))
        assert len(taken.all()) == 1


@pytest.mark.parametrize("column", ["payload", "label", "kind", "dedup_key", "error", "written_by"])
def test_the_relay_sees_nothing_of_what_the_work_is_about(relay: Engine, column: str) -> None:
    assert _refused(relay, f"SELECT {column} FROM outbox")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE outbox SET done_at = run_after",
        "UPDATE outbox SET org_id = 1",
        "DELETE FROM outbox",
        "INSERT INTO outbox (org_id) VALUES (1)",
        "CREATE TABLE public.mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
    ],
)
def test_the_relay_changes_nothing_but_when_work_was_queued(relay: Engine, statement: str) -> None:
    assert _refused(relay, statement)


@pytest.mark.parametrize("table", sorted(set(Base.metadata.tables) | {"alembic_version"} - {"outbox"}))
def test_the_relay_reads_no_other_table(relay: Engine, table: str) -> None:
    assert _refused(relay, f'SELECT * FROM "{table}"')


@pytest.fixture
def as_app(run_database: str) -> Iterator[Engine]:
    """A connection as the application's role."""
    engine = create_engine(settings(run_database)["DATABASE_URL"])
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.mine (id int)",
        "CREATE FUNCTION app.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION app.tenant() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
        "ALTER TABLE person DISABLE ROW LEVEL SECURITY",
        "DROP POLICY person_tenant ON person",
        "TRUNCATE audit_event",
        "UPDATE audit_event SET actor = 'Nobody'",
        "DELETE FROM audit_event",
        "UPDATE account SET email = 'mine@example.test'",
        "DELETE FROM account",
        "UPDATE organisation SET icb_id = 1",
        "UPDATE referral SET person_id = 1",
        "UPDATE referral SET shared = '{}'",
        "SET ROLE app_owner",
        "SET ROLE app_relay",
        "INSERT INTO alembic_version VALUES ('x')",
    ],
)
def test_the_application_may_not(as_app: Engine, statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        as_app.begin() as connection,
    ):
        connection.execute(text(statement))


def _rows(engine: Engine, statement: str) -> list[Any]:
    with engine.begin() as connection:
        return list(connection.execute(text(statement)))


def test_nothing_is_granted_by_default_to_tables_that_come_later(as_app: Engine) -> None:
    assert not _rows(as_app, "SELECT * FROM pg_default_acl")


def test_no_role_but_the_three_may_enter_the_database_or_its_schemas(as_app: Engine) -> None:
    (access,) = _rows(
        as_app,
        "SELECT has_database_privilege('public', current_database(), 'CONNECT') AS connect, "
        "has_database_privilege('public', current_database(), 'TEMPORARY') AS temporary, "
        "has_schema_privilege('public', 'public', 'CREATE') AS create, "
        "has_schema_privilege('public', 'app', 'USAGE') AS app",
    )
    assert not any(access)


def test_no_policy_is_for_everybody(as_app: Engine) -> None:
    roles = {row.role for row in _rows(as_app, "SELECT unnest(roles)::text AS role FROM pg_policies")}
    assert roles == {"app", "app_relay"}


def test_the_relay_has_one_policy(as_app: Engine) -> None:
    rows = _rows(as_app, "SELECT tablename FROM pg_policies WHERE 'app_relay' = ANY(roles)")
    assert [row.tablename for row in rows] == ["outbox"]


def test_our_functions_run_as_whoever_asks_and_read_no_table(as_app: Engine) -> None:
    rows = _rows(
        as_app,
        "SELECT proname, prosecdef, prosrc FROM pg_proc WHERE pronamespace = 'app'::regnamespace",
    )
    who_acts, guards = {"org", "tenant", "icb", "account"}, {"keep_approved"}
    assert {row.proname for row in rows} == who_acts | guards
    for row in rows:
        assert not row.prosecdef
        assert " from " not in " ".join(row.prosrc.lower().split()).replace("is distinct from", "")


@pytest.mark.parametrize("table", READ_BY_ALL)
def test_what_everybody_reads_has_the_columns_that_were_thought_about(table: str) -> None:
    assert table in UNPOLICED
    assert set(Base.metadata.tables[table].columns.keys()) == set(READ_BY_ALL[table].split())
