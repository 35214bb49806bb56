"""A frozen programme with people of two practices, for the room's tests that begin there."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from app import clock
from app.cohorts import definition, freezing
from app.cohorts.models import Release
from app.library.definitions import Definition
from app.people.models import CodedEvent, Person
from app.programmes.models import Participant, Programme
from tenants.db import db
from tests.checking import CheckingClient
from tests.programmes.people import programme
from tests.rows import make, person
from tests.world import World

Client = Callable[[str | None], CheckingClient]
OURS, THEIRS = "G82999", "G82998"
CODES = {
    "bmi": "60621009",
    "systolic": "271649006",
    "diastolic": "271650006",
    "hba1c": "999791000000106",
    "diabetes": "44054006",
    "hypertension": "38341003",
}


def frozen(
    world: World, *, ours: int = 6, theirs: int = 2, released: bool = True, screened_first: bool = True
) -> int:
    """A frozen programme for people aged 40 to 69: Ada00, Ada01 … of ours, Bob00 … of theirs. Its number.

    Ours have been released, theirs not. Ask inside `acting`.
    """
    made = programme(state="live")
    for number in range(ours):
        person(
            world.practices[OURS], 6000 + 10 * number, given_name=f"Ada{number:02d}",
            pseudonym=f"P-A{number:02d}",
        )  # fmt: skip
    for number in range(theirs):
        person(
            world.practices[THEIRS], 7000 + 10 * number, given_name=f"Bob{number:02d}",
            pseudonym=f"P-B{number:02d}",
        )  # fmt: skip
    freezing.freeze(made, screened_first=screened_first)
    if released:
        release(made.id, world.practices[OURS])
    db.session.commit()
    return int(made.id)


def define(row: Programme, whole: Definition, on: dt.date) -> None:
    """Make a definition the programme's, counted on that day. Ask inside `acting`."""
    definition.change(row, definition.mark_of(definition.cohort_of(row)), lambda was: whole.as_json, on)


def release(programme_id: int, practice_id: int) -> Any:
    """The practice releases its people."""
    return make(
        Release, programme_id=programme_id, practice_id=practice_id, released_by="Rita",
        released_at=clock.now(),
    )  # fmt: skip


def who(name: str) -> Any:
    """The participant of that given name, in whichever programme there is."""
    return db.session.scalars(
        select(Participant)
        .join(Person, (Person.tenant_id == Participant.tenant_id) & (Person.id == Participant.person_id))
        .where(Person.given_name == name)
    ).one()


def known(name: str, what: str, value: Any = None, on: dt.date = dt.date(2026, 10, 1)) -> None:
    """An entry in the record of the person of that given name."""
    owner = db.session.scalars(select(Person).where(Person.given_name == name)).one()
    source = owner.import_id
    make(
        CodedEvent,
        person_id=owner.id,
        import_id=source,
        code=CODES[what],
        term=what,
        value=value,
        on=on,
        unit="",
    )


def address(number: int, rest: str) -> str:
    """The address of one of the programme's pages."""
    return f"/pcn/dover-town/programmes/{number}/{rest}"


def froze(client: CheckingClient, number: int) -> str:
    """What the page says after the cohort was frozen, nobody screened first."""
    return str(client.sent(address(number, "cohort/freeze"), screened_first="no").text)


def released(client_of: Client, number: int, world: World, practice: str = "G82999") -> str:
    """What the page says after Rita has released the practice's people."""
    form = {
        "practice": world.practices[practice],
        "basis": "Direct care, under the data sharing agreement of our PCN",
    }
    return str(client_of("rita").sent(address(number, "releases/release"), **form).text)
