"""A programme with thousands of people, put straight into the tables, ready to be sent to."""

import datetime as dt
from typing import Any

from sqlalchemy import insert, select

from app import clock
from app.cohorts.models import Release
from app.library.models import LibraryItem
from app.people.import_models import ImportFile
from app.people.models import Person
from app.programmes.milestones import reach_many
from app.programmes.models import Participant, Programme
from tenants.db import db
from tests.outreach.seeding import ITEMS, STEPS
from tests.programmes.people import SETUP, programme
from tests.rows import make, nhs_number, person
from tests.world import World


def crowd(world: World, count: int) -> int:
    """A live programme with `count` people who have a mobile number each; its id. Commits nothing."""
    made, people = gathered(world, count)
    join(made, world.practices["G82999"], people)
    return made


def gathered(world: World, count: int) -> tuple[int, list[int]]:
    """A live programme that nobody is in yet, and the ids of `count` people of the practice it may reach."""
    for kind, name, body in ITEMS:
        make(LibraryItem, kind=kind, name=name, body=body, state="approved", approved_by="Clara")
    made: Programme = programme(name="Healthier lives", state="live", setup=SETUP | {"steps": STEPS})
    practice = world.practices["G82999"]
    db.session.execute(insert(Person), _people(practice, count))
    wanted = select(Person.id).where(Person.pseudonym.startswith("C-")).order_by(Person.id)
    make(Release, programme_id=made.id, practice_id=practice, released_by="Rita", released_at=clock.now())
    return made.id, list(db.session.scalars(wanted))


def join(programme_id: int, practice: int, people: list[int]) -> list[int]:
    """Make these people participants; the ids they have as that."""
    moment = clock.now()
    rows = [
        {
            "programme_id": programme_id, "person_id": number, "practice_id": practice,
            "status": "identified", "status_since": moment, "joined_at": moment, "wave": 1,
        }
        for number in people
    ]  # fmt: skip
    given = insert(Participant).returning(Participant.id, sort_by_parameter_order=True)
    joined = list(db.session.scalars(given, rows))
    reach_many(joined, "identified")
    return joined


def _people(practice: int, count: int) -> list[dict[str, Any]]:
    """`count` people like the one of tests/rows.py, each with their own number, name and mobile."""
    pattern = person(practice, 1, pseudonym="PATTERN")
    keys = [column.name for column in Person.__table__.columns if column.name not in ("tenant_id", "id")]
    alike = {key: getattr(pattern, key) for key in keys}
    db.session.delete(pattern)
    db.session.flush()
    source = make(ImportFile, kind="people", state="done", data_date=dt.date(2026, 1, 1))
    people, seen, stem = [], set(), 100_000
    while len(people) < count:
        stem += 1
        number = nhs_number(stem)
        if number in seen:
            continue
        seen.add(number)
        own = {
            "nhs_number": number,
            "pseudonym": f"C-{stem}",
            "mobile": f"07701{stem}",
            "import_id": source.id,
        }
        people.append(alike | own)
    return people
