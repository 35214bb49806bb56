"""Between the password and the code: who gave a password and has yet to give, or set up, the second factor.

It is kept in the signed cookie for a few minutes and lets its holder do nothing but that. The secret of an
authenticator app that is being set up is kept there too, sealed, until a code has shown that it arrived.
"""

import datetime as dt
from dataclasses import dataclass

from flask import session

from app import clock
from app.here import here
from app.sealed import NotOurs, seal_text, unseal_text
from app.signin import codes

KEPT = "halfway"
CODE, SET_UP, REPLACE = "code", "set up", "replace"
# Setting up takes longer: an app may have to be found and installed first.
LASTS = {CODE: dt.timedelta(minutes=5), SET_UP: dt.timedelta(minutes=15), REPLACE: dt.timedelta(minutes=15)}


@dataclass(frozen=True)
class Halfway:
    """Whose password was given, what for, where they wanted to go, and whether a form of theirs was lost."""

    account_id: int
    purpose: str
    onward: str
    lost: bool


def begin(account_id: int, purpose: str, onward: str = "", *, lost: bool = False) -> None:
    """Remember that the password of `account_id` was given just now, in an otherwise empty cookie."""
    if purpose != REPLACE:
        session.clear()
    until = clock.now() + LASTS[purpose]
    kept = {"account": account_id, "for": purpose, "onward": onward, "lost": lost}
    session[KEPT] = kept | {"until": until.timestamp()}


def present(*purposes: str) -> Halfway | None:
    """Who is halfway with one of `purposes`; None where nobody is, or too long ago.

    Replacing the app is for the one who is signed in, everything else for somebody who is not.
    """
    kept = session.get(KEPT)
    if not kept or kept["for"] not in purposes or kept["until"] < clock.now().timestamp():
        return None
    signed_in = here.account.id if here.account else None
    wanted = kept["account"] if kept["for"] == REPLACE else None
    if signed_in != wanted:
        return None
    return Halfway(kept["account"], kept["for"], kept["onward"], kept.get("lost", False))


def onward() -> str:
    """Where the one who is, or was, halfway wanted to go."""
    return str(session.get(KEPT, {}).get("onward", ""))


def lost() -> bool:
    """Whether a form of theirs was lost."""
    return bool(session.get(KEPT, {}).get("lost"))


def secret(waiting: Halfway) -> str:
    """The secret being set up: the same on each look at the page, until it is confirmed or given up."""
    kept = session[KEPT]
    try:
        return unseal_text(kept.get("secret", ""), _place(waiting))
    except NotOurs:
        fresh = codes.new_secret()
        session[KEPT] = kept | {"secret": seal_text(fresh, _place(waiting))}
        return fresh


def end() -> None:
    """Nobody is halfway any more."""
    session.pop(KEPT, None)


def _place(waiting: Halfway) -> str:
    return f"second factor being set up by account {waiting.account_id}"
