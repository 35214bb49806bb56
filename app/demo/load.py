"""Puts the demonstration into an empty database: organisations, their staff, the starter sets, then a story.

Two scenes. "start" is two ICBs, two PCNs and their partners, with the starter sets shared, so that Dover Town
can be onboarded by hand. "full" is that and Dover Town, half way through its programme (`story.py`).
"""

import secrets
from collections.abc import Callable
from contextvars import Context
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from app import audit
from app.demo import story
from app.library import starter
from app.network.onboarding import ROOMS
from app.people import deprivation
from app.permissions import ROLES
from app.signin import invitations
from tenants import lifecycle, scope
from tenants.db import db
from tenants.models import Account, Invitation, Organisation, organisation_by_slug
from tenants.onboarding_check import check_file

HERE = Path(__file__).resolve().parent
LOADER = "Demonstration"
SCENES: dict[str, tuple[str, ...]] = {
    "start": ("medway-central", "sowe-valley"),
    "full": ("medway-central", "sowe-valley", "dover-town"),
}
STARTER_ICB = "kent-and-medway"


def is_empty() -> bool:
    """Whether no organisation has been onboarded yet."""
    with scope.as_acting(scope.NOBODY):
        return db.session.scalar(select(Organisation.id).limit(1)) is None


def load(scene: str, say: Callable[[str], None]) -> None:
    """Put `scene` into the database, telling each step to `say`."""
    with audit.by(LOADER):
        say("English Indices of Deprivation")
        with scope.as_acting(scope.NOBODY):
            deprivation.load()
            db.session.commit()
        for name in SCENES[scene]:
            say(f"Organisations of {name}")
            onboard(name)
        say("The starter sets")
        share_starter()
    if scene == "full":
        say("Dover Town's programme, three weeks of it")
        Context().run(story.tell, current_app._get_current_object())  # type: ignore[attr-defined]


def onboard(name: str) -> None:
    """Onboard the file of that name and let everybody who was invited accept."""
    source = (HERE / "organisations" / f"{name}.yaml").read_text()
    with scope.as_acting(scope.NOBODY):
        plan, faults = check_file(source, ROLES)
    if plan is None:
        raise ValueError("; ".join(str(fault) for fault in faults))
    report = lifecycle.onboard(plan, ROOMS)
    for invited in report.invited:
        accept(invited.link.rpartition("/")[2])


def accept(token: str) -> None:
    """Take the place that the invitation holds, with a password that nobody knows."""
    with scope.as_acting(scope.NOBODY), audit.by(LOADER):
        found = invitations.find(token)
        if found is None or found.invitation.accepted_at is not None:
            return
        account = _account_of(found.invitation)
        invitations.accept(found, account, found.invitation.name, secrets.token_urlsafe(24))
        db.session.commit()


def _account_of(invitation: Invitation) -> Account | None:
    return db.session.scalars(select(Account).where(Account.email == invitation.email)).one_or_none()


def share_starter() -> None:
    """Publish the starter sets as the ICB that shares them."""
    with scope.as_acting(scope.NOBODY):
        icb = organisation_by_slug("icb", STARTER_ICB)
        if icb is None:
            raise LookupError(f"{STARTER_ICB} has not been onboarded")
        acting = icb.acting()
    with scope.as_acting(acting):
        starter.publish_all(starter.load_all())
        db.session.commit()
