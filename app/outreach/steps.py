"""A programme's steps, as its set-up says, each with the PCN's own approved template."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app import audit
from app.library.family import ENGLISH, STANDARD
from app.library.models import LibraryItem
from app.outreach.models import Step
from app.programmes.models import Programme
from tenants import scope
from tenants.db import db

ITEM_KINDS = {"text": "text", "email": "e-mail", "letter": "letter", "call": "call script"}


def steps_of(programme: Programme) -> list[Step]:
    """The programme's steps in order. Those that no batch was built for yet may have no row and no id."""
    statement = select(Step).where(Step.programme_id == programme.id)
    there = {step.position: step for step in db.session.scalars(statement)}
    wanted = programme.setup.get("steps") or []
    for position, step in enumerate(wanted, 1):
        if position not in there:
            there[position] = Step(**_values(programme.id, position, step))
    return [there[position] for position in sorted(there)]


def ensure(programme: Programme) -> list[Step]:
    """The programme's steps in order, each with its row; asked twice, they are added once."""
    missing = [step.position for step in steps_of(programme) if step.id is None]
    if missing:
        wanted = programme.setup["steps"]
        rows = [_values(programme.id, position, wanted[position - 1]) for position in missing]
        db.session.execute(insert(Step).values(rows).on_conflict_do_nothing())
        audit.record("added", "outreach steps", programme.id, purpose="running the programme")
    return steps_of(programme)


def _values(programme_id: int, position: int, step: dict[str, Any]) -> dict[str, Any]:
    return {
        "tenant_id": scope.current().tenant,
        "programme_id": programme_id,
        "position": position,
        "name": step["name"],
        "channel": step["channel"],
        "template_name": step["template"],
        "after_days": int(step.get("after_days") or 0),
    }


def templates_of(steps: list[Step]) -> dict[int, LibraryItem]:
    """The newest approved template of each step that has one, by the step's position: English, standard."""
    statement = (
        select(LibraryItem)
        .where(
            LibraryItem.org_id == scope.current().org,
            LibraryItem.state == "approved",
            LibraryItem.language == ENGLISH,
            LibraryItem.format == STANDARD,
            LibraryItem.name.in_({step.template_name for step in steps}),
        )
        .order_by(LibraryItem.version)
    )
    approved = {(item.kind, item.name): item for item in db.session.scalars(statement)}
    found = {step.position: approved.get((ITEM_KINDS[step.channel], step.template_name)) for step in steps}
    return {position: item for position, item in found.items() if item is not None}
