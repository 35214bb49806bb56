"""What has happened with a person in a programme, newest first, and who has looked at them."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select, union_all

from app.audit import AuditEvent
from app.care.happened import rows_of
from app.languages import LANGUAGES
from app.paging import Page, page_of
from app.people.models import Person
from app.programmes.models import Participant
from tenants import scope
from tenants.db import db
from tenants.models import Organisation

AN_HOUR = dt.timedelta(hours=1)
CHANNELS = {"text": "Text", "email": "E-mail", "letter": "Letter", "call": "Call"}
BAD = {
    "mobile": "Mobile number",
    "home phone": "Home number",
    "email": "E-mail address",
    "address": "Address",
}
CAME_TO = {
    "delivered": "delivered",
    "returned": "came back",
    "cancelled": "cancelled",
    "temporary failure": "not delivered: the phone or mailbox could not be reached",
    "permanent failure": "not delivered: the number or address does not work",
    "technical failure": "not delivered: something went wrong on the way",
}
ASKED = {
    "programme opt-out": "Opted out of this programme",
    "do not contact": "Asked not to be contacted",
    "hold": "Hold: nobody contacts them",
    "language": "Needs another language",
    "format": "Needs another format",
    "interpreter": "Needs an interpreter",
    "someone to speak for me": "Needs someone to speak for them",
}


@dataclass(frozen=True)
class Entry:
    """One thing that happened: when, what, what was said about it, and who did it."""

    at: dt.datetime
    text: str
    detail: str
    by: str = ""


def timeline_of(participant: Participant, person: Person) -> list[Entry]:
    """Everything sent, tried and said, newest first, in one statement."""
    rows: Any = db.session.execute(union_all(*rows_of(participant, person))).all()
    entries = sorted((_entry(*row) for row in rows), key=lambda entry: entry.at, reverse=True)
    return [entry for entry in entries if not _completed(entry, entries)]


def _completed(entry: Entry, entries: list[Entry]) -> bool:
    """Whether it is an answer that the next page of the same reply repeats with more, within the hour."""
    return not entry.detail and any(
        one.text == entry.text and one.detail and dt.timedelta() <= one.at - entry.at < AN_HOUR
        for one in entries
    )


def _entry(at: dt.datetime, sort: str, what: str, more: str | None, by: str | None) -> Entry:
    more = more or ""
    if sort == "came to":
        return Entry(at, f"{CHANNELS[what]} {CAME_TO[more]}", "")
    return Entry(at, _words(sort, what), _wanted(more) if sort == "reply" and more else more, by or "")


def _words(sort: str, what: str) -> str:
    """What happened, in words."""
    channel = CHANNELS.get(what, what)
    match sort:
        case "sent":
            return "Put on the call list" if what == "call" else f"{channel} sent"
        case "held back" | "cancelled" | "failed":
            return f"{channel} {sort}" if what != "call" else f"Call list: {sort}"
        case "asked" | "taken back":
            return _of_a_choice(sort, what)
    told = {
        "reply": f"They answered: {what}",
        "call": f"Call: {what}",
        "text": "They texted STOP" if what == "stop" else "They texted",
        "alert": f"Put before those who must act: {what}",
        "settled": f"Settled: {what}",
        "decision": "Not reached: try again" if what == "try again" else "Not reached: left at that",
        "bad": f"{BAD.get(what, what)} does not work",
        "good": f"{BAD.get(what, what)} works after all",
    }
    return told.get(sort, what.capitalize())


def _of_a_choice(sort: str, what: str) -> str:
    kind, _, more = what.partition(":")
    words = ASKED.get(kind, f"{kind[:1].upper()}{kind[1:]}")
    named = {"any": "in any way", "call": "by phone", "text": "by text", "letter": "by letter"}
    named |= {"email": "by e-mail"}
    if more:
        words += f" {named[more]}" if more in named else f": {LANGUAGES.get(more, more)}"
    return words if sort == "asked" else f"Taken back: {words[:1].lower()}{words[1:]}"


def _wanted(written: str) -> str:
    """What somebody asked for with their answer, from its columns as one JSON text."""
    another_way, days, times = json.loads(written)
    return ", ".join(part for part in (*another_way, " or ".join(days), times) if part)


def looks_at(person_id: int, number: int) -> tuple[Page, Mapping[int, str]]:
    """Page `number` of the events about a person, newest first, by whichever organisation; and the names of
    the organisations. What was done with a record that was merged into theirs is among them.
    """
    records = select(Person.id).where(or_(Person.id == person_id, Person.merged_into == person_id))
    events = (
        select(AuditEvent)
        .where(
            AuditEvent.tenant_id == scope.current().tenant,
            AuditEvent.person_id.in_(records),
        )
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    )
    page = page_of(events, number)
    who = {event.org_id for event in page.rows}
    names = select(Organisation.id, Organisation.name).where(Organisation.id.in_(who))
    return page, {org_id: name for org_id, name in db.session.execute(names)}
