"""Taking people off the call list who have said no: their calls, and their places in the call batches.

And putting them back on it who had asked for a call, once the no is taken back.
"""

from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, select, tuple_, update

from app import audit, clock
from app.outreach import quiet
from app.outreach.call_models import Call
from app.outreach.models import Batch, Contact, Step
from app.outreach.rules import WANT_TO_BE_RUNG, Reason
from app.programmes.models import Participant
from tenants.db import db


def stop(whose: ColumnElement[bool], reason: Reason) -> int:
    """Stop the calls due of those meant by `whose`; how many there were.

    Their waiting place in the step's batch is held back with the reason, so that nobody stands as waiting for
    a call that is not made; a batch in which nobody is left is done.
    """
    statement = update(Call).where(whose, Call.state == "due").values(state="stopped")
    stopped = statement.returning(Call.step_id, Call.participant_id)
    rows = db.session.execute(stopped.execution_options(synchronize_session=False))
    places: list[tuple[int, int]] = [(row[0], row[1]) for row in rows]
    if places:
        _settle(places, reason)
        finish({step_id for step_id, _ in places})
    return len(places)


def _settle(places: list[tuple[int, int]], reason: Reason) -> None:
    statement = (
        update(Contact)
        .where(tuple_(Contact.step_id, Contact.participant_id).in_(places), Contact.state == "waiting")
        .where(is_call_step(Contact.step_id))
        .values(state="held back", reason=reason)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(statement)


def ring_after_all(person_id: int) -> int:
    """Whoever asked for a call and is on no call list any more is on it again; in how many programmes.

    As they asked, where the day that they named is still to come.
    """
    asked = (
        select(func.max(Call.id))
        .join(
            Participant, (Participant.tenant_id == Call.tenant_id) & (Participant.id == Call.participant_id)
        )
        .where(Call.person_id == person_id, Participant.status.in_(WANT_TO_BE_RUNG))
        .group_by(Call.participant_id)
        .having(func.bool_and(Call.state != "due"))
    )
    day = quiet.next_day_to_ring(clock.today())
    values = {
        "state": "due",
        "due_on": func.greatest(Call.due_on, day),
        "agreed_at": case((Call.due_on >= day, Call.agreed_at)),
    }
    statement = update(Call).where(Call.id.in_(asked)).values(values).returning(Call.id)
    again = db.session.scalars(statement.execution_options(synchronize_session=False)).all()
    for call_id in again:
        audit.record("put back on the list", "call", call_id, person_id=person_id)
    return len(again)


def finish(step_ids: set[int]) -> None:
    """The call batches of these steps in which nobody waits any more are done."""
    waits = exists().where(
        Contact.tenant_id == Batch.tenant_id, Contact.batch_id == Batch.id, Contact.state == "waiting"
    )
    statement = (
        update(Batch)
        .where(Batch.step_id.in_(step_ids), Batch.state == "sending", ~waits, is_call_step(Batch.step_id))
        .values(state="done", finished_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    db.session.execute(statement)


def is_call_step(column: Any) -> ColumnElement[bool]:
    """That it is of a step by which people are rung; a call asked for without one stands on another step."""
    found: ColumnElement[bool] = column.in_(select(Step.id).where(Step.channel == "call"))
    return found
