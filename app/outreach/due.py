"""Which steps have people due now, in every programme: what is to be built next."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from app.outreach import turns
from app.outreach.building import OPEN
from app.outreach.models import Batch, Step
from app.outreach.pages import sending_as
from app.outreach.rules import UNREACHABLE
from app.outreach.steps import steps_of
from app.programmes.models import Programme
from tenants.db import db
from tenants.models import PcnSettings


@dataclass(frozen=True)
class StepDue:
    """A step of a programme with how many people are due for it now, and of these how many late.

    `unreachable` are those whose turn it is as well, and whom its channel does not reach: its next batch
    shows them once, and moves them on.
    """

    programme: Programme
    step: Step
    people: int
    late: int
    unreachable: int


def steps_due() -> list[StepDue]:
    """The steps of live programmes for which a batch can be built now, by programme and order.

    Also one that reaches nobody whose turn it is: nobody would build it, and they would be forgotten. A step
    whose batch is open is not among them, except a call step, which takes more people in.
    """
    both = select(Programme, PcnSettings).join(PcnSettings, PcnSettings.tenant_id == Programme.tenant_id)
    rows = list(db.session.execute(both.where(Programme.state == "live").order_by(Programme.name)))
    if not rows:
        return []
    programmes = {programme.id: programme for programme, _ in rows}
    steps = steps_of_all(programmes)
    placed = turns.everywhere(steps, sending_as(rows[0][1]))
    due = [
        StepDue(programmes[number], step, counts.due, counts.late, unreachable)
        for number in programmes
        for step, counts in zip(
            steps[number], turns.counts_of(placed[number], steps[number]).values(), strict=True
        )
        for unreachable in [_unreachable(placed[number], step.position)]
        if counts.due or unreachable
    ]
    open_ = _open([one.step.id for one in due if one.step.id])
    return [one for one in due if one.step.channel == "call" or one.step.id not in open_]


def _unreachable(placed: Iterable[turns.Placed], position: int) -> int:
    own = (place for _, place in placed if place.position == position and place.listed)
    return sum(place.reason in UNREACHABLE for place in own)


def steps_of_all(programmes: dict[int, Programme]) -> dict[int, list[Step]]:
    """The steps of each programme. One that has not begun has them in its set-up, without rows."""
    found: dict[int, list[Step]] = {number: [] for number in programmes}
    rows = select(Step).where(Step.programme_id.in_(found)).order_by(Step.position)
    for step in db.session.scalars(rows):
        found[step.programme_id].append(step)
    return {number: own or steps_of(programmes[number]) for number, own in found.items()}


def _open(step_ids: list[int]) -> set[int]:
    if not step_ids:
        return set()
    statement = select(Batch.step_id).where(Batch.step_id.in_(step_ids), Batch.state.in_(OPEN))
    return set(db.session.scalars(statement))
