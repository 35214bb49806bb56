"""Links by which whoever has forgotten the password chooses another one."""

import datetime as dt

from sqlalchemy import ForeignKey, Identity, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base


class PasswordReset(Base):
    """A link that the organisation mailed for the account; it works once, until it expires."""

    __tablename__ = "password_reset"
    __policies__ = ("account",)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    token_hash: Mapped[str]
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]

    __table_args__ = (UniqueConstraint("account_id", "token_hash"),)
