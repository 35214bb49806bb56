"""A participant of Dover Town whose practice has released its people, for the tests of care and referrals."""

from typing import Any

from app import clock
from app.cohorts.models import Release
from app.programmes.milestones import reach
from app.programmes.models import Participant
from tests.programmes.people import SETUP, programme
from tests.rows import make, person
from tests.world import World

MENU = [
    {"name": "A course", "description": "Learn something new."},
    {"name": "Walking group", "description": "Every Tuesday."},
]
MEASURES = ["weight", "systolic", "diastolic", "HbA1c"]


def participant(
    world: World, code: str = "G82999", *, stem: int = 7000, released: bool = True, **given: Any
) -> Participant:
    """A participant of the practice with that code; `given` is laid over the person."""
    setup = SETUP | {"menu": MENU, "measures": MEASURES}
    made = programme(name=f"Programme {stem}", state="live", setup=setup)
    who = person(world.practices[code], stem, **given)
    row: Participant = make(
        Participant,
        programme_id=made.id,
        person_id=who.id,
        practice_id=world.practices[code],
        status="identified",
        status_since=clock.now(),
    )
    reach(row.id, "identified")
    if released:
        make(
            Release,
            programme_id=made.id,
            practice_id=world.practices[code],
            released_by="Rita",
            released_at=clock.now(),
        )
    return row
