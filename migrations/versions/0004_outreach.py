"""What people need, whom the steps could not reach, and what another role must act on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

TABLES = ("contact_need", "reach_decision", "alert")
# The columns that hold the key of a parent row of the same PCN: the planner is told of each.
PARENTS = (
    ("contact_need", "person_id"),
    ("reach_decision", "participant_id"),
    ("alert", "person_id"),
    ("alert", "programme_id"),
    ("alert", "call_attempt_id"),
)
NEEDS = "kind in ('language', 'format', 'interpreter', 'someone to speak for me')"
ALERTS = (
    "kind in ('deceased reported', 'moved away', 'safeguarding concern', 'urgent clinical concern', "
    "'lacks capacity or has a carer')"
)

_OURS = "tenant_id = nullif(current_setting('app.tenant'::text, true), ''::text)::bigint"
_POLICED = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY {table}_tenant ON {table} FOR ALL TO app USING ({ours}) WITH CHECK ({ours});
GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO app;
"""
# What has been approved is what people were sent: afterwards a version can only be retired.
_KEPT = (
    *(
        "kind",
        "name",
        "language",
        "format",
        "version",
        "summary",
        "body",
        "others_note",
        "made_by",
        "made_at",
    ),
    *("read_by", "read_at", "read_note", "approved_by", "approved_at", "approved_despite"),
)
_NEVER_CHANGES = f"""
CREATE FUNCTION app.keep_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF ({", ".join(f"new.{name}" for name in _KEPT)})
    IS DISTINCT FROM ({", ".join(f"old.{name}" for name in _KEPT)})
    OR new.state NOT IN (old.state, 'retired')
  THEN
    RAISE EXCEPTION 'an approved version of a library item never changes' USING ERRCODE = 'check_violation';
  END IF;
  RETURN new;
END $$;
CREATE TRIGGER keep_approved BEFORE UPDATE ON library_item FOR EACH ROW
  WHEN (old.state IN ('approved', 'retired')) EXECUTE FUNCTION app.keep_approved();
"""
# Said twice by a double click before there was an index: the earliest stays.
_ONCE = """
ALTER TABLE blackout NO FORCE ROW LEVEL SECURITY;
UPDATE blackout b SET removed_by = b.added_by, removed_at = b.added_at WHERE b.removed_at IS NULL AND EXISTS (
  SELECT 1 FROM blackout a WHERE a.tenant_id = b.tenant_id AND a.starts_on = b.starts_on
  AND a.ends_on = b.ends_on AND a.why = b.why AND a.removed_at IS NULL AND a.id < b.id);
ALTER TABLE blackout FORCE ROW LEVEL SECURITY;
"""


def _table(name: str, *columns: sa.Column | sa.Constraint) -> None:
    """A table of a PCN's own rows."""
    tenant = sa.Column(
        "tenant_id",
        sa.BigInteger(),
        server_default=sa.text("app.tenant()"),
        autoincrement=False,
        nullable=False,
    )
    key = sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)
    primary = sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f(f"pk_{name}"))
    op.create_table(name, tenant, key, *columns, primary)


def _parent(table: str, column: str, parent: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_tenant_id_{column}")
    return sa.ForeignKeyConstraint(["tenant_id", column], [f"{parent}.tenant_id", f"{parent}.id"], name=name)


def _number(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _words(name: str, *, optional: bool = False, default: str | None = None) -> sa.Column:
    return sa.Column(name, sa.Text(), server_default=default, nullable=optional)


def _moment(name: str, *, optional: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=optional)


def upgrade() -> None:
    """Go forward."""
    _table(
        "contact_need",
        _number("person_id"),
        _words("kind"),
        _words("value", default=""),
        _words("source"),
        _words("entered_by"),
        _moment("at"),
        _words("lifted_by", optional=True),
        _moment("lifted_at", optional=True),
        sa.CheckConstraint(NEEDS, name=op.f("ck_contact_need_kind")),
        _parent("contact_need", "person_id", "person"),
    )
    op.create_index(
        "uq_contact_need_live",
        "contact_need",
        ["tenant_id", "person_id", "kind"],
        unique=True,
        postgresql_where=sa.text("lifted_at is null"),
    )
    _table(
        "reach_decision",
        _number("participant_id"),
        _words("decision"),
        _words("note"),
        _words("by"),
        _moment("at"),
        sa.CheckConstraint("decision in ('try again', 'leave')", name=op.f("ck_reach_decision_decision")),
        _parent("reach_decision", "participant_id", "participant"),
    )
    op.create_index(
        "ix_reach_decision_tenant_id_participant_id", "reach_decision", ["tenant_id", "participant_id"]
    )
    _table(
        "alert",
        _number("person_id"),
        _number("programme_id"),
        _number("call_attempt_id"),
        _words("kind"),
        _words("note"),
        _words("raised_by"),
        _moment("raised_at"),
        _words("settled_by", optional=True),
        _moment("settled_at", optional=True),
        _words("what_was_done", default=""),
        sa.CheckConstraint(ALERTS, name=op.f("ck_alert_kind")),
        _parent("alert", "person_id", "person"),
        _parent("alert", "programme_id", "programme"),
        _parent("alert", "call_attempt_id", "call_attempt"),
        sa.UniqueConstraint("tenant_id", "call_attempt_id", name=op.f("uq_alert_tenant_id_call_attempt_id")),
    )
    op.create_index("ix_alert_tenant_id_person_id", "alert", ["tenant_id", "person_id"])
    op.create_index("ix_call_tenant_id_person_id", "call", ["tenant_id", "person_id"])
    op.create_index("ix_call_attempt_tenant_id_call_id", "call_attempt", ["tenant_id", "call_id"])
    op.add_column("contact", sa.Column("template_id", sa.BigInteger(), nullable=True))
    op.add_column("contact", sa.Column("marked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("contact_choice", sa.Column("asked_on", sa.Date(), nullable=True))
    op.add_column("data_opt_out", sa.Column("asked_on", sa.Date(), nullable=True))
    despite = sa.Column(
        "approved_despite", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
    )
    op.add_column("library_item", despite)
    op.execute(_NEVER_CHANGES)
    op.execute(_ONCE)
    op.create_index(
        "uq_blackout_live",
        "blackout",
        ["tenant_id", "starts_on", "ends_on", "why"],
        unique=True,
        postgresql_where=sa.text("removed_at is null"),
    )
    for table in TABLES:
        op.execute(_POLICED.format(table=table, ours=_OURS))
    for table, column in PARENTS:
        op.execute(
            f"CREATE STATISTICS of_{table}_{column} (dependencies) ON tenant_id, {column} FROM {table}"
        )


def downgrade() -> None:
    """Go back."""
    op.drop_index("uq_blackout_live", table_name="blackout")
    op.drop_index("ix_call_attempt_tenant_id_call_id", table_name="call_attempt")
    op.drop_index("ix_call_tenant_id_person_id", table_name="call")
    op.execute("DROP TRIGGER keep_approved ON library_item; DROP FUNCTION app.keep_approved()")
    op.drop_column("library_item", "approved_despite")
    op.drop_column("data_opt_out", "asked_on")
    op.drop_column("contact_choice", "asked_on")
    op.drop_column("contact", "marked_at")
    op.drop_column("contact", "template_id")
    for table in reversed(TABLES):
        op.drop_table(table)
