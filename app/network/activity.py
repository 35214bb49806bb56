"""Who saw or did what: the events that may be shown, narrowed by a filter, counted, and as a file."""

import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, distinct, func, or_, select

from app import clock
from app.audit import LOOKS, AuditEvent
from app.care.people import nhs_number_in
from app.here import can, here
from app.network.forms import ActivityFilter
from app.people.models import Person
from app.people.rules import formula_safe
from app.permissions import Permission as P
from tenants.db import db
from tenants.models import Organisation

LATELY = dt.timedelta(days=30)
IN_A_FILE = 10_000
TITLES = ("When", "Who", "Role", "Organisation", "Did", "What", "Number", "Person", "Why", "How many")


def matching(form: ActivityFilter) -> Select[Any]:
    """The events that the policies show the organisation, narrowed by the filter, newest first."""
    statement: Select[Any] = select(AuditEvent).order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    for text, columns in (
        (form.who.data, (AuditEvent.actor, AuditEvent.role)),
        (form.what.data, (AuditEvent.action, AuditEvent.subject, AuditEvent.purpose)),
    ):
        for word in (text or "").split():
            statement = statement.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    day = func.date(func.timezone(clock.LONDON.key, AuditEvent.at))
    if form.since.data:
        statement = statement.where(day >= form.since.data)
    if form.until.data:
        statement = statement.where(day <= form.until.data)
    if form.people.data:
        statement = statement.where(AuditEvent.person_id.is_not(None))
    about = form.data.get("about")
    if about:
        statement = statement.where(AuditEvent.person_id.in_(_numbered(about)))
    return statement if can(P.SEE_ALL_ACTIVITY) else statement.where(_of_own_practices())


def may_name() -> bool:
    """Whether who is here may ask by NHS number: a practice, as the controller, about its own people."""
    return can(P.RELEASE_PEOPLE) and bool(_practices())


def _practices() -> frozenset[int]:
    return here.place.practices if here.place else frozenset()


def _own_people() -> Select[Any]:
    return select(Person.id).where(Person.practice_id.in_(_practices()))


def _numbered(written: str) -> Select[Any]:
    """The person of their own practices with that NHS number, and the records merged into theirs."""
    number = nhs_number_in(written) or ""
    found = select(func.coalesce(Person.merged_into, Person.id)).where(Person.nhs_number == number)
    return _own_people().where(func.coalesce(Person.merged_into, Person.id).in_(found))


def _of_own_practices() -> ColumnElement[bool]:
    """What names no person, or a person of their own practice."""
    return or_(AuditEvent.person_id.is_(None), AuditEvent.person_id.in_(_own_people()))


@dataclass(frozen=True)
class Lately:
    """How many members of staff looked at how many people of one's own practices, since which day."""

    since: dt.date
    staff: int
    people: int


def lately() -> Lately | None:
    """Who looked at the people of one's own practices in the last 30 days; None for who has no practice."""
    if not may_name():
        return None
    since = clock.now() - LATELY
    row = db.session.execute(
        select(
            func.count(distinct(func.concat(AuditEvent.org_id, " ", AuditEvent.actor))),
            func.count(distinct(AuditEvent.person_id)),
        ).where(
            AuditEvent.at >= since,
            AuditEvent.action.in_(LOOKS),
            AuditEvent.person_id.in_(_own_people()),
        )
    ).one()
    return Lately(clock.local(since).date(), *row)


def pseudonyms_in(events: Sequence[AuditEvent]) -> dict[int, str]:
    """The pseudonyms of the people whom the events are about, by their number."""
    wanted = {event.person_id for event in events if event.person_id is not None}
    if not wanted:
        return {}
    rows = db.session.execute(select(Person.id, Person.pseudonym).where(Person.id.in_(wanted)))
    return {number: pseudonym for number, pseudonym in rows}


def as_csv(form: ActivityFilter) -> tuple[str, int]:
    """The newest events that the filter shows, at most 10,000, as CSV; and how many.

    People stand by their pseudonyms. No cell begins with what a spreadsheet would run as a formula.
    """
    events = db.session.scalars(matching(form).limit(IN_A_FILE)).all()
    people = pseudonyms_in(events)
    named = select(Organisation.id, Organisation.name).where(
        Organisation.id.in_({event.org_id for event in events})
    )
    organisations = {number: name for number, name in db.session.execute(named)}
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(TITLES)
    for event in events:
        cells = (
            f"{clock.local(event.at):%Y-%m-%d %H:%M:%S}",
            event.actor,
            event.role,
            organisations.get(event.org_id, ""),
            event.action,
            event.subject,
            event.subject_id,
            people.get(event.person_id or 0, ""),
            event.purpose,
            event.count,
        )
        writer.writerow([formula_safe("" if cell is None else str(cell)) for cell in cells])
    return out.getvalue(), len(events)
