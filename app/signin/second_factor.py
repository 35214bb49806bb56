"""Taking the second factor away from somebody who has lost the phone and the recovery codes.

A credential and the sessions can only be touched by a transaction that acts for their account. So there is
one here that acts for the account of somebody else, on behalf of an organisation that the account belongs to:

- It acts for the account in the one transaction that does it, and for nobody in the rest of the request.
- It sees all memberships of the account, those elsewhere too, and an organisation gets its way only where
  there are none elsewhere: a manager of one may not weaken the way into another.
- The change, the end of the sessions, the mail to the owner and the audit event are one commit.
"""

from flask import current_app
from sqlalchemy import select

from app import audit, clock, mail
from app.signin import belonging, credentials, sessions
from tenants import scope
from tenants.db import db
from tenants.models import Account, Organisation

PURPOSE = "staff access"
SET_UP, NOT_SET_UP, ELSEWHERE, RESET = "set up", "not set up", "works elsewhere too", "reset"

MAIL = """Hello {name}

{by} has reset the second factor of your account in Oast. You are signed out everywhere, and your recovery codes do not work any more.

Sign in with your password now: {sign_in}

You will set up an app on your phone that shows sign-in codes, and get new recovery codes. Until then your password alone protects your account.

If you did not ask for this, choose a new password at once, and tell the person who manages your organisation in Oast: {forgot}"""  # noqa: E501


def state_of(organisation: Organisation, account_id: int) -> str:
    """SET_UP, NOT_SET_UP, or ELSEWHERE where `organisation` may not reset the account's second factor."""
    with scope.as_acting(organisation.acting(account_id)):
        return _state(organisation, account_id)


def reset_for_member(organisation: Organisation, account: Account, by: str, *, anybody: bool = False) -> str:
    """Take the second factor from `account`, a member of `organisation`; `by` says in words who did.

    Returns RESET, or why nothing was done: NOT_SET_UP or ELSEWHERE. `anybody` is for the people who run the
    service: then the account may belong to other organisations too. Commits, because acting for the account
    ends here; what the request had not committed before is lost, so call it first.
    """
    with scope.as_acting(organisation.acting(account.id)):
        # Joining another organisation waits for this row: a membership refers to it.
        db.session.execute(select(Account.id).where(Account.id == account.id).with_for_update())
        state = _state(organisation, account.id)
        if state == NOT_SET_UP or (state == ELSEWHERE and not anybody):
            return state
        if not credentials.forget_second_factor(account.id):
            return NOT_SET_UP
        sessions.end_all(account.id)
        _post(account, by)
        audit.record("reset", "second factor", account.id, purpose=PURPOSE)
        db.session.commit()
    return RESET


def _state(organisation: Organisation, account_id: int) -> str:
    if belonging.all_joined(account_id) != {organisation.id}:
        return ELSEWHERE
    return SET_UP if credentials.has_second_factor(account_id) else NOT_SET_UP


def _post(account: Account, by: str) -> None:
    here = current_app.config["BASE_URL"]
    body = MAIL.format(
        name=account.name, by=by, sign_in=f"{here}/sign-in", forgot=f"{here}/forgotten-password"
    )
    key = f"second factor {account.id} {clock.now().isoformat()}"
    mail.post(account.email, "Set up your sign-in codes for Oast again", body, key=key)
