"""A live programme with three steps, approved templates and a few people, and a worker to run by hand."""

import datetime as dt
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from app import clock, outbox
from app.cohorts.models import Release
from app.library.models import LibraryItem
from app.outbox import Outbox
from app.outreach.gateway_models import CapturedMessage
from app.outreach.models import Contact
from app.programmes.milestones import reach_many
from app.programmes.models import Participant
from tenants import scope
from tenants.db import db
from tests.programmes.people import SETUP, programme
from tests.rows import make, person
from tests.world import World

MONDAY = dt.datetime(2026, 11, 2, 10, 0)  # noqa: DTZ001 - `moved` takes it as the time in Kent
STARTER = Path(__file__).resolve().parents[2] / "templates" / "starter" / "dover-town"
STEPS = [
    {"name": "Text", "channel": "text", "template": "Our text", "after_days": 0},
    {"name": "Letter", "channel": "letter", "template": "Our letter", "after_days": 7},
    {"name": "Call", "channel": "call", "template": "Our script", "after_days": 6},
]
TEXT = "((first name)), this is ((sender name)). Tell us here: ((reply link)). Or ring ((sender phone))."
LETTER = (STARTER / "letter.md").read_text().split("---\n", 2)[2]
SCRIPT = "# Say\n\nHello, I am ((colleague)). May I speak to ((full name))?"
ITEMS = (("text", "Our text", TEXT), ("letter", "Our letter", LETTER), ("call script", "Our script", SCRIPT))


def started(world: World, people: list[dict[str, Any]], *, released: bool = True) -> tuple[int, list[int]]:
    """The ids of a live programme and of its participants: `people` laid over Ada Example."""
    for kind, name, body in ITEMS:
        make(LibraryItem, kind=kind, name=name, body=body, state="approved", approved_by="Clara")
    made = programme(name="Healthier lives", state="live", setup=SETUP | {"steps": STEPS})
    practice = world.practices["G82999"]
    rows = [_participant(made.id, practice, number, given) for number, given in enumerate(people)]
    reach_many([row.id for row in rows], "identified")
    if released:
        make(Release, programme_id=made.id, practice_id=practice, released_by="Rita", released_at=clock.now())
    db.session.commit()
    return made.id, [row.id for row in rows]


def _participant(programme_id: int, practice_id: int, number: int, given: dict[str, Any]) -> Any:
    who = person(practice_id, 8000 + 10 * number, **({"mobile": f"077009001{number:02d}"} | given))
    return make(
        Participant, programme_id=programme_id, person_id=who.id, practice_id=practice_id,
        status="identified", status_since=clock.now(),
    )  # fmt: skip


def work(app: Flask, world: World, *, most: int = 200) -> int:
    """Run what is due in Dover Town's outbox until nothing is; how many runs that took."""
    for runs in range(most):
        with app.app_context(), scope.as_acting(world.acting("dover-town")):
            due = db.session.scalar(
                select(Outbox.id)
                .where(Outbox.done_at.is_(None), Outbox.failed_at.is_(None), Outbox.run_after <= clock.now())
                .order_by(Outbox.id)
            )
        if due is None:
            return runs
        with app.app_context():
            outbox.run(world.organisations["dover-town"], due)
    raise AssertionError("the worker is never done")


def states(batch_id: int) -> dict[int, tuple[str, str | None]]:
    """State and reason of each participant in a batch. Ask inside `acting`."""
    rows = db.session.execute(
        select(Contact.participant_id, Contact.state, Contact.reason).where(Contact.batch_id == batch_id)
    )
    return {participant: (state, reason) for participant, state, reason in rows}


def captured() -> list[CapturedMessage]:
    """The messages that the captured gateway took. Ask inside `acting`."""
    return list(db.session.scalars(select(CapturedMessage).order_by(CapturedMessage.id)))
