"""everything"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

POLICIES = Path(__file__).resolve().parent.parent / "sql" / "0001.sql"


def upgrade() -> None:
    """Go forward."""
    functions, policies = POLICIES.read_text().split("\n\n", 2)[1:]
    op.execute(functions)
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
    )
    op.create_table(
        "adoption",
        sa.Column(
            "icb_id",
            sa.BigInteger(),
            server_default=sa.text("app.icb()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("origin_org_id", sa.BigInteger(), server_default=sa.text("app.org()"), nullable=False),
        sa.Column("origin_name", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_item_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("icb_id", "id", name=op.f("pk_adoption")),
        sa.UniqueConstraint(
            "icb_id",
            "published_item_id",
            "origin_org_id",
            name=op.f("uq_adoption_icb_id_published_item_id_origin_org_id"),
        ),
    )
    op.create_table(
        "audit_event",
        sa.Column(
            "org_id",
            sa.BigInteger(),
            server_default=sa.text("app.org()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_org_id_at", "audit_event", ["org_id", "at"], unique=False)
    op.create_index(
        "ix_audit_event_tenant_id_person_id", "audit_event", ["tenant_id", "person_id"], unique=False
    )
    op.create_table(
        "captured_mail",
        sa.Column(
            "org_id",
            sa.BigInteger(),
            server_default=sa.text("app.org()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_captured_mail")),
        sa.UniqueConstraint("org_id", "reference", name=op.f("uq_captured_mail_org_id_reference")),
    )
    op.create_table(
        "captured_message",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_captured_message")),
        sa.UniqueConstraint("tenant_id", "reference", name=op.f("uq_captured_message_tenant_id_reference")),
    )
    op.create_table(
        "deprivation",
        sa.Column("release", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lsoa", sa.Text(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("decile", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("release", "lsoa", name=op.f("pk_deprivation")),
    )
    op.create_table(
        "invitation",
        sa.Column(
            "org_id",
            sa.BigInteger(),
            server_default=sa.text("app.org()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.BigInteger(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("org_id", "token_hash", name=op.f("uq_invitation_org_id_token_hash")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("icb_id", sa.BigInteger(), nullable=False),
        sa.Column("sector", sa.Text(), nullable=True),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["icb_id"], ["organisation.id"], name=op.f("fk_organisation_icb_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("icb_id", "name", name=op.f("uq_organisation_icb_id_name")),
        sa.UniqueConstraint("slug", name=op.f("uq_organisation_slug")),
    )
    op.create_table(
        "outbox",
        sa.Column(
            "org_id",
            sa.BigInteger(),
            server_default=sa.text("app.org()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("written_by", sa.BigInteger(), server_default=sa.text("app.org()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "written_by = org_id or kind = 'referral.answered'", name=op.f("ck_outbox_own_or_answer")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("org_id", "kind", "dedup_key", name=op.f("uq_outbox_org_id_kind_dedup_key")),
    )
    op.create_index(
        "ix_outbox_org_id_run_after",
        "outbox",
        ["org_id", "run_after"],
        unique=False,
        postgresql_where=sa.text("done_at is null and failed_at is null"),
    )
    op.create_table(
        "pcn_settings",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("privacy_url", sa.Text(), nullable=False),
        sa.Column("send_from", sa.Time(), nullable=False),
        sa.Column("send_until", sa.Time(), nullable=False),
        sa.Column("sending_stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sending_stopped_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_pcn_settings")),
        sa.UniqueConstraint("tenant_id", name=op.f("uq_pcn_settings_tenant_id")),
    )
    op.create_table(
        "practice",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_practice")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_practice_tenant_id_code")),
    )
    op.create_table(
        "published_figures",
        sa.Column(
            "icb_id",
            sa.BigInteger(),
            server_default=sa.text("app.icb()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("origin_org_id", sa.BigInteger(), server_default=sa.text("app.org()"), nullable=False),
        sa.Column("origin_name", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("programme_name", sa.Text(), nullable=False),
        sa.Column("programme_state", sa.Text(), nullable=False),
        sa.Column("funnel", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("as_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("icb_id", "id", name=op.f("pk_published_figures")),
        sa.UniqueConstraint(
            "icb_id",
            "origin_org_id",
            "programme_id",
            name=op.f("uq_published_figures_icb_id_origin_org_id_programme_id"),
        ),
    )
    op.create_table(
        "published_item",
        sa.Column(
            "icb_id",
            sa.BigInteger(),
            server_default=sa.text("app.icb()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("origin_org_id", sa.BigInteger(), server_default=sa.text("app.org()"), nullable=False),
        sa.Column("origin_name", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("icb_id", "id", name=op.f("pk_published_item")),
        sa.UniqueConstraint(
            "icb_id",
            "origin_org_id",
            "item_id",
            "version",
            name=op.f("uq_published_item_icb_id_origin_org_id_item_id_version"),
        ),
    )
    op.create_table(
        "published_learning",
        sa.Column(
            "icb_id",
            sa.BigInteger(),
            server_default=sa.text("app.icb()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("origin_org_id", sa.BigInteger(), server_default=sa.text("app.org()"), nullable=False),
        sa.Column("origin_name", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sections", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("icb_id", "id", name=op.f("pk_published_learning")),
        sa.UniqueConstraint(
            "icb_id",
            "origin_org_id",
            "page_id",
            name=op.f("uq_published_learning_icb_id_origin_org_id_page_id"),
        ),
    )
    op.create_table(
        "service",
        sa.Column(
            "icb_id",
            sa.BigInteger(),
            server_default=sa.text("app.icb()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("origin_org_id", sa.BigInteger(), server_default=sa.text("app.org()"), nullable=False),
        sa.Column("origin_name", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("who_for", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("reply_days", sa.BigInteger(), nullable=False),
        sa.Column("contact_email", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("icb_id", "id", name=op.f("pk_service")),
        sa.UniqueConstraint(
            "icb_id", "origin_org_id", "name", name=op.f("uq_service_icb_id_origin_org_id_name")
        ),
    )
    op.create_table(
        "signin_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signin_attempt")),
    )
    op.create_index("ix_signin_attempt_key_hash_at", "signin_attempt", ["key_hash", "at"], unique=False)
    op.create_table(
        "stored_file",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_stored_file")),
    )
    op.create_table(
        "worker_beat",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_beat")),
    )
    op.create_table(
        "agreement",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("lawful_basis", sa.Text(), nullable=False),
        sa.Column("data_classes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["organisation.id"], name=op.f("fk_agreement_partner_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_agreement")),
        sa.UniqueConstraint(
            "tenant_id", "partner_id", "reference", name=op.f("uq_agreement_tenant_id_partner_id_reference")
        ),
    )
    op.create_table(
        "credential",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.Column("recovery_hashes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_credential_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_credential")),
    )
    op.create_table(
        "file_chunk",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["stored_file.tenant_id", "stored_file.id"],
            name=op.f("fk_file_chunk_tenant_id_file_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_file_chunk")),
        sa.UniqueConstraint(
            "tenant_id", "file_id", "position", name=op.f("uq_file_chunk_tenant_id_file_id_position")
        ),
    )
    op.create_table(
        "import_file",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("read_rows", sa.BigInteger(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cursor", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("data_date", sa.Date(), nullable=False),
        sa.Column("brought_by", sa.Text(), nullable=False),
        sa.Column("brought_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["stored_file.tenant_id", "stored_file.id"],
            name=op.f("fk_import_file_tenant_id_file_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_import_file")),
        sa.UniqueConstraint("tenant_id", "form_key", name=op.f("uq_import_file_tenant_id_form_key")),
    )
    op.create_table(
        "library_item",
        sa.Column(
            "org_id",
            sa.BigInteger(),
            server_default=sa.text("app.org()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("origin_name", sa.Text(), nullable=True),
        sa.Column("origin_item", sa.BigInteger(), nullable=True),
        sa.Column("origin_version", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["made_by_id"], ["account.id"], name=op.f("fk_library_item_made_by_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_library_item")),
        sa.UniqueConstraint(
            "org_id", "kind", "name", "version", name=op.f("uq_library_item_org_id_kind_name_version")
        ),
    )
    op.create_table(
        "membership",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_membership_account_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_membership_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_membership")),
        sa.UniqueConstraint(
            "org_id", "account_id", "role", name=op.f("uq_membership_org_id_account_id_role")
        ),
    )
    op.create_index("ix_membership_account_id", "membership", ["account_id"], unique=False)
    op.create_table(
        "password_reset",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_password_reset_account_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_password_reset_org_id")),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("account_id", "token_hash", name=op.f("uq_password_reset_account_id_token_hash")),
    )
    op.create_table(
        "programme",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("aim", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("setup", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("origin_name", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("live_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_changed_by", sa.Text(), nullable=True),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_programme_owner_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_programme")),
        sa.UniqueConstraint("tenant_id", "form_key", name=op.f("uq_programme_tenant_id_form_key")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_programme_tenant_id_name")),
    )
    op.create_table(
        "signed_in",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_signed_in_account_id")),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_signed_in")),
        sa.UniqueConstraint("account_id", "token_hash", name=op.f("uq_signed_in_account_id_token_hash")),
    )
    op.create_table(
        "cohort",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attrition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frozen_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"],
            ["programme.tenant_id", "programme.id"],
            name=op.f("fk_cohort_tenant_id_programme_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_cohort")),
        sa.UniqueConstraint("tenant_id", "programme_id", name=op.f("uq_cohort_tenant_id_programme_id")),
    )
    op.create_table(
        "import_row",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "import_id"],
            ["import_file.tenant_id", "import_file.id"],
            name=op.f("fk_import_row_tenant_id_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_import_row")),
        sa.UniqueConstraint(
            "tenant_id", "import_id", "key", name=op.f("uq_import_row_tenant_id_import_id_key")
        ),
        sa.UniqueConstraint(
            "tenant_id", "import_id", "line", name=op.f("uq_import_row_tenant_id_import_id_line")
        ),
    )
    op.create_table(
        "learning_page",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sections", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"],
            ["programme.tenant_id", "programme.id"],
            name=op.f("fk_learning_page_tenant_id_programme_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_learning_page")),
        sa.UniqueConstraint(
            "tenant_id", "programme_id", name=op.f("uq_learning_page_tenant_id_programme_id")
        ),
    )
    op.create_table(
        "person",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("practice_id", sa.BigInteger(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("nhs_number", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("born", sa.Date(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("ethnicity", sa.Text(), nullable=False),
        sa.Column("house", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("lsoa", sa.Text(), nullable=False),
        sa.Column("mobile", sa.Text(), nullable=False),
        sa.Column("home_phone", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("preferred_contact", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("interpreter", sa.Boolean(), nullable=False),
        sa.Column("information_format", sa.Text(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("died_on", sa.Date(), nullable=True),
        sa.Column("type1_opt_out", sa.Boolean(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "import_id"],
            ["import_file.tenant_id", "import_file.id"],
            name=op.f("fk_person_tenant_id_import_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "practice_id"],
            ["practice.tenant_id", "practice.id"],
            name=op.f("fk_person_tenant_id_practice_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_person")),
        sa.UniqueConstraint("tenant_id", "nhs_number", name=op.f("uq_person_tenant_id_nhs_number")),
        sa.UniqueConstraint("tenant_id", "pseudonym", name=op.f("uq_person_tenant_id_pseudonym")),
    )
    op.create_index(
        "ix_person_tenant_id_family_name_given_name_pseudonym",
        "person",
        ["tenant_id", "family_name", "given_name", "pseudonym"],
        unique=False,
    )
    op.create_index("ix_person_tenant_id_import_id", "person", ["tenant_id", "import_id"], unique=False)
    op.create_index("ix_person_tenant_id_name_key", "person", ["tenant_id", "name_key"], unique=False)
    op.create_index("ix_person_tenant_id_practice_id", "person", ["tenant_id", "practice_id"], unique=False)
    op.create_table(
        "release",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("practice_id", sa.BigInteger(), nullable=False),
        sa.Column("released_by", sa.Text(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "practice_id"],
            ["practice.tenant_id", "practice.id"],
            name=op.f("fk_release_tenant_id_practice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"],
            ["programme.tenant_id", "programme.id"],
            name=op.f("fk_release_tenant_id_programme_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_release")),
    )
    op.create_index(
        "uq_release_live",
        "release",
        ["tenant_id", "programme_id", "practice_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at is null"),
    )
    op.create_table(
        "step",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("template_name", sa.Text(), nullable=False),
        sa.Column("after_days", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"],
            ["programme.tenant_id", "programme.id"],
            name=op.f("fk_step_tenant_id_programme_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_step")),
        sa.UniqueConstraint(
            "tenant_id", "programme_id", "position", name=op.f("uq_step_tenant_id_programme_id_position")
        ),
    )
    op.create_table(
        "batch",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("step_id", sa.BigInteger(), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("built_by", sa.Text(), nullable=False),
        sa.Column("built_by_id", sa.BigInteger(), nullable=True),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_by_id", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("manifest", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["approved_by_id"], ["account.id"], name=op.f("fk_batch_approved_by_id")),
        sa.ForeignKeyConstraint(["built_by_id"], ["account.id"], name=op.f("fk_batch_built_by_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["stored_file.tenant_id", "stored_file.id"],
            name=op.f("fk_batch_tenant_id_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"],
            ["programme.tenant_id", "programme.id"],
            name=op.f("fk_batch_tenant_id_programme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "step_id"], ["step.tenant_id", "step.id"], name=op.f("fk_batch_tenant_id_step_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_batch")),
    )
    op.create_index(
        "uq_batch_open",
        "batch",
        ["tenant_id", "step_id"],
        unique=True,
        postgresql_where=sa.text("state in ('built', 'approved', 'sending', 'paused')"),
    )
    op.create_table(
        "coded_event",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("original", sa.Text(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "import_id"],
            ["import_file.tenant_id", "import_file.id"],
            name=op.f("fk_coded_event_tenant_id_import_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_coded_event_tenant_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_coded_event")),
        sa.UniqueConstraint(
            "tenant_id",
            "person_id",
            "code",
            "on",
            "value",
            name=op.f("uq_coded_event_tenant_id_person_id_code_on_value"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_coded_event_tenant_id_code_person_id",
        "coded_event",
        ["tenant_id", "code", "person_id", "on"],
        unique=False,
    )
    op.create_table(
        "contact_choice",
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
        sa.Column("programme_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_contact_choice_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"],
            ["programme.tenant_id", "programme.id"],
            name=op.f("fk_contact_choice_tenant_id_programme_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contact_choice")),
    )
    op.create_index(
        "ix_contact_choice_tenant_id_person_id", "contact_choice", ["tenant_id", "person_id"], unique=False
    )
    op.create_table(
        "participant",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("practice_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_participant_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "practice_id"],
            ["practice.tenant_id", "practice.id"],
            name=op.f("fk_participant_tenant_id_practice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"],
            ["programme.tenant_id", "programme.id"],
            name=op.f("fk_participant_tenant_id_programme_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_participant")),
        sa.UniqueConstraint(
            "tenant_id",
            "programme_id",
            "person_id",
            name=op.f("uq_participant_tenant_id_programme_id_person_id"),
        ),
    )
    op.create_index(
        "ix_participant_tenant_id_person_id", "participant", ["tenant_id", "person_id"], unique=False
    )
    op.create_index(
        "ix_participant_tenant_id_programme_id_status",
        "participant",
        ["tenant_id", "programme_id", "status"],
        unique=False,
    )
    op.create_table(
        "call",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("step_id", sa.BigInteger(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("agreed_time", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["claimed_by_id"], ["account.id"], name=op.f("fk_call_claimed_by_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "participant_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("fk_call_tenant_id_participant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_call_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"],
            ["programme.tenant_id", "programme.id"],
            name=op.f("fk_call_tenant_id_programme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "step_id"], ["step.tenant_id", "step.id"], name=op.f("fk_call_tenant_id_step_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_call")),
        sa.UniqueConstraint(
            "tenant_id", "step_id", "participant_id", name=op.f("uq_call_tenant_id_step_id_participant_id")
        ),
    )
    op.create_index("ix_call_tenant_id_state_due_on", "call", ["tenant_id", "state", "due_on"], unique=False)
    op.create_table(
        "consent",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("data_classes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("wording_version", sa.Text(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["organisation.id"], name=op.f("fk_consent_partner_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "participant_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("fk_consent_tenant_id_participant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_consent_tenant_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_consent")),
    )
    op.create_table(
        "contact",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("step_id", sa.BigInteger(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("link_token_hash", sa.Text(), nullable=True),
        sa.Column("link_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "batch_id"],
            ["batch.tenant_id", "batch.id"],
            name=op.f("fk_contact_tenant_id_batch_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "participant_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("fk_contact_tenant_id_participant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_contact_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "step_id"], ["step.tenant_id", "step.id"], name=op.f("fk_contact_tenant_id_step_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contact")),
        sa.UniqueConstraint(
            "tenant_id", "link_token_hash", name=op.f("uq_contact_tenant_id_link_token_hash")
        ),
        sa.UniqueConstraint("tenant_id", "reference", name=op.f("uq_contact_tenant_id_reference")),
    )
    op.create_index(
        "ix_contact_tenant_id_batch_id_state", "contact", ["tenant_id", "batch_id", "state"], unique=False
    )
    op.create_index(
        "ix_contact_tenant_id_participant_id", "contact", ["tenant_id", "participant_id"], unique=False
    )
    op.create_index(
        "uq_contact_once",
        "contact",
        ["tenant_id", "step_id", "participant_id"],
        unique=True,
        postgresql_where=sa.text("state in ('waiting', 'sending', 'sent')"),
    )
    op.create_table(
        "conversation",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("held_by", sa.Text(), nullable=False),
        sa.Column("held_by_id", sa.BigInteger(), nullable=True),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("what_matters", sa.Text(), nullable=False),
        sa.Column("determinants", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("offered", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["held_by_id"], ["account.id"], name=op.f("fk_conversation_held_by_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "participant_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("fk_conversation_tenant_id_participant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_conversation_tenant_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_conversation")),
        sa.UniqueConstraint(
            "tenant_id", "participant_id", name=op.f("uq_conversation_tenant_id_participant_id")
        ),
    )
    op.create_table(
        "milestone",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "participant_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("fk_milestone_tenant_id_participant_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_milestone")),
    )
    op.create_index(
        "ix_milestone_tenant_id_kind", "milestone", ["tenant_id", "kind", "participant_id"], unique=False
    )
    op.create_index(
        "uq_milestone_live",
        "milestone",
        ["tenant_id", "participant_id", "kind"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at is null"),
    )
    op.create_table(
        "call_attempt",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("barrier", sa.Text(), nullable=True),
        sa.Column("identity", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("call_back_on", sa.Date(), nullable=True),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "call_id"],
            ["call.tenant_id", "call.id"],
            name=op.f("fk_call_attempt_tenant_id_call_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "participant_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("fk_call_attempt_tenant_id_participant_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_call_attempt")),
        sa.UniqueConstraint("tenant_id", "form_key", name=op.f("uq_call_attempt_tenant_id_form_key")),
    )
    op.create_table(
        "measurement",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=True),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "conversation_id"],
            ["conversation.tenant_id", "conversation.id"],
            name=op.f("fk_measurement_tenant_id_conversation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "participant_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("fk_measurement_tenant_id_participant_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_measurement")),
        sa.UniqueConstraint(
            "tenant_id",
            "participant_id",
            "instrument",
            "occasion",
            "taken_on",
            name=op.f("uq_measurement_tenant_id_participant_id_instrument_occasion_taken_on"),
        ),
    )
    op.create_table(
        "plan",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("what_matters", sa.Text(), nullable=False),
        sa.Column("who_is_involved", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("copy_given_on", sa.Date(), nullable=True),
        sa.Column("copy_format", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "conversation_id"],
            ["conversation.tenant_id", "conversation.id"],
            name=op.f("fk_plan_tenant_id_conversation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["stored_file.tenant_id", "stored_file.id"],
            name=op.f("fk_plan_tenant_id_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "participant_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("fk_plan_tenant_id_participant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_plan_tenant_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_plan")),
        sa.UniqueConstraint("tenant_id", "participant_id", name=op.f("uq_plan_tenant_id_participant_id")),
    )
    op.create_table(
        "referral",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("consent_id", sa.BigInteger(), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("shared_with", sa.BigInteger(), nullable=True),
        sa.Column("service_name", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("shared", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sent_by", sa.Text(), nullable=False),
        sa.Column("sent_by_id", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reply_by", sa.Date(), nullable=False),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_by_account", sa.BigInteger(), nullable=True),
        sa.Column("decline_kind", sa.Text(), nullable=True),
        sa.Column("decline_reason", sa.Text(), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        sa.Column("sender_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome_note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["organisation.id"], name=op.f("fk_referral_partner_id")),
        sa.ForeignKeyConstraint(["sent_by_id"], ["account.id"], name=op.f("fk_referral_sent_by_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "consent_id"],
            ["consent.tenant_id", "consent.id"],
            name=op.f("fk_referral_tenant_id_consent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "participant_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("fk_referral_tenant_id_participant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_referral_tenant_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_referral")),
        sa.UniqueConstraint("tenant_id", "form_key", name=op.f("uq_referral_tenant_id_form_key")),
    )
    op.create_index(
        "ix_referral_tenant_id_participant_id", "referral", ["tenant_id", "participant_id"], unique=False
    )
    op.create_index("ix_referral_tenant_id_state", "referral", ["tenant_id", "state"], unique=False)
    op.create_table(
        "reply",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("days", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("times", sa.Text(), nullable=False),
        sa.Column("another_way", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ask_again_on", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contact.tenant_id", "contact.id"],
            name=op.f("fk_reply_tenant_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "participant_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("fk_reply_tenant_id_participant_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_reply")),
    )
    op.create_index(
        "ix_reply_tenant_id_participant_id", "reply", ["tenant_id", "participant_id"], unique=False
    )
    op.create_table(
        "goal",
        sa.Column(
            "tenant_id",
            sa.BigInteger(),
            server_default=sa.text("app.tenant()"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("action_by", sa.Text(), nullable=False),
        sa.Column("by_when", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"],
            ["plan.tenant_id", "plan.id"],
            name=op.f("fk_goal_tenant_id_plan_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_goal")),
    )
    op.create_index("ix_goal_tenant_id_plan_id", "goal", ["tenant_id", "plan_id"], unique=False)
    op.create_table(
        "referral_party",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("referral_id", sa.BigInteger(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_referral_party_org_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referral_id"],
            ["referral.tenant_id", "referral.id"],
            name=op.f("fk_referral_party_tenant_id_referral_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("org_id", "tenant_id", "referral_id", name=op.f("pk_referral_party")),
    )
    op.create_index("ix_referral_party_org_id_sent_at", "referral_party", ["org_id", "sent_at"], unique=False)
    op.execute(policies)


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_referral_party_org_id_sent_at", table_name="referral_party")
    op.drop_table("referral_party")
    op.drop_index("ix_goal_tenant_id_plan_id", table_name="goal")
    op.drop_table("goal")
    op.drop_index("ix_reply_tenant_id_participant_id", table_name="reply")
    op.drop_table("reply")
    op.drop_index("ix_referral_tenant_id_state", table_name="referral")
    op.drop_index("ix_referral_tenant_id_participant_id", table_name="referral")
    op.drop_table("referral")
    op.drop_table("plan")
    op.drop_table("measurement")
    op.drop_table("call_attempt")
    op.drop_index(
        "uq_milestone_live", table_name="milestone", postgresql_where=sa.text("withdrawn_at is null")
    )
    op.drop_index("ix_milestone_tenant_id_kind", table_name="milestone")
    op.drop_table("milestone")
    op.drop_table("conversation")
    op.drop_index(
        "uq_contact_once",
        table_name="contact",
        postgresql_where=sa.text("state in ('waiting', 'sending', 'sent')"),
    )
    op.drop_index("ix_contact_tenant_id_participant_id", table_name="contact")
    op.drop_index("ix_contact_tenant_id_batch_id_state", table_name="contact")
    op.drop_table("contact")
    op.drop_table("consent")
    op.drop_index("ix_call_tenant_id_state_due_on", table_name="call")
    op.drop_table("call")
    op.drop_index("ix_participant_tenant_id_programme_id_status", table_name="participant")
    op.drop_index("ix_participant_tenant_id_person_id", table_name="participant")
    op.drop_table("participant")
    op.drop_index("ix_contact_choice_tenant_id_person_id", table_name="contact_choice")
    op.drop_table("contact_choice")
    op.drop_index("ix_coded_event_tenant_id_code_person_id", table_name="coded_event")
    op.drop_table("coded_event")
    op.drop_index(
        "uq_batch_open",
        table_name="batch",
        postgresql_where=sa.text("state in ('built', 'approved', 'sending', 'paused')"),
    )
    op.drop_table("batch")
    op.drop_table("step")
    op.drop_index("uq_release_live", table_name="release", postgresql_where=sa.text("withdrawn_at is null"))
    op.drop_table("release")
    op.drop_index("ix_person_tenant_id_practice_id", table_name="person")
    op.drop_index("ix_person_tenant_id_name_key", table_name="person")
    op.drop_index("ix_person_tenant_id_import_id", table_name="person")
    op.drop_index("ix_person_tenant_id_family_name_given_name_pseudonym", table_name="person")
    op.drop_table("person")
    op.drop_table("learning_page")
    op.drop_table("import_row")
    op.drop_table("cohort")
    op.drop_table("signed_in")
    op.drop_table("programme")
    op.drop_table("password_reset")
    op.drop_index("ix_membership_account_id", table_name="membership")
    op.drop_table("membership")
    op.drop_table("library_item")
    op.drop_table("import_file")
    op.drop_table("file_chunk")
    op.drop_table("credential")
    op.drop_table("agreement")
    op.drop_table("worker_beat")
    op.drop_table("stored_file")
    op.drop_index("ix_signin_attempt_key_hash_at", table_name="signin_attempt")
    op.drop_table("signin_attempt")
    op.drop_table("service")
    op.drop_table("published_learning")
    op.drop_table("published_item")
    op.drop_table("published_figures")
    op.drop_table("practice")
    op.drop_table("pcn_settings")
    op.drop_index(
        "ix_outbox_org_id_run_after",
        table_name="outbox",
        postgresql_where=sa.text("done_at is null and failed_at is null"),
    )
    op.drop_table("outbox")
    op.drop_table("organisation")
    op.drop_table("invitation")
    op.drop_table("deprivation")
    op.drop_table("captured_message")
    op.drop_table("captured_mail")
    op.drop_index("ix_audit_event_tenant_id_person_id", table_name="audit_event")
    op.drop_index("ix_audit_event_org_id_at", table_name="audit_event")
    op.drop_table("audit_event")
    op.drop_table("adoption")
    op.drop_table("account")
