"""A forgotten password: a mailed link, which works once, to choose another one."""

import datetime as dt
import secrets
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import select, update

from app import audit, clock, mail
from app.here import token_hash
from app.render import moment as in_words
from app.signin import belonging, credentials, rules, sessions
from app.signin.models import PasswordReset
from tenants import scope
from tenants.db import db
from tenants.models import Account, Credential, Organisation
from tenants.scope import Acting

LASTS = dt.timedelta(hours=1)
PURPOSE = "signing in"
NOT_SIGNED_IN = "not signed in"

MAIL = """Hello {name}

Somebody has asked for a new password for your account in Oast.

Open this link to choose one. It works once, until {until}:

{link}

After that, sign in as usual, with a code from the app on your phone.

If it was not you, do nothing. Your password has not changed, and the link is of no use without this mail."""


@dataclass(frozen=True)
class Found:
    """A link, the account whose password it changes, and the organisation that mailed it."""

    row: PasswordReset
    account: Account
    organisation: Organisation


def ask(email: str) -> None:
    """Mail a link to the account with that address; the links before stop working.

    Nothing happens where there is no such account, it is disabled, has no password yet or belongs to no
    organisation. Whoever asks cannot tell: up to there the statements are the same, and the few that follow
    take less time than can be heard in the five tries that the throttle leaves.
    """
    account = credentials.account_of(email)
    account_id = account.id if account else credentials.NO_ACCOUNT
    scope.begin(Acting(account=account_id))
    credential = db.session.get(Credential, account_id)
    organisation = belonging.first_joined(account_id)
    if account is None or account.disabled_at is not None or credential is None or organisation is None:
        return
    scope.begin(organisation.acting(account_id))
    _close_earlier(account_id)
    with audit.by("Somebody at the sign-in page", NOT_SIGNED_IN):
        _post(account, organisation)
        audit.record("asked for", "new password", account_id, purpose=PURPOSE)


def _close_earlier(account_id: int) -> None:
    moment = clock.now()
    still_open = update(PasswordReset).where(
        PasswordReset.account_id == account_id, PasswordReset.expires_at > moment
    )
    db.session.execute(still_open.values(expires_at=moment))


def _post(account: Account, organisation: Organisation) -> None:
    secret, moment = secrets.token_urlsafe(24), clock.now()
    row = PasswordReset(
        account_id=account.id,
        org_id=organisation.id,
        token_hash=token_hash(secret),
        created_at=moment,
        expires_at=moment + LASTS,
    )
    db.session.add(row)
    db.session.flush()
    link = f"{current_app.config['BASE_URL']}/reset/{account.id}-{secret}"
    body = MAIL.format(name=account.name, until=in_words(row.expires_at), link=link)
    mail.post(account.email, "Choose a new password for Oast", body, key=f"password reset {row.id}")


def find(token: str) -> Found | None:
    """What `token` opens, its account acting from now on; None where it opens nothing.

    The token begins with the account's id, because the row can only be read as that account.
    """
    account_id, secret = rules.link_parts(token)
    scope.begin(Acting(account=account_id))
    found = db.session.execute(
        select(PasswordReset, Account, Organisation)
        .join(Account, Account.id == PasswordReset.account_id)
        .join(Organisation, Organisation.id == PasswordReset.org_id)
        .where(
            PasswordReset.account_id == account_id,
            PasswordReset.token_hash == token_hash(secret),
            Account.disabled_at.is_(None),
        )
    ).one_or_none()
    return Found(*found) if found else None


def use(found: Found, password: str) -> bool:
    """Give the account `password` and end its sessions; nobody is signed in by it.

    False where the link was used or ran out meanwhile. One transaction, which the kernel commits.
    """
    account_id = found.account.id
    scope.begin(found.organisation.acting(account_id))
    audit.set_actor(audit.Actor(found.account.name, NOT_SIGNED_IN, account_id))
    if not _take(found.row):
        return False
    credentials.set_password(account_id, password)
    sessions.end_all(account_id)
    audit.record("chose", "new password", account_id, purpose=PURPOSE)
    return True


def _take(row: PasswordReset) -> bool:
    """Mark the link used: an UPDATE that touches the row for only one of those who try at once."""
    statement = (
        update(PasswordReset)
        .where(
            PasswordReset.account_id == row.account_id,
            PasswordReset.id == row.id,
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > clock.now(),
        )
        .values(used_at=clock.now())
    )
    return bool(db.session.execute(statement).rowcount == 1)  # type: ignore[attr-defined]
