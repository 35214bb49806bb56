"""Row-level security: which policies there are, and what else each table is to have beside them.

Migrations write it out; the catalogue test holds the live database against it. Each policy is one
equality on a setting: never OR, never a sub-select (both cost an index scan, and Citus refuses the latter).
Source: docs/decisions/0002-tenancy.md.
"""

from dataclasses import dataclass

from tenants.db import Base

SETTINGS = ("org", "tenant", "icb", "account")

# Written as PostgreSQL gives it back, so that the catalogue can be held against it word by word; not by the
# functions app.tenant() and so on, which are for defaults: looking into one takes time in every plan.
ORG, TENANT, ICB, ACCOUNT = (
    f"nullif(current_setting('app.{name}'::text, true), ''::text)::bigint" for name in SETTINGS
)


@dataclass(frozen=True)
class Policy:
    """One policy: the command it is for, and its one equality (`check` where the written row differs)."""

    command: str
    equality: str
    role: str = "app"
    check: str | None = None


PUBLISHED_BY_ITS_OWN = f"origin_org_id = {ORG} AND icb_id = {ICB}"

POLICIES: dict[str, Policy] = {
    "tenant": Policy("ALL", f"tenant_id = {TENANT}"),
    "org": Policy("ALL", f"org_id = {ORG}"),
    "account": Policy("ALL", f"account_id = {ACCOUNT}"),
    "account_read": Policy("SELECT", f"account_id = {ACCOUNT}"),
    "tenant_read": Policy("SELECT", f"tenant_id = {TENANT}"),
    "published_read": Policy("SELECT", f"icb_id = {ICB}"),
    "published_add": Policy("INSERT", f"origin_org_id = {ORG}", check=PUBLISHED_BY_ITS_OWN),
    "published_change": Policy("UPDATE", f"origin_org_id = {ORG}", check=PUBLISHED_BY_ITS_OWN),
    "published_withdraw": Policy("DELETE", f"origin_org_id = {ORG}"),
    "org_read": Policy("SELECT", f"org_id = {ORG}"),
    "org_add": Policy("INSERT", f"org_id = {ORG}"),
    # The partner's side of a referral, reached by key from its mailbox; what it may change is in the grants.
    "partner_read": Policy("SELECT", f"shared_with = {ORG}"),
    "partner_decide": Policy("UPDATE", f"shared_with = {ORG}"),
    # A mailbox row is put there by the PCN that sends, and read by the organisation it is addressed to.
    "sender_add": Policy("INSERT", f"tenant_id = {TENANT}"),
    # Work may be left for another organisation (a referral's answer), and is run and seen by that one only.
    "written_by_add": Policy("INSERT", f"written_by = {ORG}"),
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


# Where the application may do less than read, add, change and delete.
GRANTS: dict[str, str] = {
    "audit_event": "SELECT, INSERT",
    "referral": (
        "SELECT, INSERT, DELETE, UPDATE (state, seen_at, decided_at, decided_by, decided_by_account, "
        "decline_kind, decline_reason, decision_note, sender_told_at, withdrawn_at, withdrawn_reason, "
        "finished_at, outcome_note, shared_with)"
    ),
    # Whoever could change an address could have its password link sent to another.
    "account": "SELECT, INSERT, UPDATE (name, disabled_at)",
    "organisation": "SELECT, INSERT, UPDATE (closed_at)",
    "deprivation": "SELECT, INSERT, DELETE",
}

# What the relay needs to know of work: whether it is due, and nothing of what it is about.
DUE = "org_id, id, run_after, queued_at, done_at, failed_at"


def parents() -> set[tuple[str, str]]:
    """Each column that names a parent of the same PCN, as (table, column).

    The planner has to be told that the parent decides the PCN: a statistic `of_<table>_<column>`. Without it
    the planner takes the two for independent, and one of 1,000 PCNs for a thousandth of its size.
    Source: docs/decisions/0006-speed.md.
    """
    return {
        (table.name, key.column_keys[1])
        for table in Base.metadata.tables.values()
        for key in table.foreign_key_constraints
        if len(key.columns) == 2 and key.column_keys[0] == "tenant_id"
    }
