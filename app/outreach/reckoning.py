"""Everybody in a batch accounted for: people = sent + held back + failed + waiting (+ cancelled)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.outreach.models import Contact
from tenants.db import db


@dataclass(frozen=True)
class Reckoning:
    """Everybody in a batch, by what became of them. `reasons` splits those held back."""

    sent: int
    waiting: int
    failed: int
    cancelled: int
    held_back: int
    reasons: dict[str, int]

    @property
    def people(self) -> int:
        """How many people the batch has; always the sum of the rest."""
        return self.sent + self.waiting + self.failed + self.cancelled + self.held_back

    def count(self, state: str | None, reason: str | None) -> int:
        """How many people a list filtered by state and reason has."""
        if reason:
            return self.reasons.get(reason, 0)
        return int(getattr(self, state.replace(" ", "_"))) if state else self.people


def reckon(batch_id: int) -> Reckoning:
    """Count the batch from its rows."""
    return reckon_many([batch_id]).get(batch_id, Reckoning(0, 0, 0, 0, 0, {}))


def reckon_many(batch_ids: list[int]) -> dict[int, Reckoning]:
    """Count several batches from their rows, in one statement."""
    if not batch_ids:
        return {}
    statement = (
        select(Contact.batch_id, Contact.state, Contact.reason, func.count())
        .where(Contact.batch_id.in_(batch_ids))
        .group_by(Contact.batch_id, Contact.state, Contact.reason)
        .order_by(func.count().desc(), Contact.reason)
    )
    rows = list(db.session.execute(statement))
    return {batch_id: _reckoning([row[1:] for row in rows if row[0] == batch_id]) for batch_id in batch_ids}


def _reckoning(rows: Iterable[Any]) -> Reckoning:
    counts: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for state, reason, number in rows:
        counts[state] = counts.get(state, 0) + number
        if state == "held back":
            reasons[reason] = number
    return Reckoning(
        sent=counts.get("sent", 0),
        waiting=counts.get("waiting", 0) + counts.get("sending", 0),
        failed=counts.get("failed", 0),
        cancelled=counts.get("cancelled", 0),
        held_back=counts.get("held back", 0),
        reasons=reasons,
    )
