"""Which organisations an account belongs to. The account itself must be acting."""

from sqlalchemy import select

from tenants.db import db
from tenants.models import Membership, Organisation


def first_joined(account_id: int) -> Organisation | None:
    """The organisation that the account has belonged to for longest; None where it belongs to none.

    Mail about the account itself (another password) goes out and is recorded there. It must be somebody's,
    the account may belong to several, and this one is the same each time and already knows the person.
    """
    statement = (
        select(Organisation)
        .join(Membership, Membership.org_id == Organisation.id)
        .where(
            Membership.account_id == account_id,
            Membership.ended_at.is_(None),
            Organisation.closed_at.is_(None),
        )
        .order_by(Membership.created_at, Membership.org_id)
        .limit(1)
    )
    return db.session.scalars(statement).one_or_none()


def all_joined(account_id: int) -> frozenset[int]:
    """The ids of all organisations that the account belongs to now."""
    statement = select(Membership.org_id).where(
        Membership.account_id == account_id, Membership.ended_at.is_(None)
    )
    return frozenset(db.session.scalars(statement))
