"""Colleagues: who holds a role in the organisation acting and can sign in."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute

from tenants import scope
from tenants.db import db
from tenants.models import Account, Membership


def colleagues(told: InstrumentedAttribute[str], which: ColumnElement[bool]) -> Select[str]:
    """A column of the accounts of those with a Membership that meets `which`, each once and in order."""
    return (
        select(told)
        .join(Membership, Membership.account_id == Account.id)
        .where(
            Membership.org_id == scope.current().org,
            Membership.ended_at.is_(None),
            Account.disabled_at.is_(None),
            which,
        )
        .distinct()
        .order_by(told)
    )


def any_with(roles: Collection[str], otherwise: str = "") -> str:
    """Who holds one of the roles, like "Mandy Fagg or Max Hill"; `otherwise` where nobody does."""
    names = db.session.scalars(colleagues(Account.name, Membership.role.in_(roles))).all()
    *first, last = names or [otherwise]
    return f"{', '.join(first)} or {last}" if first else last
