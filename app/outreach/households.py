"""People in one batch who share a number or an address, and holding back all but one of them.

Source: the duplicate household check before sending (`domain.md` 5.3).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import CTE, BigInteger, ColumnElement, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from app import audit
from app.outreach.models import Batch, Contact
from app.outreach.rules import Reason
from app.people.models import Person
from tenants.db import db

A_PAGE = 25  # households
WHAT = {"text": "mobile number", "email": "e-mail address", "letter": "address"}


@dataclass(frozen=True)
class Member:
    """One of those who share a number or an address, by their contact in the batch."""

    contact_id: int
    participant_id: int
    person: Person


@dataclass(frozen=True)
class Household:
    """What is shared, as it is written, and by whom; the first is kept where nobody says which."""

    at: str
    members: list[Member]

    def may_show(self, released: Collection[int]) -> bool:
        """Whether the place may be shown: one of them is released, and none has a sensitive record."""
        people = [member.person for member in self.members]
        return any(one.practice_id in released for one in people) and not any(p.sensitive for p in people)


def place_of(channel: str) -> ColumnElement[str]:
    """Where a message goes, written alike for all who get it at the same place."""
    if channel == "letter":
        parts = (func.btrim(func.lower(part)) for part in (Person.house, Person.street))
        return func.concat_ws("|", *parts, func.replace(func.lower(Person.postcode), " ", ""))
    if channel == "email":
        return func.lower(func.btrim(Person.email))
    digits = func.regexp_replace(Person.mobile, "[^0-9+]", "", "g")
    return func.regexp_replace(digits, r"^(\+|00)44(0)?", "0")


def shared_in(batch_id: int, channel: str) -> CTE:
    """A row for each who waits in the batch and shares: contact, place, how many are there, the first."""
    place = place_of(channel)
    everybody = (
        select(
            Contact.id,
            place.label("place"),
            func.count().over(partition_by=place).label("people"),
            func.min(Contact.id).over(partition_by=place).label("first"),
        )
        .join(Person, (Person.tenant_id == Contact.tenant_id) & (Person.id == Contact.person_id))
        .where(Contact.batch_id == batch_id, Contact.state == "waiting")
        .subquery()
    )
    return select(everybody).where(everybody.c.people > 1).cte("shared")


def count_of(batch_id: int, channel: str) -> tuple[int, int]:
    """How many households share, and how many people these are."""
    shared = shared_in(batch_id, channel)
    counted = select(func.count(func.distinct(shared.c.first)), func.count()).select_from(shared)
    households, people = db.session.execute(counted).one()
    return households, people


def households_of(batch_id: int, channel: str, page: int) -> list[Household]:
    """One page of those who share, in the order of the batch."""
    shared = shared_in(batch_id, channel)
    firsts = select(shared.c.first).distinct().order_by(shared.c.first)
    wanted = firsts.limit(A_PAGE).offset((page - 1) * A_PAGE)
    statement = (
        select(shared.c.first, Contact.id, Contact.participant_id, Contact.recipient, Person)
        .join(Contact, Contact.id == shared.c.id)
        .join(Person, (Person.tenant_id == Contact.tenant_id) & (Person.id == Contact.person_id))
        .where(shared.c.first.in_(wanted))
        .order_by(shared.c.first, Contact.id)
    )
    rows = db.session.execute(statement).all()
    return [_household(channel, list(found)) for _, found in groupby(rows, key=lambda row: row[0])]


def _household(channel: str, rows: Sequence[Any]) -> Household:
    _, _, _, recipient, person = rows[0]
    address = ", ".join(part for part in (f"{person.house} {person.street}".strip(), person.postcode) if part)
    members = [Member(contact_id, participant_id, who) for _, contact_id, participant_id, _, who in rows]
    return Household(address if channel == "letter" else recipient, members)


def keep_one_each(batch: Batch, channel: str) -> int:
    """Hold back all but the first at every place; how many that were. Nobody where it is no longer built."""
    if not _still_built(batch):
        return 0
    shared = shared_in(batch.id, channel)
    rest = select(shared.c.id).where(shared.c.id != shared.c.first)
    return _hold_back(batch, list(db.session.scalars(rest)))


def keep(batch: Batch, channel: str, chosen: Mapping[int, int]) -> int:
    """Hold back the rest of the households in `chosen`, which gives whom to keep by its first contact.

    How many were held back. A choice that does not fit the households as they are now is left out.
    """
    if not chosen or not _still_built(batch):
        return 0
    shared = shared_in(batch.id, channel)
    rows = db.session.execute(select(shared.c.first, shared.c.id).where(shared.c.first.in_(list(chosen))))
    together: dict[int, list[int]] = {}
    for first, contact_id in rows:
        together.setdefault(first, []).append(contact_id)
    fitting = {first: ids for first, ids in together.items() if chosen[first] in ids}
    return _hold_back(batch, [one for first, ids in fitting.items() for one in ids if one != chosen[first]])


def put_back(batch: Batch) -> int:
    """Let everybody wait again who was held back because of a shared number or address; how many."""
    if not _still_built(batch):
        return 0
    held = Contact.batch_id == batch.id, Contact.state == "held back", Contact.reason == Reason.SHARED
    moved = update(Contact).where(*held).values(state="waiting", reason=None).returning(Contact.id)
    count = len(list(db.session.scalars(moved)))
    audit.record("put back", "households of a batch", batch.id, count=count)
    return count


def _still_built(batch: Batch) -> bool:
    """Whether nobody has approved or cancelled it; nobody can until this request ends."""
    state = db.session.scalar(select(Batch.state).where(Batch.id == batch.id).with_for_update())
    return state == "built"


def _hold_back(batch: Batch, ids: list[int]) -> int:
    of_these = Contact.id == func.any(bindparam(None, ids, ARRAY(BigInteger)))
    waiting = update(Contact).where(of_these, Contact.state == "waiting")
    db.session.execute(waiting.values(state="held back", reason=Reason.SHARED))
    audit.record("held back", "households of a batch", batch.id, count=len(ids))
    return len(ids)
