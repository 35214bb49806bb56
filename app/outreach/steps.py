"""A programme's steps: made once from its set-up, each with the PCN's own approved template."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app import audit
from app.library.models import LibraryItem
from app.outreach.models import Step
from app.programmes.models import Programme
from tenants import scope
from tenants.db import db

ITEM_KINDS = {"text": "text", "letter": "letter", "call": "call script"}


def ensure(programme: Programme) -> list[Step]:
    """The programme's steps in order, those of its set-up that are not there yet added first."""
    there = _steps(programme.id)
    wanted = programme.setup.get("steps") or []
    if len(there) >= len(wanted):
        return there
    rows = [_values(programme.id, position, step) for position, step in enumerate(wanted, 1)]
    db.session.execute(insert(Step).values(rows).on_conflict_do_nothing())
    audit.record("added", "outreach steps", programme.id, purpose="running the programme", count=len(rows))
    return _steps(programme.id)


def _steps(programme_id: int) -> list[Step]:
    statement = select(Step).where(Step.programme_id == programme_id).order_by(Step.position)
    return list(db.session.scalars(statement))


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
    """The newest approved template of each step that has one, by the step's id."""
    statement = (
        select(LibraryItem)
        .where(
            LibraryItem.org_id == scope.current().org,
            LibraryItem.state == "approved",
            LibraryItem.name.in_({step.template_name for step in steps}),
        )
        .order_by(LibraryItem.version)
    )
    approved = {(item.kind, item.name): item for item in db.session.scalars(statement)}
    found = {step.id: approved.get((ITEM_KINDS[step.channel], step.template_name)) for step in steps}
    return {step_id: item for step_id, item in found.items() if item is not None}
