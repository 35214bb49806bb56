"""Steps as data, gateways and what they say back, bad addresses, blackout dates, families of templates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

TABLES = (
    "blackout",
    "inbound_text",
    "sending_account",
    "sending_minute",
    "bad_address",
    "data_opt_out",
    "letter_part",
    "delivery_report",
)
# The columns that hold the key of a parent row of the same PCN: the planner is told of each.
PARENTS = (
    ("bad_address", "person_id"),
    ("data_opt_out", "person_id"),
    ("letter_part", "batch_id"),
    ("letter_part", "file_id"),
    ("delivery_report", "contact_id"),
)
# The columns that may say more than before.
CHOICES = (
    ("step", "channel", ("text", "email", "letter", "call")),
    (
        "call_attempt",
        "outcome",
        (
            "spoke: accepted",
            "spoke: wants time",
            "spoke: declined",
            "spoke: already supported",
            "asked not to be contacted",
            "wrong number",
            "number dead",
            "no answer",
            "voicemail left",
            "voicemail not left",
            "busy",
            "answered by someone else",
            "interpreter needed",
            "lacks capacity or has a carer",
            "deceased reported",
            "moved away",
            "safeguarding concern",
            "urgent clinical concern",
        ),
    ),
    ("contact_choice", "kind", ("programme opt-out", "do not contact", "hold")),
    ("contact_choice", "channel", ("text", "email", "letter", "call", "any")),
    (
        "library_item",
        "kind",
        ("programme set-up", "cohort definition", "SOP", "text", "e-mail", "letter", "call script"),
    ),
    ("library_item", "state", ("draft", "read", "approved", "retired")),
    (
        "published_item",
        "kind",
        ("programme set-up", "cohort definition", "SOP", "text", "e-mail", "letter", "call script"),
    ),
)
_WORDS = (
    "not known",
    "on its way",
    "delivered",
    "temporary failure",
    "permanent failure",
    "technical failure",
    "returned",
    "cancelled",
)
DELIVERY = "delivery in (" + ", ".join(f"'{word}'" for word in _WORDS) + ")"

_OURS = "tenant_id = nullif(current_setting('app.tenant'::text, true), ''::text)::bigint"
_POLICED = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY {table}_tenant ON {table} FOR ALL TO app USING ({ours}) WITH CHECK ({ours});
GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO app;
"""
# The letters that were made before are a batch's only part. The owner is under the policies too, which say
# nothing of it: for these statements it is not.
_ONE_PART = """
ALTER TABLE batch NO FORCE ROW LEVEL SECURITY;
ALTER TABLE contact NO FORCE ROW LEVEL SECURITY;
INSERT INTO letter_part (tenant_id, batch_id, number, first_contact, last_contact, file_id, letters, pages,
                         sha256, index, made_at)
SELECT b.tenant_id, b.id, 1, min(c.id), max(c.id), b.file_id, (b.manifest->>'letters')::bigint,
       (b.manifest->>'pages')::bigint, b.manifest->>'sha256', '[]', (b.manifest->>'made_at')::timestamptz
FROM batch b JOIN contact c ON c.tenant_id = b.tenant_id AND c.batch_id = b.id
WHERE b.file_id IS NOT NULL GROUP BY b.tenant_id, b.id;
ALTER TABLE contact FORCE ROW LEVEL SECURITY;
ALTER TABLE batch FORCE ROW LEVEL SECURITY;
"""
_ONE_FILE = """
ALTER TABLE batch NO FORCE ROW LEVEL SECURITY;
ALTER TABLE letter_part NO FORCE ROW LEVEL SECURITY;
UPDATE batch b SET file_id = p.file_id FROM letter_part p
WHERE p.tenant_id = b.tenant_id AND p.batch_id = b.id AND p.number = 1;
ALTER TABLE batch FORCE ROW LEVEL SECURITY;
"""


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "blackout",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("channels", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_by", sa.Text(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_blackout")),
    )
    op.create_table(
        "inbound_text",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("meant", sa.Text(), nullable=False),
        sa.Column("dealt_with_by", sa.Text(), nullable=True),
        sa.Column("dealt_with_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("meant in ('stop', 'start', 'help', 'other')", name=op.f("ck_inbound_text_meant")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_inbound_text")),
        sa.UniqueConstraint("tenant_id", "provider_id", name=op.f("uq_inbound_text_tenant_id_provider_id")),
    )
    op.create_table(
        "sending_account",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("key_sealed", sa.Text(), nullable=True),
        sa.Column("template_id", sa.Text(), nullable=True),
        sa.Column("callback_sealed", sa.Text(), nullable=True),
        sa.Column("per_minute", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel in ('text', 'email', 'letter')", name=op.f("ck_sending_account_channel")),
        sa.CheckConstraint(
            "gateway in ('captured', 'GOV.UK Notify', 'print')", name=op.f("ck_sending_account_gateway")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sending_account")),
        sa.UniqueConstraint("tenant_id", "channel", name=op.f("uq_sending_account_tenant_id_channel")),
    )
    op.create_table(
        "sending_minute",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("channel in ('text', 'email', 'letter')", name=op.f("ck_sending_minute_channel")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sending_minute")),
        sa.UniqueConstraint(
            "tenant_id", "channel", "minute", name=op.f("uq_sending_minute_tenant_id_channel_minute")
        ),
    )
    op.create_table(
        "bad_address",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("marked_by", sa.Text(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_bad_address_tenant_id_person_id"),
        ),
        sa.CheckConstraint(
            "kind in ('mobile', 'home phone', 'email', 'address')", name=op.f("ck_bad_address_kind")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_bad_address")),
    )
    op.create_index(
        "uq_bad_address_live",
        "bad_address",
        ["tenant_id", "person_id", "kind", "value"],
        unique=True,
        postgresql_where=sa.text("lifted_at is null"),
    )
    op.create_table(
        "data_opt_out",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_data_opt_out_tenant_id_person_id"),
        ),
        sa.CheckConstraint(
            "kind in ('national data opt-out', 'Type 1 opt-out')", name=op.f("ck_data_opt_out_kind")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_data_opt_out")),
    )
    op.create_index(
        "uq_data_opt_out_live",
        "data_opt_out",
        ["tenant_id", "person_id", "kind"],
        unique=True,
        postgresql_where=sa.text("lifted_at is null"),
    )
    op.create_table(
        "letter_part",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("first_contact", sa.BigInteger(), nullable=False),
        sa.Column("last_contact", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("letters", sa.BigInteger(), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("index", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "batch_id"],
            ["batch.tenant_id", "batch.id"],
            name=op.f("fk_letter_part_tenant_id_batch_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["stored_file.tenant_id", "stored_file.id"],
            name=op.f("fk_letter_part_tenant_id_file_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_letter_part")),
        sa.UniqueConstraint(
            "tenant_id", "batch_id", "number", name=op.f("uq_letter_part_tenant_id_batch_id_number")
        ),
    )
    op.create_table(
        "delivery_report",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contact.tenant_id", "contact.id"],
            name=op.f("fk_delivery_report_tenant_id_contact_id"),
        ),
        sa.CheckConstraint(
            DELIVERY,
            name=op.f("ck_delivery_report_delivery"),
        ),
        sa.CheckConstraint(
            "how in ('called back', 'asked', 'entered by staff')", name=op.f("ck_delivery_report_how")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_delivery_report")),
        sa.UniqueConstraint(
            "tenant_id",
            "contact_id",
            "status",
            "said_at",
            name=op.f("uq_delivery_report_tenant_id_contact_id_status_said_at"),
        ),
    )
    op.add_column("call", sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("call_attempt", sa.Column("call_back_time", sa.Text(), server_default="", nullable=False))
    op.add_column("contact", sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("contact", sa.Column("provider_id", sa.Text(), nullable=True))
    op.add_column("contact", sa.Column("delivery", sa.Text(), server_default="not known", nullable=False))
    op.create_check_constraint(op.f("ck_contact_delivery"), "contact", DELIVERY)
    op.add_column("contact", sa.Column("delivery_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_contact_tenant_id_person_id_sent_at",
        "contact",
        ["tenant_id", "person_id", "sent_at"],
        unique=False,
    )
    op.add_column("contact_choice", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.add_column("library_item", sa.Column("others_note", sa.Text(), server_default="", nullable=False))
    op.add_column("library_item", sa.Column("read_by", sa.Text(), nullable=True))
    op.add_column("library_item", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("library_item", sa.Column("read_note", sa.Text(), server_default="", nullable=False))
    op.add_column("library_item", sa.Column("retired_by", sa.Text(), nullable=True))
    op.add_column("library_item", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("uq_library_item_org_id_kind_name_version"), "library_item", type_="unique")
    op.create_unique_constraint(
        op.f("uq_library_item_org_id_kind_name_language_format_version"),
        "library_item",
        ["org_id", "kind", "name", "language", "format", "version"],
    )
    op.add_column(
        "pcn_settings", sa.Column("most_contacts", sa.BigInteger(), server_default="5", nullable=False)
    )
    op.add_column(
        "pcn_settings", sa.Column("contacts_days", sa.BigInteger(), server_default="30", nullable=False)
    )
    op.add_column(
        "pcn_settings", sa.Column("days_between", sa.BigInteger(), server_default="2", nullable=False)
    )
    op.add_column("step", sa.Column("until_days", sa.BigInteger(), nullable=True))
    op.add_column("step", sa.Column("working_days", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column(
        "step", sa.Column("who", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False)
    )
    op.add_column(
        "step",
        sa.Column("weekdays", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
    )
    op.add_column("step", sa.Column("opens", sa.Time(), nullable=True))
    op.add_column("step", sa.Column("closes", sa.Time(), nullable=True))
    op.add_column("step", sa.Column("per_day", sa.BigInteger(), nullable=True))
    op.execute(_ONE_PART)
    op.execute("DROP STATISTICS of_batch_file_id")
    op.drop_constraint(op.f("fk_batch_tenant_id_file_id"), "batch", type_="foreignkey")
    op.drop_column("batch", "file_id")
    for table, name, values in CHOICES:
        listed = ", ".join(f"'{value}'" for value in values)
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{name} in ({listed})")
    for table in TABLES:
        op.execute(_POLICED.format(table=table, ours=_OURS))
    for table, column in PARENTS:
        op.execute(
            f"CREATE STATISTICS of_{table}_{column} (dependencies) ON tenant_id, {column} FROM {table}"
        )


def downgrade() -> None:
    """Go back. The columns that may say more keep their wider checks; of letters, the first part stays."""
    op.add_column("batch", sa.Column("file_id", sa.BigInteger(), nullable=True))
    op.execute(_ONE_FILE)
    op.create_foreign_key(
        op.f("fk_batch_tenant_id_file_id"),
        "batch",
        "stored_file",
        ["tenant_id", "file_id"],
        ["tenant_id", "id"],
    )
    op.execute("CREATE STATISTICS of_batch_file_id (dependencies) ON tenant_id, file_id FROM batch")
    op.drop_column("step", "per_day")
    op.drop_column("step", "closes")
    op.drop_column("step", "opens")
    op.drop_column("step", "weekdays")
    op.drop_column("step", "who")
    op.drop_column("step", "working_days")
    op.drop_column("step", "until_days")
    op.drop_column("pcn_settings", "days_between")
    op.drop_column("pcn_settings", "contacts_days")
    op.drop_column("pcn_settings", "most_contacts")
    op.drop_constraint(
        op.f("uq_library_item_org_id_kind_name_language_format_version"), "library_item", type_="unique"
    )
    op.create_unique_constraint(
        op.f("uq_library_item_org_id_kind_name_version"),
        "library_item",
        ["org_id", "kind", "name", "version"],
        postgresql_nulls_not_distinct=False,
    )
    op.drop_column("library_item", "retired_at")
    op.drop_column("library_item", "retired_by")
    op.drop_column("library_item", "read_note")
    op.drop_column("library_item", "read_at")
    op.drop_column("library_item", "read_by")
    op.drop_column("library_item", "others_note")
    op.drop_column("contact_choice", "note")
    op.drop_index("ix_contact_tenant_id_person_id_sent_at", table_name="contact")
    op.drop_column("contact", "delivery_at")
    op.drop_column("contact", "delivery")
    op.drop_column("contact", "provider_id")
    op.drop_column("contact", "tries")
    op.drop_column("call_attempt", "call_back_time")
    op.drop_column("call", "agreed_at")
    op.drop_table("delivery_report")
    op.drop_table("letter_part")
    op.drop_index(
        "uq_data_opt_out_live", table_name="data_opt_out", postgresql_where=sa.text("lifted_at is null")
    )
    op.drop_table("data_opt_out")
    op.drop_index(
        "uq_bad_address_live", table_name="bad_address", postgresql_where=sa.text("lifted_at is null")
    )
    op.drop_table("bad_address")
    op.drop_table("sending_minute")
    op.drop_table("sending_account")
    op.drop_table("inbound_text")
    op.drop_table("blackout")
