"""What outreach has waiting for the person here, and what it sees a programme needs next."""

from flask import url_for
from sqlalchemy import func, select

from app import clock
from app.here import can, here
from app.outreach.models import Batch, Call, Step
from app.permissions import Permission
from app.programmes import next_steps, today
from app.programmes.models import Participant, Programme
from app.programmes.today import Todo
from tenants.db import db


@today.offers
def waiting() -> list[Todo]:
    """Calls due, batches to approve, and answers to act on."""
    return [*_calls(), *_batches(), *_answers()]


def _calls() -> list[Todo]:
    if not can(Permission.MAKE_CALLS):
        return []
    statement = (
        select(func.count())
        .select_from(Call)
        .join(Programme, (Programme.tenant_id == Call.tenant_id) & (Programme.id == Call.programme_id))
        .where(Call.state == "due", Call.due_on <= clock.today(), Programme.state == "live")
    )
    due = db.session.scalar(statement) or 0
    return [Todo("calls due today", url_for("outreach.calls"), due)] if due else []


def _batches() -> list[Todo]:
    """Batches of others that wait for approval; each is a Todo of its own, because each is read by itself."""
    if not can(Permission.APPROVE_BATCHES):
        return []
    own = here.account.id if here.account else None
    statement = (
        select(Batch.id, Step.name)
        .join(Step, (Step.tenant_id == Batch.tenant_id) & (Step.id == Batch.step_id))
        .where(Batch.state == "built", Batch.built_by_id.is_distinct_from(own))
        .order_by(Batch.id)
    )
    return [
        Todo(f"batch to read and approve: {name}", url_for("outreach.approve", batch_id=batch_id), 1)
        for batch_id, name in db.session.execute(statement)
    ]


def _answers() -> list[Todo]:
    if not can(Permission.SEE_PEOPLE):
        return []
    statement = (
        select(Participant.programme_id, func.count())
        .where(Participant.status == "wants another way")
        .group_by(Participant.programme_id)
        .order_by(Participant.programme_id)
    )
    return [
        Todo("people who want to hear from us another way", _list_of(programme_id), count)
        for programme_id, count in db.session.execute(statement)
    ]


def _list_of(programme_id: int) -> str:
    return url_for("cohorts.participants", programme_id=programme_id, status="wants another way")


@next_steps.offers
def next_in(programme: Programme) -> Todo | None:
    """The step's batch that waits for somebody, or else the way to the next one."""
    if programme.state != "live" or not can(Permission.SEE_OUTREACH):
        return None
    statement = (
        select(Batch.id, Batch.state, Step.name, Step.channel)
        .join(Step, (Step.tenant_id == Batch.tenant_id) & (Step.id == Batch.step_id))
        .where(Batch.programme_id == programme.id, Batch.state.in_(("built", "approved", "paused")))
        .order_by(Batch.id)
        .limit(1)
    )
    found = db.session.execute(statement).one_or_none()
    if found is None:
        return Todo(
            "See who is due to hear from us", url_for("outreach.programme", programme_id=programme.id)
        )
    batch_id, state, name, channel = found
    return Todo(_says(state, name, channel), url_for("outreach.batch", batch_id=batch_id))


def _says(state: str, name: str, channel: str) -> str:
    if state == "built":
        return f"Have a second person read and approve the batch “{name}”"
    if state == "paused":
        return f"Resume or cancel the batch “{name}”"
    return (
        f"Hand the letters of “{name}” to the printer"
        if channel == "letter"
        else f"Follow the batch “{name}”"
    )
