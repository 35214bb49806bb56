"""A programme's state: set-up → live ⇄ paused → closed, each change by somebody, for a reason."""

from sqlalchemy import select, update

from app import audit, clock
from app.programmes import reporting
from app.programmes.models import Participant, Programme
from app.programmes.tasks import tasks_of
from tenants.db import db

# state → what can be done: (name of the change, the state after it, what the person reads)
CHANGES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "set-up": (("go live", "live", "Go live"), ("close", "closed", "Close it without starting")),
    "live": (("pause", "paused", "Pause it for a while"), ("close", "closed", "Close it for good")),
    "paused": (("resume", "live", "Resume it"), ("close", "closed", "Close it for good")),
    "closed": (),
}
NEEDS_REASON = frozenset({"pause", "close"})
WAIT_FOR_A_CALL = ("wants a call", "wants another way")
DONE_WORDS = {"go live": "is live", "resume": "is live again", "pause": "is paused", "close": "is closed"}


def missing_to_go_live(programme: Programme) -> list[str]:
    """What has to be done before the programme can go live, each an instruction; empty when nothing is."""
    return [task.missing[0].upper() + task.missing[1:] for task in tasks_of(programme) if task.blocks]


def anybody_waits_for_a_call(programme: Programme) -> bool:
    """Whether anybody has asked to be rung and was not yet: nobody rings them while it is not live."""
    waits = select(Participant.id).where(
        Participant.programme_id == programme.id, Participant.status.in_(WAIT_FOR_A_CALL)
    )
    return db.session.scalar(waits.limit(1)) is not None


def change(programme: Programme, action: str, reason: str) -> bool:
    """Change the programme's state. False where it is no longer in the state that the person saw.

    `action` is one of `CHANGES` for its state. Going live asks nothing here: see `missing_to_go_live`.
    """
    after = next(state for name, state, _ in CHANGES[programme.state] if name == action)
    values = {
        "state": after,
        "state_reason": reason or None,
        "state_changed_at": clock.now(),
        "state_changed_by": audit.actor().name,
    }
    if action == "go live":
        values["live_at"] = clock.now()
    changed = db.session.execute(
        update(Programme)
        .where(Programme.id == programme.id, Programme.state == programme.state)
        .values(**values)
        .returning(Programme.id)
    ).one_or_none()
    if changed is None:
        return False
    reporting.leave(programme.id)
    audit.record("changed state", "programme", programme.id, purpose="running the programme", to=after)
    return True
