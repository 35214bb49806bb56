"""Sessions as rows: begun at sign-in, ended by leaving, by their owner from elsewhere, or by time."""

import datetime as dt
import secrets

from flask import request, session
from flask_login import login_user
from sqlalchemy import select, update

from app import clock
from app.here import AT_MOST, IDLE, User, here, token_hash
from app.signin.devices import device_words
from tenants import scope
from tenants.db import db
from tenants.models import SignedIn
from tenants.scope import Acting


def start(account_id: int) -> None:
    """Sign the acting account in on this browser: an empty cookie, a new token, a new row."""
    token = secrets.token_urlsafe(32)
    moment = clock.now()
    db.session.add(
        SignedIn(
            account_id=account_id,
            token_hash=token_hash(token),
            created_at=moment,
            seen_at=moment,
            device=device_words(request.user_agent.string),
        )
    )
    session.clear()
    login_user(User(account_id, token))


def end_present() -> None:
    """End the session that this request came with, where it came with one.

    Committed at once: what follows runs as another account, whose transaction may not touch this row.
    Whatever was written before it in this request and not committed is lost, so call it first.
    """
    if here.session is None or here.account is None:
        return
    with scope.as_acting(Acting(account=here.account.id)):
        end(here.account.id, here.session.id)
        db.session.commit()


def live(account_id: int) -> list[SignedIn]:
    """The account's sessions that can still be used, the last used first."""
    moment = clock.now()
    statement = (
        select(SignedIn)
        .where(
            SignedIn.account_id == account_id,
            SignedIn.ended_at.is_(None),
            SignedIn.seen_at >= moment - IDLE,
            SignedIn.created_at >= moment - AT_MOST,
        )
        .order_by(SignedIn.seen_at.desc(), SignedIn.id.desc())
    )
    return list(db.session.scalars(statement))


def end(account_id: int, session_id: int) -> bool:
    """End one session of the account. False where it had ended already or is not theirs."""
    return _end(account_id, SignedIn.id == session_id) == 1


def end_others(account_id: int, but: int | None) -> int:
    """End all sessions of the account except `but`; returns how many."""
    return _end(account_id, SignedIn.id.is_distinct_from(but))


def end_all(account_id: int) -> int:
    """End all sessions of the account; returns how many."""
    return end_others(account_id, None)


def _end(account_id: int, which: object) -> int:
    statement = (
        update(SignedIn)
        .where(SignedIn.account_id == account_id, SignedIn.ended_at.is_(None), which)  # type: ignore[arg-type]
        .values(ended_at=clock.now())
    )
    return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]


def seconds_left(row: SignedIn) -> int:
    """Seconds until the session ends by itself if nothing more is asked for; never below 0."""
    moment = clock.now()
    left: dt.timedelta = min(row.seen_at + IDLE, row.created_at + AT_MOST) - moment
    return max(0, int(left.total_seconds()))


def can_stay(row: SignedIn) -> bool:
    """Whether staying would make it longer: not where the 12 hours end it first."""
    return row.created_at + AT_MOST > row.seen_at + IDLE
