"""Slowing down whoever guesses, in the words of this room."""

from flask import abort, request

from app.security import note_failed_try, too_many_tries
from tenants.db import db


def keys_of(what: str, whose: object) -> tuple[str, str]:
    """The keys under which a try counts: what was tried, and where from."""
    return f"{what} {whose}", f"place {request.remote_addr}"


def refuse_too_many(keys: tuple[str, str]) -> None:
    """Answer 429 where there were too many failed tries lately, whatever is tried now."""
    if too_many_tries(*keys):
        abort(429)


def count_try(keys: tuple[str, str]) -> None:
    """Count a try: one that failed, or one of a thing that may not be asked for often.

    Committed here, because a failed one is answered 422, after which the kernel rolls everything back, and
    because acting for somebody else begins another transaction.
    """
    note_failed_try(*keys)
    db.session.commit()
