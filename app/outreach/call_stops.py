"""Taking people off the call list who have said no: their calls, and their places in the call batches."""

from typing import Any

from sqlalchemy import ColumnElement, exists, select, tuple_, update

from app import clock
from app.outreach.call_models import Call
from app.outreach.models import Batch, Contact, Step
from app.outreach.rules import Reason
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
