"""What partners offer, what people consent to share, and the one shared record of a referral."""

import datetime as dt

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Json, PublishedRow, TenantRow, choice, tenant_key

STATES = ("sent", "accepted", "declined", "withdrawn", "finished")
DECLINE_KINDS = ("the person said no", "we cannot offer this")


class Service(PublishedRow, Base):
    """Something a partner offers, published to its ICB by the partner itself."""

    __tablename__ = "service"

    name: Mapped[str]
    description: Mapped[str]
    who_for: Mapped[str]
    capacity: Mapped[str] = choice("capacity", "taking referrals", "few places", "paused")
    reply_days: Mapped[int] = mapped_column(default=3)
    contact_email: Mapped[str] = mapped_column(default="")

    __table_args__ = (UniqueConstraint("icb_id", "origin_org_id", "name"),)


class Consent(TenantRow, Base):
    """A person's yes to sharing named items with one recipient for one purpose."""

    __tablename__ = "consent"

    person_id: Mapped[int]
    participant_id: Mapped[int]
    partner_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    data_classes: Mapped[list[str]]
    purpose: Mapped[str]
    mode: Mapped[str] = choice("mode", "spoken", "written")
    wording_version: Mapped[str]
    taken_by: Mapped[str]
    taken_at: Mapped[dt.datetime]
    withdrawn_at: Mapped[dt.datetime | None]

    __table_args__ = (
        tenant_key("person_id", "person"),
        tenant_key("participant_id", "participant"),
    )


class Referral(TenantRow, Base):
    """One referral, one record for both sides. `shared` holds all that the partner may know of the person.

    The partner's policies compare `shared_with`, which is emptied when the referral or the consent to it is
    withdrawn: from then on the partner has its mailbox entry and nothing else.
    """

    __tablename__ = "referral"
    __policies__ = ("tenant", "partner_read", "partner_decide")

    participant_id: Mapped[int]
    person_id: Mapped[int]
    consent_id: Mapped[int]
    partner_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    shared_with: Mapped[int | None]
    service_name: Mapped[str]
    sender_name: Mapped[str]
    shared: Mapped[Json]
    sent_by: Mapped[str]
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    sent_at: Mapped[dt.datetime]
    reply_by: Mapped[dt.date]
    form_key: Mapped[str]
    state: Mapped[str] = choice("state", *STATES)
    seen_at: Mapped[dt.datetime | None]
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str | None]
    decided_by_account: Mapped[int | None]
    decline_kind: Mapped[str | None] = choice("decline_kind", *DECLINE_KINDS, nullable=True)
    decline_reason: Mapped[str | None]
    decision_note: Mapped[str | None]
    sender_told_at: Mapped[dt.datetime | None]
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawn_reason: Mapped[str | None]
    finished_at: Mapped[dt.datetime | None]
    outcome_note: Mapped[str | None]

    __table_args__ = (
        tenant_key("participant_id", "participant"),
        tenant_key("person_id", "person"),
        tenant_key("consent_id", "consent"),
        UniqueConstraint("tenant_id", "form_key"),
        Index("ix_referral_tenant_id_participant_id", "tenant_id", "participant_id"),
        Index("ix_referral_tenant_id_state", "tenant_id", "state"),
    )


class ReferralParty(Base):
    """A mailbox entry: that an organisation has a part in a referral. Lists start here."""

    __tablename__ = "referral_party"
    __policies__ = ("org_read", "sender_add")

    org_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[int] = mapped_column(primary_key=True)
    side: Mapped[str] = choice("side", "sender", "partner")
    sent_at: Mapped[dt.datetime]

    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "referral_id"], ["referral.tenant_id", "referral.id"], ondelete="CASCADE"
        ),
        Index("ix_referral_party_org_id_sent_at", "org_id", "sent_at"),
    )
