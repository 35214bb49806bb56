"""Lists of people behind the numbers of outreach: by name where that is allowed, else by pseudonym."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, select

from app.addresses import page_number
from app.cohorts.release import released_to
from app.here import can
from app.outreach.models import Batch, Contact
from app.outreach.reckoning import NO_REASON, Reckoning
from app.people.models import Person
from app.permissions import Permission
from app.programmes.models import Participant
from tenants.db import db

A_PAGE = 25
FILTERS = ("waiting", "held back", "sent", "failed", "cancelled")


@dataclass(frozen=True)
class Paging:
    """Which page of a list of `total` this is."""

    page: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // A_PAGE))


@dataclass(frozen=True)
class Line:
    """One person, under their name or their pseudonym, and what is said of them."""

    who: str
    named: bool
    participant_id: int
    state: str
    reason: str | None
    sent_at: dt.datetime | None
    letter: int | None = None


@dataclass(frozen=True)
class People:
    """A page of people, and the filter that was asked for."""

    rows: list[Line]
    paging: Paging
    state: str | None
    reason: str | None


@dataclass(frozen=True)
class Filter:
    """Contacts of a `state`, and of a `reason`: why held back or failed, or what the gateway said of it."""

    state: str | None
    reason: str | None

    def clauses(self) -> Iterator[ColumnElement[bool]]:
        """The same for the database."""
        if self.state:
            yield Contact.state.in_(("waiting", "sending") if self.state == "waiting" else (self.state,))
        if self.reason and self.state == "sent":
            yield Contact.delivery == self.reason
        elif self.reason:
            yield func.coalesce(Contact.reason, NO_REASON) == self.reason


def filter_from(args: Mapping[str, str]) -> Filter:
    """What an address asks for; what cannot be asked for is left out."""
    state = args.get("state") if args.get("state") in FILTERS else None
    split = state in ("held back", "failed", "sent")
    return Filter(state, args.get("reason") if split else None)


def people_in(batch: Batch, reckoning: Reckoning, args: Mapping[str, str]) -> People:
    """The people of a batch, one page of them, filtered by `state` and `reason` in the address."""
    return contacts_of(batch.programme_id, Contact.batch_id == batch.id, reckoning, args)


def contacts_of(
    programme_id: int, which: ColumnElement[bool], reckoning: Reckoning, args: Mapping[str, str]
) -> People:
    """One page of the contacts `which`, that `reckoning` has counted, filtered by the address."""
    wanted, page = filter_from(args), page_number(args)
    ids = select(Contact.id).where(which, *wanted.clauses())
    statement = (
        _with_person(programme_id, Contact)
        .join(Person, (Person.tenant_id == Contact.tenant_id) & (Person.id == Contact.person_id))
        .where(Contact.id.in_(ids))
        .order_by(Contact.id)
    )
    found = db.session.execute(statement.limit(A_PAGE).offset((page - 1) * A_PAGE))
    total = reckoning.count(wanted.state, wanted.reason)
    return People([_line(*row) for row in found], Paging(page, total), wanted.state, wanted.reason)


def participants_of(programme_id: int, ids: Sequence[int], page: int) -> list[Line]:
    """One page of these participants, with their status."""
    shown = sorted(ids)[(page - 1) * A_PAGE : page * A_PAGE]
    statement = (
        _with_person(programme_id, Participant)
        .join(Person, (Person.tenant_id == Participant.tenant_id) & (Person.id == Participant.person_id))
        .where(Participant.id.in_(shown))
        .order_by(Participant.id)
    )
    return [
        Line(_name(person, named), named, row.id, row.status, None, row.status_since)
        for row, person, named in db.session.execute(statement)
    ]


def _with_person(programme_id: int, model: Any) -> Select[Any]:
    """A row with its person, and whether the one who looks may see who that is."""
    named = released_to(programme_id) if can(Permission.SEE_PEOPLE) else false()
    statement: Select[Any] = select(model, Person, named)
    return statement.select_from(model)


def _name(person: Person, named: bool) -> str:
    return person.name if named else person.pseudonym


def _line(contact: Contact, person: Person, named: bool) -> Line:
    return Line(
        _name(person, named),
        named,
        contact.participant_id,
        contact.state,
        contact.reason,
        contact.sent_at,
        contact.id if contact.body.startswith("<article") else None,
    )
