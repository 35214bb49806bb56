"""Row-level security as text, generated from the mapped classes.

Migrations run this text; the catalogue test holds the live database against it. Each policy is one
equality on a setting: never OR, never a sub-select (both cost an index scan, and Citus refuses the latter).
Source: docs/decisions/0002-tenancy.md.
"""

from dataclasses import dataclass

from tenants.db import Base

SETTINGS = ("org", "tenant", "icb", "account")

FUNCTIONS = "\n".join(
    f"CREATE OR REPLACE FUNCTION app.{name}() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE "
    f"AS $$ SELECT nullif(current_setting('app.{name}', true), '')::bigint $$;"
    for name in SETTINGS
)


@dataclass(frozen=True)
class Policy:
    """One policy: the command it is for, and its one equality (`check` where the written row differs)."""

    command: str
    equality: str
    role: str = "app"
    check: str | None = None

    def ddl(self, name: str, table: str) -> str:
        using = f" USING ({self.equality})" if self.command != "INSERT" else ""
        checked = self.check or self.equality
        check = f" WITH CHECK ({checked})" if self.command in ("ALL", "INSERT", "UPDATE") else ""
        return f"CREATE POLICY {name} ON {table} FOR {self.command} TO {self.role}{using}{check};"


PUBLISHED_BY_ITS_OWN = "origin_org_id = app.org() AND icb_id = app.icb()"

POLICIES: dict[str, Policy] = {
    "tenant": Policy("ALL", "tenant_id = app.tenant()"),
    "org": Policy("ALL", "org_id = app.org()"),
    "account": Policy("ALL", "account_id = app.account()"),
    "account_read": Policy("SELECT", "account_id = app.account()"),
    "tenant_read": Policy("SELECT", "tenant_id = app.tenant()"),
    "published_read": Policy("SELECT", "icb_id = app.icb()"),
    "published_add": Policy("INSERT", "origin_org_id = app.org()", check=PUBLISHED_BY_ITS_OWN),
    "published_change": Policy("UPDATE", "origin_org_id = app.org()", check=PUBLISHED_BY_ITS_OWN),
    "published_withdraw": Policy("DELETE", "origin_org_id = app.org()"),
    "org_read": Policy("SELECT", "org_id = app.org()"),
    "org_add": Policy("INSERT", "org_id = app.org()"),
    # The partner's side of a referral, reached by key from its mailbox; what it may change is in the grants.
    "partner_read": Policy("SELECT", "shared_with = app.org()"),
    "partner_decide": Policy("UPDATE", "shared_with = app.org()"),
    # A mailbox row is put there by the PCN that sends, and read by the organisation it is addressed to.
    "sender_add": Policy("INSERT", "tenant_id = app.tenant()"),
    # Work may be left for another organisation (a referral's answer), and is run and seen by that one only.
    "written_by_add": Policy("INSERT", "written_by = app.org()"),
    "relay": Policy("ALL", "true", role="app_relay"),
}

# Tables without a policy, and why that is safe.
UNPOLICED: dict[str, str] = {
    "alembic_version": "the migration the schema is at",
    "organisation": "names and codes of organisations, which everyone signed in may know",
    "account": "the name and e-mail address of staff; what they can do is in membership",
    "signin_attempt": "keyed hashes of addresses that tried to sign in, and when",
    "deprivation": "the published English Indices of Deprivation",
    "worker_beat": "when each worker was last alive",
}


def mapped_tables() -> dict[str, tuple[str, ...]]:
    """Each mapped table and the names of the policies it stands under."""
    return {
        str(mapper.local_table.name): mapper.class_.__policies__  # type: ignore[attr-defined]
        for mapper in Base.registry.mappers
    }


def table_ddl(table: str, policies: tuple[str, ...]) -> str:
    """What puts `table` under its policies, for its owner too."""
    head = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;",
    ]
    return "\n".join(head + [POLICIES[name].ddl(f"{table}_{name}", table) for name in policies])


def grants_ddl(table: str) -> str:
    """What the application's role may do with `table`. TRUNCATE and REFERENCES are granted nowhere."""
    verbs = GRANTS.get(table, "SELECT, INSERT, UPDATE, DELETE")
    return f"GRANT {verbs} ON {table} TO app;"


# Where the application may do less than read, add, change and delete.
GRANTS: dict[str, str] = {
    "audit_event": "SELECT, INSERT",
    "referral": (
        "SELECT, INSERT, DELETE, UPDATE (state, seen_at, decided_at, decided_by, decided_by_account, "
        "decline_kind, decline_reason, decision_note, sender_told_at, withdrawn_at, withdrawn_reason, "
        "finished_at, outcome_note, shared_with)"
    ),
    "account": "SELECT, INSERT, UPDATE",
    "organisation": "SELECT, INSERT, UPDATE",
    "deprivation": "SELECT, INSERT, DELETE",
}


def schema_ddl() -> str:
    """Functions, policies and grants for every mapped table, in one script."""
    parts = [FUNCTIONS]
    for table, policies in sorted(mapped_tables().items()):
        if policies:
            parts.append(table_ddl(table, policies))
        parts.append(grants_ddl(table))
    parts.append("GRANT USAGE ON SEQUENCE organisation_id_seq, account_id_seq TO app;")
    parts.append("GRANT SELECT ON alembic_version TO app;")
    parts.append("GRANT SELECT, UPDATE ON outbox TO app_relay;")
    return "\n".join(parts)
