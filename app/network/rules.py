"""What the network's pages decide, without a request."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

# The role that manages staff in each kind of organisation. Nobody may be left without one.
LEADING = {"icb": "ICB admin", "pcn": "PCN manager", "partner": "partner coordinator"}


@dataclass(frozen=True)
class Held:
    """A membership as far as ending it is concerned."""

    id: int
    role: str


def may_end(held: Held, live: Iterable[Held], kind: str) -> bool:
    """Whether a membership may end: not the last one that manages the organisation's staff."""
    if held.role != LEADING[kind]:
        return True
    return any(other.role == held.role and other.id != held.id for other in live)


def slug_of(name: str) -> str:
    """An address made of a name: "Dover Town PCN" becomes "dover-town"."""
    bare = re.sub(r"\b(NHS|PCN|ICB|Primary Care Network)\b", " ", name)
    return re.sub(r"[^a-z0-9]+", "-", bare.replace("'", "").replace("’", "").lower()).strip("-")


def work_state(
    done_at: dt.datetime | None,
    failed_at: dt.datetime | None,
    queued_at: dt.datetime | None,
    error: str | None,
) -> str:
    """Where a piece of work is: "done", "failed", "in progress", "trying again" or "waiting"."""
    if done_at:
        return "done"
    if failed_at:
        return "failed"
    if queued_at:
        return "in progress"
    return "trying again" if error else "waiting"


def invitation_state(expires_at: dt.datetime, moment: dt.datetime) -> str:
    """ "open" or "ran out"."""
    return "open" if expires_at > moment else "ran out"
