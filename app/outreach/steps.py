"""A programme's steps, each with the PCN's own approved template.

Before the first batch or change they stand in the programme's set-up alone. From then on their rows are the
truth, and `step_changes.py` keeps the set-up the same.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app import audit
from app.library.models import ENGLISH, STANDARD, LibraryItem
from app.library.setup import setup_of
from app.library.setup_steps import TEMPLATE_KINDS, SetupStep
from app.outreach.models import Step
from app.programmes.models import Programme
from tenants import scope
from tenants.db import db


def steps_of(programme: Programme) -> list[Step]:
    """The programme's steps in order. Before they have rows, they have no ids."""
    statement = select(Step).where(Step.programme_id == programme.id).order_by(Step.position)
    return list(db.session.scalars(statement)) or _in_set_up(programme)


def _in_set_up(programme: Programme) -> list[Step]:
    said = setup_of(programme.setup).steps if programme.setup.get("steps") else []
    return [Step(**values_of(programme.id, position, step)) for position, step in enumerate(said, 1)]


def ensure(programme: Programme) -> list[Step]:
    """The programme's steps in order, each with its row; asked twice, they are added once.

    Until the transaction ends nobody else can take one of them out.
    """
    if there := _kept(programme):
        return there
    lock(programme)
    if there := _kept(programme):  # somebody else added them, and may have changed them since
        return there
    wanted = [values_of(programme.id, step.position, said_in(step)) for step in _in_set_up(programme)]
    if not wanted:
        return []
    added = list(db.session.scalars(insert(Step).values(wanted).returning(Step)))
    audit.record("added", "outreach steps", programme.id, purpose="running the programme")
    return sorted(added, key=lambda step: step.position)


def _kept(programme: Programme) -> list[Step]:
    """The rows, which nobody else can take out until the transaction ends."""
    rows = select(Step).where(Step.programme_id == programme.id).order_by(Step.position)
    locked = rows.with_for_update(read=True, key_share=True).execution_options(populate_existing=True)
    return list(db.session.scalars(locked))


def lock(programme: Programme) -> None:
    """Wait for whoever changes the programme's steps, see what they left, and keep others from it."""
    # Not FOR UPDATE: that would wait for whoever builds a batch, who in turn waits for the step.
    row = select(Programme).where(Programme.id == programme.id).with_for_update(key_share=True)
    db.session.execute(row.execution_options(populate_existing=True))


def values_of(programme_id: int, position: int, step: SetupStep) -> dict[str, Any]:
    """The columns of a step's row."""
    return {"tenant_id": scope.current().tenant, "programme_id": programme_id, "position": position} | {
        "name": step.name,
        "channel": step.channel,
        "template_name": step.template,
        "after_days": step.after_days,
        "until_days": step.until_days,
        "working_days": step.working_days,
        "who": list(step.who),
        "weekdays": list(step.weekdays),
        "opens": step.opens,
        "closes": step.closes,
        "per_day": step.per_day,
    }


def said_in(step: Step) -> SetupStep:
    """What a row says, as a set-up says it."""
    return SetupStep(
        step.name,
        step.channel,
        step.template_name,
        step.after_days,
        step.until_days,
        bool(step.working_days),
        tuple(step.who or ()),
        tuple(step.weekdays or ()),
        step.opens,
        step.closes,
        step.per_day,
    )


def templates_of(steps: Iterable[Step]) -> dict[int, LibraryItem]:
    """The newest approved template of each step that has one, by the step's position: the one in standard
    English, from whose family each person gets the one that suits them.
    """
    steps = list(steps)
    statement = (
        select(LibraryItem)
        .where(
            LibraryItem.org_id == scope.current().org,
            LibraryItem.state == "approved",
            LibraryItem.name.in_({step.template_name for step in steps}),
            LibraryItem.language == ENGLISH,
            LibraryItem.format == STANDARD,
        )
        .order_by(LibraryItem.version)
    )
    approved = {(item.kind, item.name): item for item in db.session.scalars(statement)}
    found = {
        step.position: approved.get((TEMPLATE_KINDS[step.channel], step.template_name)) for step in steps
    }
    return {position: item for position, item in found.items() if item is not None}
