"""Invitations: a place in an organisation, held for somebody by a link that works once."""

import datetime as dt
import secrets
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app import audit, clock, mail
from app.here import token_hash
from app.permissions import ROLES
from app.signin import passwords, rules
from tenants import scope
from tenants.db import db
from tenants.models import Account, Credential, Invitation, Membership, Organisation, next_account_id

LASTS = dt.timedelta(days=7)

MAIL = """Hello {name}

{by} has invited you to join {organisation} in Oast as {role}.

Open this link to accept. It works once, until {until}:

{link}

You will choose a password and set up an app on your phone that shows sign-in codes. It takes about 5 minutes.

If you did not expect this, do nothing: nobody can use the link without this email."""


@dataclass(frozen=True)
class Found:
    """An invitation and the organisation it is for."""

    invitation: Invitation
    organisation: Organisation


def invite(email: str, name: str, role: str, practice_id: int | None = None) -> str:
    """Hold a place in the acting organisation for somebody, mail them the link, and return it.

    `practice_id` is a practice releaser's. Raises ValueError where such an organisation has no such role.
    Earlier open invitations of the same address to the same role stop working.
    """
    organisation = db.session.get_one(Organisation, scope.current().org)
    if role not in ROLES[organisation.kind]:
        raise ValueError(f"{organisation.kind} has no role {role!r}")
    secret, moment = secrets.token_urlsafe(24), clock.now()
    _replace_earlier(email, role, moment)
    invitation = Invitation(
        email=email.strip().lower(),
        name=name,
        role=role,
        practice_id=practice_id,
        token_hash=token_hash(secret),
        invited_by=audit.actor().name,
        created_at=moment,
        expires_at=moment + LASTS,
    )
    db.session.add(invitation)
    db.session.flush()
    link = f"{current_app.config['BASE_URL']}/invitation/{organisation.id}-{secret}"
    _post(invitation, organisation, link)
    audit.record("invited", "staff", invitation.id, purpose="staff access", role=role)
    return link


def _replace_earlier(email: str, role: str, moment: dt.datetime) -> None:
    db.session.execute(
        update(Invitation)
        .where(
            Invitation.org_id == scope.current().org,
            Invitation.email == email.strip().lower(),
            Invitation.role == role,
            Invitation.accepted_at.is_(None),
            Invitation.expires_at > moment,
        )
        .values(expires_at=moment)
    )


def _post(invitation: Invitation, organisation: Organisation, link: str) -> None:
    local = clock.local(invitation.expires_at)
    body = MAIL.format(
        name=invitation.name,
        by=invitation.invited_by,
        organisation=organisation.name,
        role=invitation.role,
        until=f"{local.day} {local:%B %Y}",
        link=link,
    )
    mail.post(invitation.email, f"Join {organisation.name} in Oast", body, key=f"invitation {invitation.id}")


def find(token: str) -> Found | None:
    """The invitation that `token` opens, its organisation acting from now on; None where it opens none.

    The token begins with the organisation's id, because the row can only be read as that organisation.
    """
    org_id, secret = rules.link_parts(token)
    organisation = db.session.get(Organisation, org_id)
    if organisation is None or organisation.closed_at is not None:
        return None
    scope.begin(organisation.acting())
    statement = select(Invitation).where(
        Invitation.org_id == organisation.id, Invitation.token_hash == token_hash(secret)
    )
    invitation = db.session.scalars(statement).one_or_none()
    return Found(invitation, organisation) if invitation else None


def accept(found: Found, account: Account | None, name: str = "", password: str = "") -> int | None:
    """Take the place: the membership, and an account (of `name` and `password`) where there is none yet.

    Returns the account's id; None where the invitation was used or ran out meanwhile. Raises IntegrityError
    where an account with that address was made meanwhile. One transaction, which the kernel commits.
    """
    account_id = account.id if account else next_account_id()
    scope.begin(found.organisation.acting(account_id))
    audit.set_actor(audit.Actor(account.name if account else name, found.invitation.role, account_id))
    if not _take(found.invitation.id):
        return None
    if account is None:
        _make_account(account_id, found.invitation.email, name, password)
    _join(found.invitation, account_id)
    audit.record(
        "accepted", "invitation", found.invitation.id, purpose="staff access", role=found.invitation.role
    )
    return account_id


def _take(invitation_id: int) -> bool:
    """Mark the invitation accepted: an UPDATE that touches a row for only one of those who try at once."""
    statement = (
        update(Invitation)
        .where(
            Invitation.org_id == scope.current().org,
            Invitation.id == invitation_id,
            Invitation.accepted_at.is_(None),
            Invitation.expires_at > clock.now(),
        )
        .values(accepted_at=clock.now())
    )
    return bool(db.session.execute(statement).rowcount == 1)  # type: ignore[attr-defined]


def _make_account(account_id: int, email: str, name: str, password: str) -> None:
    db.session.add(Account(id=account_id, email=email, name=name, created_at=clock.now()))
    db.session.flush()
    db.session.add(Credential(account_id=account_id, password_hash=passwords.hashed(password)))
    db.session.flush()


def _join(invitation: Invitation, account_id: int) -> None:
    """The membership; one that had ended is taken up again."""
    values = {
        "org_id": invitation.org_id,
        "account_id": account_id,
        "role": invitation.role,
        "practice_id": invitation.practice_id,
        "created_at": clock.now(),
    }
    db.session.execute(
        insert(Membership)
        .values(**values)
        .on_conflict_do_update(
            index_elements=["org_id", "account_id", "role"],
            set_={"ended_at": None, "practice_id": invitation.practice_id},
        )
    )
