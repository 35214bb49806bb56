"""When two records turn out to be of one person who is in a programme twice, one place in it is left out."""

from sqlalchemy import select

from app.people import merging
from app.programmes import milestones
from app.programmes.models import Milestone
from tenants.db import db

LEFT_OUT = "another record of the same person"


@merging.follows
def leave_out(stayed: dict[str, list[int]], undone: bool) -> None:
    """Leave out the place that could not move, or take it in again where it was left out for this alone."""
    places = stayed.get("participant", [])
    if not undone:
        milestones.reach_many(places, "left out", reason=LEFT_OUT)
        return
    for participant_id in _left_out_for_it(places):
        milestones.withdraw(participant_id, "left out")


def _left_out_for_it(places: list[int]) -> list[int]:
    return list(
        db.session.scalars(
            select(Milestone.participant_id).where(
                Milestone.participant_id.in_(places),
                Milestone.kind == "left out",
                Milestone.reason == LEFT_OUT,
                Milestone.withdrawn_at.is_(None),
            )
        )
    )
