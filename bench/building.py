"""Building a batch of texts to 10,000 people with all checks, against one SQL read of the same people.

Building reads what bears on contacting each of them, decides, counts the parts of their texts, and writes
10,000 rows with their keys and indexes. It is undone after each round, and the table swept.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from flask import g
from sqlalchemy import event, func, select

from app import audit, clock
from app.here import Here
from app.library.models import LibraryItem
from app.outreach import building
from app.outreach.letterhead import letterhead_of
from app.outreach.models import Contact, Step
from app.programmes.models import Programme
from bench import pages
from bench.filling import ICB, ONE, OUR_PCN, Migrate, prepare, superuser
from bench.table import Row, Statements
from bench.timing import ORDER, timed
from tenants import scope
from tenants.db import db
from tenants.scope import Acting

ROUNDS, WARM_UP = 30, 3
MOST_STATEMENTS = 40
OURS = Acting(org=OUR_PCN, tenant=OUR_PCN, icb=ICB)
TEXT = "((first name)), this is ((sender name)). Tell us here: ((reply link)). Or ring ((sender phone))."
THE_SAME_PEOPLE = """
SELECT person.*, participant.* FROM participant
JOIN person ON person.tenant_id = participant.tenant_id AND person.id = participant.person_id
WHERE participant.programme_id = %(programme)s ORDER BY participant.id"""

Run = Callable[[], object]


def measure(migrate: Migrate, rounds: int = ROUNDS) -> list[Row | Statements]:
    """The rows of the table."""
    servers = prepare("bench_building", ONE, migrate)
    app = pages.product(servers)
    with app.app_context(), scope.as_acting(OURS), superuser(servers) as owner:
        g.here = Here()
        audit.set_actor(audit.Actor("Bench", "bench", None))
        _make_ready(owner)
        statements = _counted()
        taken = _in_turns({"build": _build, "read": _read}, owner, rounds)
        audit.set_actor(None)
    what = f"building a batch of {ONE.people:,} with all checks"
    return [
        Row(taken["build"], taken["read"], 10, what, "one SQL read of the same people"),
        Statements(statements, MOST_STATEMENTS, what),
    ]


def _make_ready(owner: psycopg.Connection) -> None:
    """Nobody has been contacted, and there is a step with its approved text."""
    owner.execute("UPDATE participant SET status = 'identified'")
    moment = clock.now()
    step = {"programme_id": OUR_PCN, "position": 1, "name": "Text", "channel": "text", "after_days": 0}
    item = {"kind": "text", "name": "Text", "body": TEXT, "summary": "", "state": "approved"}
    by = {"approved_by": "Bench", "approved_at": moment, "made_by": "Bench", "made_at": moment}
    db.session.add_all([Step(template_name="Text", **step), LibraryItem(**item, **by)])
    audit.record("added", "outreach steps", OUR_PCN, purpose="measuring")
    db.session.commit()
    owner.execute("VACUUM (ANALYZE)")


def _build() -> None:
    programme = db.session.get_one(Programme, (OUR_PCN, OUR_PCN))
    step, template = db.session.scalars(select(Step)).one(), db.session.scalars(select(LibraryItem)).one()
    batch, made = building.build(programme, step, template, letterhead_of(programme))
    assert made, "nothing was built"
    assert batch is not None
    assert batch.manifest["units"] == ONE.people, "not everybody is in the batch"


def _read() -> None:
    """The whole rows of the people, as plain rows on the connection that building uses."""
    driver = db.session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    rows = driver.execute(THE_SAME_PEOPLE, {"programme": OUR_PCN}).fetchall()
    assert len(rows) == ONE.people


def _in_turns(measured: dict[str, Run], owner: psycopg.Connection, rounds: int) -> dict[str, list[float]]:
    """The seconds of each in every round, in a new order each time; what was written is undone and swept."""
    taken: dict[str, list[float]] = {name: [] for name in measured}
    order, shuffle = list(measured), random.Random(ORDER).shuffle
    for number in range(WARM_UP + rounds):
        shuffle(order)
        for name in order:
            seconds = timed(measured[name])
            db.session.rollback()
            if number >= WARM_UP:
                taken[name].append(seconds)
        owner.execute("VACUUM contact, batch, audit_event")
    return taken


def _counted() -> int:
    """How many statements one building sends; that everybody has a row is looked up besides."""
    with _listening() as seen:
        _build()
        count = len(seen)
    assert db.session.scalar(select(func.count()).select_from(Contact)) == ONE.people
    db.session.rollback()
    return count


@contextmanager
def _listening() -> Iterator[list[str]]:
    seen: list[str] = []

    def executed(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", executed)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", executed)
