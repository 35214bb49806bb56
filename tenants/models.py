"""Organisations, their practices and agreements, and the people who work for them."""

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, OrgRow, TenantRow, choice, db
from tenants.scope import Acting

KINDS = ("icb", "pcn", "partner")
SECTORS = ("health", "social care", "voluntary")
DATA_CLASSES = ("contact details", "reason for referral", "needs", "health measurements", "plan")


class Organisation(Base):
    """An ICB, a PCN (a tenant) or a partner. Practices are not organisations here: they are a PCN's."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    kind: Mapped[str] = choice("kind", *KINDS)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    code: Mapped[str | None]
    icb_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    sector: Mapped[str | None] = choice("sector", *SECTORS, nullable=True)
    demonstration: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[dt.datetime]
    closed_at: Mapped[dt.datetime | None]

    __table_args__ = (UniqueConstraint("icb_id", "name"),)

    def acting(self, account_id: int | None = None) -> Acting:
        """This organisation as the one that acts, on behalf of `account_id` where a person is signed in."""
        tenant = self.id if self.kind == "pcn" else None
        return Acting(org=self.id, tenant=tenant, icb=self.icb_id, account=account_id)


class Account(Base):
    """A person who can sign in: what they may do is in `Membership`, their secrets are in `Credential`."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[dt.datetime]
    disabled_at: Mapped[dt.datetime | None]


class Credential(Base):
    """What one account signs in with; visible only to a transaction that names that account."""

    __tablename__ = "credential"
    __policies__ = ("account",)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    password_hash: Mapped[str]
    totp_secret: Mapped[str | None]
    totp_confirmed_at: Mapped[dt.datetime | None]
    totp_last_step: Mapped[int | None]
    recovery_hashes: Mapped[list[str]] = mapped_column(default=list)


class SignedIn(Base):
    """One session of one account. The cookie carries the token; only its hash is kept."""

    __tablename__ = "signed_in"
    __policies__ = ("account",)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    token_hash: Mapped[str]
    created_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    device: Mapped[str]

    __table_args__ = (UniqueConstraint("account_id", "token_hash"),)


class SigninAttempt(Base):
    """A failed try, kept as a keyed hash of what was tried and from where, so that trying can be slowed."""

    __tablename__ = "signin_attempt"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key_hash: Mapped[str]
    at: Mapped[dt.datetime]

    __table_args__ = (Index("ix_signin_attempt_key_hash_at", "key_hash", "at"),)


class Membership(Base):
    """A role that an account holds in an organisation. Ended memberships stay, for the audit's sake."""

    __tablename__ = "membership"
    __policies__ = ("org", "account_read")

    org_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    role: Mapped[str]
    practice_id: Mapped[int | None]
    created_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]

    __table_args__ = (
        UniqueConstraint("org_id", "account_id", "role"),
        Index("ix_membership_account_id", "account_id"),
    )


class Invitation(OrgRow, Base):
    """A place in an organisation held for somebody; its link works once, until it expires."""

    __tablename__ = "invitation"

    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    practice_id: Mapped[int | None]
    token_hash: Mapped[str]
    invited_by: Mapped[str]
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    accepted_at: Mapped[dt.datetime | None]
    withdrawn_at: Mapped[dt.datetime | None]

    __table_args__ = (UniqueConstraint("org_id", "token_hash"),)


class Practice(TenantRow, Base):
    """A general practice: the controller of its people's data."""

    __tablename__ = "practice"

    code: Mapped[str]
    name: Mapped[str]

    __table_args__ = (UniqueConstraint("tenant_id", "code"),)


class PcnSettings(TenantRow, Base):
    """How a PCN presents itself and when it sends. One row a PCN."""

    __tablename__ = "pcn_settings"

    sender_name: Mapped[str]
    phone: Mapped[str]
    address: Mapped[str]
    privacy_url: Mapped[str]
    send_from: Mapped[dt.time] = mapped_column(default=dt.time(9))
    send_until: Mapped[dt.time] = mapped_column(default=dt.time(18))
    sending_stopped_at: Mapped[dt.datetime | None]
    sending_stopped_by: Mapped[str | None]
    # At most so many contacts with one person in so many days, whichever programmes they are for.
    most_contacts: Mapped[int] = mapped_column(default=5, server_default="5")
    contacts_days: Mapped[int] = mapped_column(default=30, server_default="30")
    days_between: Mapped[int] = mapped_column(default=2, server_default="2")

    __table_args__ = (UniqueConstraint("tenant_id"),)


class Agreement(TenantRow, Base):
    """What a PCN has agreed to share with a partner, and between which days."""

    __tablename__ = "agreement"

    partner_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    reference: Mapped[str]
    lawful_basis: Mapped[str]
    data_classes: Mapped[list[str]]
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    signed_by: Mapped[str]

    __table_args__ = (UniqueConstraint("tenant_id", "partner_id", "reference"),)

    def in_date(self, day: dt.date) -> bool:
        """Whether the agreement holds on `day`, its first and last days included."""
        return self.starts_on <= day <= self.ends_on


def organisation_by_slug(kind: str, slug: str) -> Organisation | None:
    """The organisation of that kind and slug, or None."""
    statement = select(Organisation).where(Organisation.kind == kind, Organisation.slug == slug)
    return db.session.scalars(statement).one_or_none()


def settings_of_pcn() -> PcnSettings:
    """The acting PCN's settings; raises NoResultFound where no PCN acts."""
    return db.session.scalars(select(PcnSettings)).one()


def next_organisation_id() -> int:
    """An id reserved for an organisation about to be onboarded, so that its rows can be written as it."""
    return _next_id("organisation")


def next_account_id() -> int:
    """An id reserved for an account about to be made, so that its credential can be written as it."""
    return _next_id("account")


def _next_id(table: str) -> int:
    sequence: Any = func.nextval(func.pg_get_serial_sequence(table, "id"))
    return int(db.session.scalar(select(sequence)) or 0)
