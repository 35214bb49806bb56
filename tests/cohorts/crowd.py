"""Some 320 people of four practices of very different sizes, so that most counts are small somewhere."""

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert, select

from app import clock
from app.people.import_models import ImportFile
from app.people.models import CodedEvent, Deprivation, Person
from tenants.db import db
from tests.cohorts.people import CODES
from tests.rows import make, nhs_number
from tests.world import World

SIZES = {"G82999": 150, "G82998": 100, "G82997": 55, "Y99996": 15}
AREAS = [f"E9900000{number}" for number in range(10)]
ON = dt.date(2026, 11, 2)
EMPTY = dict.fromkeys(
    ("house", "street", "town", "postcode", "mobile", "home_phone", "email", "preferred_contact",
     "information_format"),
    "",
)  # fmt: skip


def crowd(world: World) -> None:
    """Put them into the PCN that acts, the same ones each time."""
    chance = random.Random(131)
    source = make(ImportFile, kind="people", state="done")
    areas = [
        {"release": release, "lsoa": lsoa, "rank": 1000 * n + 1, "decile": n + 1}
        for n, lsoa in enumerate(AREAS)
        for release in (2019, 2025)
    ]
    db.session.execute(insert(Deprivation), areas)
    db.session.execute(insert(Person), list(_people(world, chance, source.id)))
    ids = list(db.session.scalars(select(Person.id).order_by(Person.nhs_number)))
    db.session.execute(insert(CodedEvent), list(_events(ids, chance, source.id)))


def _people(world: World, chance: random.Random, import_id: int) -> Iterator[dict[str, Any]]:
    practices = [code for code, size in SIZES.items() for _ in range(size)]
    for number, code in enumerate(practices):
        gone = chance.random()
        yield {
            "practice_id": world.practices[code],
            "pseudonym": f"P-C{number:04d}",
            "nhs_number": nhs_number(100000 + 20 * number),
            "given_name": "Ada",
            "family_name": "Example",
            "name_key": "ada example",
            "born": ON - dt.timedelta(days=chance.randrange(20 * 365, 85 * 365)),
            "sex": chance.choice(["Female", "Female", "Male"]),
            "ethnicity": chance.choices("ADHMSZ", [60, 6, 12, 8, 3, 4])[0],
            "lsoa": chance.choices(AREAS, [9, 7, 4, 3, 2, 2, 1, 1, 1, 1])[0],
            "language": "en",
            "interpreter": False,
            "died_on": dt.date(2026, 1, 5) if gone < 0.01 else None,
            "left_on": dt.date(2026, 2, 5) if 0.01 <= gone < 0.03 else None,
            "type1_opt_out": 0.03 <= gone < 0.07,
            "sensitive": False,
            "import_id": import_id,
            "data_date": ON,
            "updated_at": clock.now(),
        } | EMPTY


def _events(ids: list[int], chance: random.Random, import_id: int) -> Iterator[dict[str, Any]]:
    wanted = (("bmi", 0.85), ("hypertension", 0.45), ("depression", 0.35))
    for person_id in ids:
        for what, share in wanted:
            if chance.random() < share:
                yield {
                    "person_id": person_id,
                    "import_id": import_id,
                    "code": CODES.get(what, "35489007"),
                    "term": what,
                    "on": dt.date(2025, 6, 1),
                    "value": round(chance.uniform(20, 45), 1) if what == "bmi" else None,
                    "unit": "",
                }
