"""Service accounts: what acts, in a role the PCN gave it, when a command runs and nobody is signed in."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import select

from app import audit, clock
from app.people.import_models import ServiceAccount
from app.people.sources import who_can_help
from app.permissions import Permission, check, permissions_of
from tenants import scope
from tenants.db import db
from tenants.models import organisation_by_slug

PURPOSE = "running the service"
ROLE = "analyst"


class CannotAct(RuntimeError):
    """No service account can act as was asked; the message says why and who can put it right."""


def service_accounts() -> Sequence[ServiceAccount]:
    """The PCN's service accounts, those in use first, by name."""
    listed = select(ServiceAccount).order_by(ServiceAccount.ended_at.is_not(None), ServiceAccount.name)
    return db.session.scalars(listed).all()


def add(name: str, by: str) -> ServiceAccount:
    """A new service account. The caller answers for a name that is taken (a unique constraint)."""
    account = ServiceAccount(name=name, role=ROLE, created_by=by, created_at=clock.now())
    db.session.add(account)
    db.session.flush()
    audit.record("added", "service account", account.id, purpose=PURPOSE)
    return account


def end(account: ServiceAccount) -> bool:
    """Nothing acts as it from now on; what it did stays recorded. False where it was ended before."""
    if account.ended_at is not None:
        return False
    account.ended_at = clock.now()
    audit.record("ended", "service account", account.id, purpose=PURPOSE)
    return True


@contextmanager
def acting_as(pcn: str, name: str | None, permission: Permission) -> Iterator[ServiceAccount]:
    """Inside, the PCN of that slug acts, and what is done is put down to its service account.

    `name` says which, where it has several. Raises CannotAct, or Forbidden where its role lacks `permission`.
    """
    organisation = organisation_by_slug("pcn", pcn)
    if organisation is None:
        raise CannotAct(f"There is no PCN “{pcn}”. Its slug stands in its address, after /pcn/.")
    with scope.as_acting(organisation.acting()):
        account = _one_of([one for one in service_accounts() if one.ended_at is None], name)
        check(permissions_of(frozenset({account.role})), permission)
        with audit.by(account.name, account.role):
            yield account


def _one_of(accounts: Sequence[ServiceAccount], name: str | None) -> ServiceAccount:
    named = [one for one in accounts if name in (None, one.name)]
    if len(named) == 1:
        return named[0]
    if named:
        listed = ", ".join(f"“{one.name}”" for one in named)
        raise CannotAct(f"There are several service accounts: say which with --as. They are {listed}.")
    missing = f"There is no service account “{name}” in use" if name else "There is no service account in use"
    raise CannotAct(f"{missing}. {who_can_help()} can add one in Settings, under Service accounts.")
