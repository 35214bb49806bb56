"""What other services know of a person: the rows of their lists that were linked, and their origin."""

import datetime as dt
import re
from dataclasses import dataclass

from sqlalchemy import select

from app.people.import_models import ImportFile, Source
from app.people.linking_models import SourceEntry
from app.people.models import Person
from app.people.record import Origin
from app.render import date
from tenants.db import Json, db

# All that is shown of a restricted person's rows: any other column may hold an address or a number.
SHOWN_OF_RESTRICTED = ("Service", "Group", "Agreed to help with", "Since", "Status")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
HIDDEN = "Not shown: this person's record is restricted."


@dataclass(frozen=True)
class Known:
    """One row of a source's list: what it says, how it was linked, and since when the list lacks it."""

    entry_id: int
    source: str
    controller: str
    fields: dict[str, str]
    how: str
    origin: Origin
    missing_since: dt.date | None
    hides: bool


def known_of(person: Person) -> list[Known]:
    """The linked rows about a person, by source, newest first. Nothing waiting or undone is among them."""
    statement = (
        select(SourceEntry, Source.name, Source.controller, ImportFile.brought_at, ImportFile.finished_at)
        .join(Source, (Source.tenant_id == SourceEntry.tenant_id) & (Source.id == SourceEntry.source_id))
        .join(
            ImportFile,
            (ImportFile.tenant_id == SourceEntry.tenant_id) & (ImportFile.id == SourceEntry.import_id),
        )
        .where(SourceEntry.person_id == person.id, SourceEntry.state == "linked")
        .order_by(Source.name, SourceEntry.data_date.desc(), SourceEntry.id)
    )
    return [_known(person, *row) for row in db.session.execute(statement)]


def _known(
    person: Person,
    entry: SourceEntry,
    source: str,
    controller: str,
    brought_at: dt.datetime,
    finished_at: dt.datetime | None,
) -> Known:
    said = {title: _words(str(entry.fields[title])) for title in _in_order(entry.fields)}
    shown = {t: v for t, v in said.items() if not person.sensitive or t in SHOWN_OF_RESTRICTED}
    origin = Origin(source, entry.data_date, finished_at or brought_at)
    return Known(
        entry.id, source, controller, shown, entry.how, origin, entry.missing_since, len(shown) < len(said)
    )


def _in_order(fields: Json) -> list[str]:
    """The columns that say something: those that we know first."""
    said = [title for title, value in fields.items() if value not in (None, "")]
    known = [title for title in SHOWN_OF_RESTRICTED if title in said]
    return known + sorted(title for title in said if title not in known)


def _words(value: str) -> str:
    """A day as it is written for people; anything else as it came."""
    try:
        return date(dt.date.fromisoformat(value)) if DAY.fullmatch(value) else value
    except ValueError:
        return value
