"""The live database against what tenancy promises, table by table, new tables included."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tenants.db import Base, db
from tenants.policies import GRANTS, POLICIES, UNPOLICED, mapped_tables, parents

LEADERS = {"tenant_id", "org_id", "icb_id", "account_id"}
LEADERLESS_KEYS = {"organisation", "account"}


@pytest.fixture
def look(app: Flask) -> Any:
    """Rows of a catalogue query, as the application's role."""

    def query(sql: str, **values: Any) -> list[Any]:
        with app.app_context():
            return list(db.session.execute(text(sql), values))

    return query


TABLES = "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class " \
    "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"  # fmt: skip


def test_every_table_is_under_a_forced_policy_or_on_the_short_list(look: Any) -> None:
    for name, enabled, forced in look(TABLES):
        assert (enabled and forced) != (name in UNPOLICED), name


def test_every_table_is_mapped_or_is_the_migration_marker(look: Any) -> None:
    assert {row.relname for row in look(TABLES)} == set(mapped_tables()) | {"alembic_version"}


def test_the_policies_in_the_database_are_the_generated_ones(look: Any) -> None:
    rows = look("SELECT tablename, policyname, cmd, roles::text[], qual, with_check FROM pg_policies")
    live = {
        (r.tablename, r.policyname, r.cmd, tuple(r.roles), _plain(r.qual), _plain(r.with_check)) for r in rows
    }
    wanted = set()
    for table, names in mapped_tables().items():
        for name in names:
            policy = POLICIES[name]
            using = None if policy.command == "INSERT" else policy.equality
            checked = policy.command in ("ALL", "INSERT", "UPDATE")
            check = (policy.check or policy.equality) if checked else None
            wanted.add(
                (table, f"{table}_{name}", policy.command, (policy.role,), _plain(using), _plain(check))
            )
    assert live == wanted


def _plain(expression: str | None) -> str | None:
    """Without brackets and without the schema, which PostgreSQL leaves out where it is on the search path."""
    if expression is None:
        return None
    return expression.replace("(", "").replace(")", "").replace("app.", "").lower()


def test_no_policy_has_an_or_or_a_sub_select() -> None:
    for policy in POLICIES.values():
        words = f"{policy.equality} {policy.check or ''}".lower().split()
        assert "or" not in words
        assert "select" not in words


def test_keys_uniques_and_indexes_of_policed_tables_start_with_who_owns_the_row(look: Any) -> None:
    rows = look(
        "SELECT c.relname AS table, i.relname AS index, "
        " (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum = x.indkey[0]) AS first "
        "FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid "
        "WHERE c.relnamespace = 'public'::regnamespace"
    )
    wrong = [r.index for r in rows if r.table not in UNPOLICED and r.first not in LEADERS]
    assert not wrong


def test_foreign_keys_between_policed_tables_start_with_who_owns_the_row() -> None:
    for table in Base.metadata.tables.values():
        for key in table.foreign_key_constraints:
            target = key.referred_table.name
            if target in LEADERLESS_KEYS or table.name in UNPOLICED:
                continue
            assert next(iter(key.columns)).name in LEADERS, f"{table.name} → {target}"


def test_no_column_is_an_enum_and_no_view_or_definer_function_exists(look: Any) -> None:
    assert not look("SELECT 1 FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace "
                    "WHERE typtype = 'e' AND nspname IN ('public', 'app')")  # fmt: skip
    assert not look(
        "SELECT 1 FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace"
    )
    assert not look("SELECT 1 FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace "
                    "WHERE prosecdef AND nspname IN ('public', 'app')")  # fmt: skip


def test_the_connected_role_is_neither_owner_nor_superuser_nor_bypasses_policies(look: Any) -> None:
    (role,) = look("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
    assert (role.rolname, role.rolsuper, role.rolbypassrls) == ("app", False, False)
    assert not look("SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user")
    assert not look(
        "SELECT 1 FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = 'app')"
    )


def test_truncate_and_references_are_granted_to_nobody_and_narrow_grants_hold(look: Any) -> None:
    rows = look("SELECT table_name, privilege_type FROM information_schema.role_table_grants "
                "WHERE grantee IN ('app', 'app_relay', 'PUBLIC') AND table_schema = 'public'")  # fmt: skip
    assert not [r for r in rows if r.privilege_type in ("TRUNCATE", "REFERENCES", "TRIGGER")]
    for table, verbs in GRANTS.items():
        whole = {v.strip() for v in verbs.split("(")[0].split(",")} - {"UPDATE" if "(" in verbs else ""}
        assert {r.privilege_type for r in rows if r.table_name == table} == whole, table


def test_the_planner_is_told_of_each_parent_that_it_decides_the_pcn(look: Any) -> None:
    rows = look(
        "SELECT c.relname AS table, a.attname AS column FROM pg_statistic_ext s "
        "JOIN pg_class c ON c.oid = s.stxrelid "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (s.stxkeys) "
        "WHERE 'f' = ANY (s.stxkind) AND a.attname <> 'tenant_id'"
    )
    assert parents() - {(row.table, row.column) for row in rows} == set()


def test_the_migration_makes_exactly_what_the_classes_say(app: Flask, owner_engine: Any) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with owner_engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert difference == []


def test_every_column_that_takes_one_of_a_few_words_has_its_check(look: Any) -> None:
    checks = {row.conname for row in look("SELECT conname FROM pg_constraint WHERE contype = 'c'")}
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if column.info.get("choices"):
                assert f"ck_{table.name}_{column.name}" in checks, f"{table.name}.{column.name}"
