"""Everybody in a batch accounted for: people = sent + held back + failed + waiting (+ cancelled)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.outreach.models import DELIVERY, Contact
from tenants.db import db

NO_REASON = "no reason given"
# In which order what a gateway said of what was sent is told, what is best known first.
SAID = ("delivered", "on its way", *(word for word in DELIVERY if word not in ("delivered", "on its way")))


@dataclass(frozen=True)
class Reckoning:
    """Everybody in a batch, by what became of them.

    `reasons` splits those held back, `failures` those who failed, `deliveries` those sent to. Of the waiting,
    `under_way` are those whose message a worker has taken to send, and `unanswered` those whose message the
    gateway was given, and has not answered for.
    """

    sent: int
    waiting: int
    failed: int
    cancelled: int
    held_back: int
    reasons: dict[str, int]
    failures: dict[str, int] = field(default_factory=dict)
    deliveries: dict[str, int] = field(default_factory=dict)
    unanswered: int = 0
    under_way: int = 0

    @property
    def people(self) -> int:
        """How many people the batch has; always the sum of the rest."""
        return self.sent + self.waiting + self.failed + self.cancelled + self.held_back

    def count(self, state: str | None, why: str | None = None) -> int:
        """How many people a list has of a state, and of why or how it came to that (all: None)."""
        if state is None:
            return self.people
        if why is None:
            return int(getattr(self, state.replace(" ", "_")))
        return self.parts(state).get(why, 0)

    def parts(self, state: str) -> dict[str, int]:
        """What a state is split into: reasons, or what the gateway said; nothing where it is not split."""
        split = {"held back": self.reasons, "failed": self.failures, "sent": self.deliveries}
        return split.get(state, {})


NOBODY = Reckoning(0, 0, 0, 0, 0, {})


def reckon(batch_id: int) -> Reckoning:
    """Count the batch from its rows."""
    return reckon_many([batch_id]).get(batch_id, NOBODY)


def reckon_many(batch_ids: Collection[int]) -> dict[int, Reckoning]:
    """Count several batches from their rows, in one statement."""
    return _by(Contact.batch_id, batch_ids)


def reckon_steps(step_ids: Collection[int]) -> dict[int, Reckoning]:
    """Count what was tried at several steps, over all their batches, in one statement.

    Somebody who was in two batches of a step is counted in both.
    """
    return _by(Contact.step_id, step_ids)


def _by(column: InstrumentedAttribute[int], wanted: Collection[int]) -> dict[int, Reckoning]:
    if not wanted:
        return {}
    tried = (Contact.state == "sending") & (Contact.tries > 0)
    statement = (
        select(
            column, Contact.state, Contact.reason, Contact.delivery, func.count(), func.count().filter(tried)
        )
        .where(column.in_(wanted))
        .group_by(column, Contact.state, Contact.reason, Contact.delivery)
        .order_by(func.count().desc(), Contact.reason)
    )
    found: dict[int, list[Any]] = {}
    for number, *row in db.session.execute(statement):
        found.setdefault(number, []).append(row)
    return {number: _reckoning(rows) for number, rows in found.items()}


def _reckoning(rows: Iterable[Any]) -> Reckoning:
    counts: dict[str, int] = {}
    parts: dict[str, dict[str, int]] = {"held back": {}, "failed": {}, "sent": {}}
    unanswered = 0
    for state, reason, delivery, number, tried in rows:
        unanswered += tried
        counts[state] = counts.get(state, 0) + number
        why = delivery if state == "sent" else reason or NO_REASON
        if state in parts:
            parts[state][why] = parts[state].get(why, 0) + number
    return Reckoning(
        sent=counts.get("sent", 0),
        waiting=counts.get("waiting", 0) + counts.get("sending", 0),
        failed=counts.get("failed", 0),
        cancelled=counts.get("cancelled", 0),
        held_back=counts.get("held back", 0),
        reasons=_most_first(parts["held back"]),
        failures=_most_first(parts["failed"]),
        deliveries={said: parts["sent"][said] for said in SAID if said in parts["sent"]},
        unanswered=unanswered,
        under_way=counts.get("sending", 0),
    )


def _most_first(parts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(parts.items(), key=lambda part: (-part[1], part[0])))
