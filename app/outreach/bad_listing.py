"""The numbers and addresses that do not reach people and still stand in their record.

The practice puts them right in its own system. A value that a newer list has replaced is no longer here.
"""

import csv
import io
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app import clock
from app.cohorts.models import Release
from app.cohorts.release import in_force_for
from app.outreach.gateway_models import BadAddress
from app.outreach.inbound import dialled
from app.paging import SIZE
from app.people.models import Person
from app.people.rules import formula_safe
from app.programmes.models import Participant
from tenants.db import db
from tenants.models import Practice

WORDS = {
    "mobile": "Mobile number",
    "home phone": "Home number",
    "email": "E-mail address",
    "address": "Postal address",
}
TITLES = (
    "Practice", "NHS number", "Name", "Date of birth", "What does not work", "As it stands", "Why", "Since"
)  # fmt: skip


@dataclass(frozen=True)
class Bad:
    """What does not reach somebody, whose it is and at which practice; a place of theirs to open them by."""

    row: BadAddress
    person: Person
    practice: str
    participant_id: int

    @property
    def what(self) -> str:
        """What kind of value it is, in words."""
        return WORDS[self.row.kind]


@dataclass(frozen=True)
class Wanted:
    """Which of them: of one practice, of the people of one programme, or one by itself."""

    practice_id: int | None = None
    programme_id: int | None = None
    bad_address_id: int | None = None


def _in_use() -> ColumnElement[bool]:
    """That the value still stands in the person's record, as `facts` compares it."""
    street = func.btrim(Person.house + " " + Person.street)
    lines = (func.btrim(Person.given_name + " " + Person.family_name), street, Person.town, Person.postcode)
    address = func.concat_ws(", ", *(func.nullif(line, "") for line in lines))
    stands = {
        "mobile": dialled(Person.mobile),
        "home phone": dialled(Person.home_phone),
        "email": Person.email,
        "address": address,
    }
    return or_(*(and_(BadAddress.kind == kind, BadAddress.value == value) for kind, value in stands.items()))


def _place(wanted: Wanted) -> Any:
    """Where the person may be named: a place of theirs in a programme that their practice released."""
    place = (
        select(func.min(Participant.id))
        .join(Release, in_force_for(Participant))
        .where(Participant.tenant_id == Person.tenant_id, Participant.person_id == Person.id)
    )
    if wanted.programme_id is not None:
        place = place.where(Participant.programme_id == wanted.programme_id)
    return place.correlate(Person).scalar_subquery()


def listed(wanted: Wanted) -> Select[BadAddress, Person, str, int]:
    """What is to be put right, by practice and name. Nobody whose record is restricted is among them."""
    place = _place(wanted)
    found = (
        select(BadAddress, Person, Practice.name, place)
        .join(Person, (Person.tenant_id == BadAddress.tenant_id) & (Person.id == BadAddress.person_id))
        .join(Practice, (Practice.tenant_id == Person.tenant_id) & (Practice.id == Person.practice_id))
        .where(
            BadAddress.lifted_at.is_(None),
            BadAddress.value != "",
            _in_use(),
            ~Person.sensitive,
            place.is_not(None),
        )
        .order_by(Practice.name, Person.name_key, BadAddress.id)
    )
    if wanted.practice_id is not None:
        found = found.where(Person.practice_id == wanted.practice_id)
    if wanted.bad_address_id is not None:
        found = found.where(BadAddress.id == wanted.bad_address_id)
    return found


def each(wanted: Wanted, page: int | None = None) -> list[Bad]:
    """All that is wanted, or one page of it."""
    statement = listed(wanted)
    if page is not None:
        statement = statement.limit(SIZE).offset((page - 1) * SIZE)
    return [Bad(*row) for row in db.session.execute(statement)]


def count_by_practice(programme_id: int | None = None) -> list[tuple[int, str, int]]:
    """How many there are of each practice that has any: its number, its name, how many."""
    found = listed(Wanted(programme_id=programme_id)).order_by(None)
    rows = found.with_only_columns(Practice.id, Practice.name, func.count(), maintain_column_froms=True)
    return [
        (number, name, count)
        for number, name, count in db.session.execute(
            rows.group_by(Practice.id, Practice.name).order_by(Practice.name)
        )
    ]


def how_many() -> Select[int]:
    """How many there are, to be counted with what else waits."""
    return listed(Wanted()).order_by(None).with_only_columns(func.count(), maintain_column_froms=True)


def file_of(wanted: Wanted) -> tuple[str, list[int]]:
    """The CSV text of what is wanted, and the people in it. No cell begins as a formula would."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(TITLES)
    found = each(wanted)
    for one in found:
        since = clock.local(one.row.marked_at).date().isoformat()
        person = one.person
        cells = (
            one.practice, person.nhs_number, person.name, person.born.isoformat(), one.what, one.row.value,
            one.row.why, since,
        )  # fmt: skip
        writer.writerow([formula_safe(cell) for cell in cells])
    return out.getvalue(), [one.person.id for one in found]
