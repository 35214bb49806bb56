"""What an account signs in with: proving it, and changing it. The account itself must be acting."""

from sqlalchemy import Text, cast, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB

from app import clock
from app.sealed import NotOurs, fingerprint, seal_text, unseal_text
from app.signin import codes, passwords
from tenants import scope
from tenants.db import db
from tenants.models import Account, Credential
from tenants.scope import Acting

NO_ACCOUNT = 0


def account_of(email: str) -> Account | None:
    """The account with that address, however its letters are written."""
    return db.session.scalars(select(Account).where(Account.email == email.lower())).one_or_none()


def recognise(email: str, password: str) -> Credential | None:
    """The credential of the account with that address and password, which acts from now on, or None.

    An address without an account takes the same statements and the same hashing as one with another password.
    """
    account = account_of(email)
    scope.begin(Acting(account=account.id if account else NO_ACCOUNT))
    credential = db.session.get(Credential, scope.current().account)
    kept = credential.password_hash if credential else passwords.unmatchable()
    fits = passwords.matches(kept, password)
    if not fits or credential is None or account is None or account.disabled_at is not None:
        return None
    if passwords.outdated(kept):
        credential.password_hash = passwords.hashed(password)
    return credential


def has_password(account_id: int, password: str) -> bool:
    """Whether `password` is that of the acting account."""
    credential = db.session.get(Credential, account_id)
    return credential is not None and passwords.matches(credential.password_hash, password)


def set_password(account_id: int, password: str) -> None:
    """Give the acting account another password."""
    credential = db.session.get_one(Credential, account_id)
    credential.password_hash = passwords.hashed(password)


def spend_code(account_id: int, code: str) -> bool:
    """Whether `code` is the acting account's and no code of its step or a later one was used before.

    The step is remembered by an UPDATE that touches one row or none, so no code is used twice at once.
    """
    credential = db.session.get(Credential, account_id)
    step = codes.step_of(_secret(credential), code, clock.now()) if credential else None
    if step is None:
        return False
    statement = (
        update(Credential)
        .where(
            Credential.account_id == account_id,
            or_(Credential.totp_last_step.is_(None), Credential.totp_last_step < step),
        )
        .values(totp_last_step=step)
    )
    return bool(db.session.execute(statement).rowcount == 1)  # type: ignore[attr-defined]


def spend_recovery_code(account_id: int, code: str) -> bool:
    """Whether `code` is one of the acting account's unused recovery codes; it is used up, by one UPDATE."""
    known = _kept(account_id, code)
    statement = (
        update(Credential)
        .where(Credential.account_id == account_id, Credential.recovery_hashes.op("?")(known))
        .values(recovery_hashes=Credential.recovery_hashes.op("-", return_type=JSONB())(cast(known, Text)))
        .execution_options(synchronize_session=False)
    )
    return bool(db.session.execute(statement).rowcount == 1)  # type: ignore[attr-defined]


def recovery_codes_left(account_id: int) -> int:
    """How many recovery codes of the acting account are unused."""
    statement = select(Credential.recovery_hashes).where(Credential.account_id == account_id)
    return len(db.session.scalar(statement) or [])


def renew_recovery_codes(account_id: int) -> list[str]:
    """Ten new recovery codes for the acting account, kept only as hashes; the earlier ones stop working."""
    fresh = codes.new_recovery_codes()
    credential = db.session.get_one(Credential, account_id)
    credential.recovery_hashes = [_kept(account_id, code) for code in fresh]
    return fresh


def set_second_factor(account_id: int, secret: str, step: int, *, replace: bool) -> list[str] | None:
    """Keep `secret`, whose code of `step` was given, and return ten recovery codes.

    None where there is one already that is not to be replaced: a password alone never replaces it.
    """
    unset = [] if replace else [Credential.totp_confirmed_at.is_(None)]
    statement = (
        update(Credential)
        .where(Credential.account_id == account_id, *unset)
        .values(
            totp_secret=seal_text(secret, _place(account_id)),
            totp_confirmed_at=clock.now(),
            totp_last_step=step,
        )
    )
    if db.session.execute(statement).rowcount != 1:  # type: ignore[attr-defined]
        return None
    return renew_recovery_codes(account_id)


def has_second_factor(account_id: int) -> bool:
    """Whether the acting account has set up its authenticator app."""
    statement = select(Credential.totp_confirmed_at).where(Credential.account_id == account_id)
    return db.session.scalar(statement) is not None


def forget_second_factor(account_id: int) -> bool:
    """Forget the acting account's authenticator app and recovery codes; its next sign-in sets them up anew.

    False where there is no app to forget.
    """
    statement = (
        update(Credential)
        .where(Credential.account_id == account_id, Credential.totp_confirmed_at.is_not(None))
        .values(totp_secret=None, totp_confirmed_at=None, totp_last_step=None, recovery_hashes=[])
    )
    return bool(db.session.execute(statement).rowcount == 1)  # type: ignore[attr-defined]


def _secret(credential: Credential) -> str:
    """The secret of the authenticator app; one that no code fits where there is none."""
    try:
        return unseal_text(credential.totp_secret or "", _place(credential.account_id))
    except NotOurs:
        return codes.new_secret()


def _place(account_id: int) -> str:
    return f"second factor of account {account_id}"


def _kept(account_id: int, code: str) -> str:
    return fingerprint(codes.plain_recovery_code(code), f"recovery code of account {account_id}")
