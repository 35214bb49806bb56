"""How a participant's way is written down: points they come to, and the status that follows from them.

The caller records what happened in the audit, beside the reason for it. `status` is never set anywhere else.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CursorResult,
    ScalarSelect,
    Text,
    bindparam,
    case,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY

from app import clock
from app.programmes.models import MILESTONES, Milestone, Participant
from app.programmes.rules import PRECEDENCE, replaced_by
from tenants.db import db


def reach(participant_id: int, kind: str, *, reason: str | None = None) -> bool:
    """A participant has come to `kind`. True when that is new, False when they were there already.

    Takes back the answers that `kind` replaces, and brings the status up to date. Raises NoResultFound where
    the acting PCN has no such participant and ValueError for a kind that is not one.
    """
    _lock(participant_id)
    return bool(_reach([participant_id], kind, reason))


def reach_many(participant_ids: Collection[int], kind: str, *, reason: str | None = None) -> int:
    """All of `participant_ids` have come to `kind`. How many of them had not been there before."""
    return _reach(list(participant_ids), kind, reason) if participant_ids else 0


def reach_for(reasons: Mapping[str, Collection[int]], kind: str) -> int:
    """As `reach_many`, for several reasons at once: each with the participants it holds for."""
    everybody = sorted({number for ids in reasons.values() for number in ids})
    if not everybody:
        return 0
    whens = [(Participant.id == _any_of(ids), literal(reason, Text)) for reason, ids in reasons.items()]
    return _reach(everybody, kind, case(*whens))


def withdraw(participant_id: int, kind: str) -> bool:
    """`kind` was not so, or is no longer; the row stays, marked as withdrawn. True when there was one."""
    _lock(participant_id)
    taken_back = _take_back([participant_id], frozenset({kind}))
    restate([participant_id])
    return bool(taken_back)


def withdraw_many(participant_ids: Collection[int], kind: str, *, because: str = "") -> int:
    """`kind` is no longer so for all of these, where its reason began with `because`; how many it was so for.

    Somebody can have come to a point by more than one way; only the one that is taken back counts.
    """
    if not participant_ids:
        return 0
    taken_back = _take_back(participant_ids, frozenset({kind}), Milestone.reason.startswith(because))
    restate(participant_ids)
    return taken_back


def restate(participant_ids: Collection[int]) -> None:
    """Store the status of each participant as their live milestones say; `status_since` moves with it."""
    status = _status().label("status")
    now = clock.now()
    is_now = (
        select(Participant.id, status).where(Participant.id == _any_of(participant_ids)).subquery("is_now")
    )
    db.session.execute(
        update(Participant)
        .where(Participant.id == is_now.c.id, Participant.status != is_now.c.status)
        .values(status=is_now.c.status, status_since=now)
        .execution_options(synchronize_session=False)
    )
    _refresh(participant_ids)


def _reach(participant_ids: list[int], kind: str, reason: str | ColumnElement[str] | None) -> int:
    if kind not in MILESTONES:
        raise ValueError(f"{kind} is not a milestone")
    _take_back(participant_ids, replaced_by(kind))
    why = reason if isinstance(reason, ColumnElement) else literal(reason, Text)
    who = select(Participant.tenant_id, Participant.id, literal(kind), literal(clock.now()), why).where(
        Participant.id == _any_of(participant_ids)
    )
    new = db.session.scalars(
        postgresql.insert(Milestone)
        .from_select(["tenant_id", "participant_id", "kind", "at", "reason"], who)
        .on_conflict_do_nothing()
        .returning(Milestone.id)
    ).all()
    restate(participant_ids)
    return len(new)


def _take_back(participant_ids: Collection[int], kinds: frozenset[str], *which: Any) -> int:
    if not kinds:
        return 0
    return _changed(
        update(Milestone)
        .where(
            Milestone.participant_id == _any_of(participant_ids),
            Milestone.kind.in_(kinds),
            Milestone.withdrawn_at.is_(None),
            *which,
        )
        .values(withdrawn_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _status() -> ScalarSelect[Any]:
    """`rules.status_of` as an expression over a participant's live milestones."""
    place = func.array_position(literal(list(PRECEDENCE), ARRAY(Text)), Milestone.kind)
    return (
        select(func.coalesce(_first_by(place), "identified"))
        .where(
            Milestone.tenant_id == Participant.tenant_id,
            Milestone.participant_id == Participant.id,
            Milestone.withdrawn_at.is_(None),
        )
        .correlate(Participant)
        .scalar_subquery()
    )


def _first_by(place: Any) -> Any:
    ordered = postgresql.aggregate_order_by(Milestone.kind, place)
    return func.array_agg(ordered)[1]


def _lock(participant_id: int) -> None:
    """Two who report on one person at once are put in line, so that the status follows from both."""
    db.session.execute(select(Participant.id).where(Participant.id == participant_id).with_for_update()).one()


def _refresh(participant_ids: Collection[int]) -> None:
    """Participants already loaded show the status that was just stored."""
    wanted = set(participant_ids)
    for row in list(db.session.identity_map.values()):
        if isinstance(row, Participant) and row.id in wanted:
            db.session.expire(row, ["status", "status_since"])


def _any_of(ids: Collection[int]) -> Any:
    return func.any(bindparam(None, list(ids), ARRAY(BigInteger)))


def _changed(statement: Any) -> int:
    result = db.session.execute(statement)
    return result.rowcount if isinstance(result, CursorResult) else 0
