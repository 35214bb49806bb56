"""What is known of participants that bears on contacting them, for one or for thousands in one statement."""

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Select, select

from app.outreach.asked import OF_PROGRAMME, ONE_BY_ONE, WHO, asked, given
from app.outreach.rules import Facts, national
from app.people.models import Person
from app.people.staging import joined_by_hash
from app.programmes.models import Participant
from tenants.db import db

FEW = 200  # people for whom it takes less to look up what is kept of each


class Addressed(Protocol):
    """Somebody with a name and a postal address."""

    @property
    def name(self) -> str:
        """Given and family name."""

    @property
    def house(self) -> str:
        """House number or name."""

    @property
    def street(self) -> str:
        """Street."""

    @property
    def town(self) -> str:
        """Town."""

    @property
    def postcode(self) -> str:
        """Postcode."""


class Reachable(Protocol):
    """Somebody and the facts, whichever way they were read."""

    @property
    def person(self) -> Addressed:
        """Who they are."""

    @property
    def facts(self) -> Facts:
        """What bears on contacting them."""


@dataclass(frozen=True)
class Known:
    """One participant: who they are, their practice's name, and the facts."""

    participant: Participant
    person: Person
    practice: str
    facts: Facts


class Candidate(NamedTuple):
    """One participant among thousands, as a plain row: who and where they are, and the facts."""

    participant_id: int
    person_id: int
    practice_id: int
    given_name: str
    family_name: str
    house: str
    street: str
    town: str
    postcode: str
    practice: str
    facts: Facts

    @property
    def name(self) -> str:
        """Given and family name as written on the list."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def person(self) -> "Candidate":
        """The row itself, so that it can stand where a `Known` does."""
        return self


def known_of(participant_ids: Collection[int]) -> dict[int, Known]:
    """The participants of these ids, as they are in the database at this moment."""
    many = len(participant_ids) > FEW
    with joined_by_hash() if many else nullcontext():
        rows = db.session.execute(_whole(many=many), given(list(participant_ids))).all()
    return {
        participant.id: Known(participant, person, practice, _facts(rest, bad, person))
        for participant, person, practice, bad, *rest in rows
    }


@cache
def _whole(*, many: bool) -> Select[Any]:
    """The participants and people themselves, with what is known of them."""
    found = asked(ONE_BY_ONE, many=many)
    facts = [found.c[name] for name in Facts._fields]
    return (
        select(Participant, Person, found.c.practice, found.c.bad, *facts)
        .join(found, found.c.participant_id == Participant.id)
        .join(Person, (Person.tenant_id == Participant.tenant_id) & (Person.id == Participant.person_id))
        .order_by(Participant.id)
        .execution_options(populate_existing=True)
    )


def everyone_in(programme_id: int) -> list[Candidate]:
    """Every participant of a programme as a plain row, in the order of the list."""
    return _candidates(OF_PROGRAMME, programme_id)


def candidates_of(participant_ids: Collection[int]) -> dict[int, Candidate]:
    """The participants of these ids as plain rows, however many they are."""
    return {one.participant_id: one for one in _candidates(ONE_BY_ONE, list(participant_ids))}


def _candidates(which: str, value: int | list[int]) -> list[Candidate]:
    with joined_by_hash():
        return [_candidate(row) for row in db.session.execute(_plain(which), given(value))]


_BAD = len(WHO)


@cache
def _plain(which: str) -> Select[Any]:
    """Plain rows, in the order of the list."""
    found = asked(which, many=True)
    columns = [found.c[name] for name in (*WHO, "bad", *Facts._fields)]
    return select(*columns).order_by(found.c.participant_id)


def _candidate(row: Sequence[Any]) -> Candidate:
    bad, facts = row[_BAD], Facts._make(row[_BAD + 1 :])
    found = Candidate._make((*row[:_BAD], facts))
    return found._replace(facts=_without_bad(facts, bad, found)) if bad else found


def _facts(columns: Collection[Any], bad: Collection[str] | None, person: Addressed) -> Facts:
    facts = Facts._make(columns)
    return _without_bad(facts, bad, person) if bad else facts


def _without_bad(facts: Facts, bad: Collection[str], person: Addressed) -> Facts:
    """The facts without the numbers and addresses that do not reach the person."""
    return facts._replace(
        mobile="" if f"mobile:{national(facts.mobile)}" in bad else facts.mobile,
        home_phone="" if f"home phone:{national(facts.home_phone)}" in bad else facts.home_phone,
        email="" if f"email:{facts.email}" in bad else facts.email,
        address_complete=facts.address_complete and f"address:{address_of(person)}" not in bad,
    )


def address_lines(person: Addressed) -> list[str]:
    """Name and postal address, one line each, without empty lines."""
    lines = (person.name, f"{person.house} {person.street}".strip(), person.town, person.postcode)
    return [line for line in lines if line]


def address_of(person: Addressed) -> str:
    """A person's postal address on one line, as it is kept with a letter and marked as bad."""
    return ", ".join(address_lines(person))
