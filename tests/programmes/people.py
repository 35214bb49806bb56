"""A programme with people in it, for tests of the rooms that begin with participants."""

from typing import Any

from app import clock
from app.programmes.milestones import reach_many
from app.programmes.models import Participant, Programme
from tests.rows import make, person

SETUP: dict[str, Any] = {
    "name": "Healthier lives",
    "aim": "Help people to live more healthily.",
    "outcomes": {"short": [], "medium": [], "long": []},
    "cohort": {"rules": [{"kind": "age", "from": 40, "to": 69}]},
    "steps": [],
    "menu": [{"name": "A plan of your own", "description": "What matters to you, written down."}],
    "measures": ["weight"],
    "includes": [],
}


def programme(**given: Any) -> Programme:
    """A programme of whoever acts."""
    values = {"name": "Healthier lives", "aim": SETUP["aim"], "state": "set-up", "setup": SETUP}
    made: Programme = make(Programme, **(values | {"owner_name": "Mandy"} | given))
    return made


def participants(programme_id: int, practice_id: int, count: int, *, stem: int = 5000) -> list[Participant]:
    """`count` people of one practice in the programme, each identified."""
    made = [
        make(
            Participant,
            programme_id=programme_id,
            person_id=person(practice_id, stem + 10 * number).id,
            practice_id=practice_id,
            status="identified",
            status_since=clock.now(),
        )
        for number in range(count)
    ]
    reach_many([row.id for row in made], "identified")
    return made
