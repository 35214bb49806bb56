"""What has happened with a person in a programme, newest first, and who has looked at them."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, func, literal, or_, select, union_all

from app.audit import AuditEvent
from app.outreach.call_models import CallAttempt
from app.outreach.models import Contact, Reply, Step
from app.paging import Page, page_of
from app.people.models import Person
from app.programmes.models import Milestone
from tenants import scope
from tenants.db import db
from tenants.models import Organisation

SENT = {"text": "Text sent", "email": "E-mail sent", "letter": "Letter sent", "call": "Put on the call list"}
AN_HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Entry:
    """One thing that happened: when, what, and what was said about it."""

    at: dt.datetime
    text: str
    detail: str


def timeline_of(participant_id: int) -> list[Entry]:
    """Milestones, contacts, replies and calls of a participant, newest first, in one statement."""
    milestones = select(
        Milestone.at.label("at"), literal("milestone"), Milestone.kind, Milestone.reason
    ).where(Milestone.participant_id == participant_id, Milestone.withdrawn_at.is_(None))
    contacts = (
        select(Contact.sent_at, literal("contact"), Step.channel, Step.name)
        .join(Step, Step.id == Contact.step_id)
        .where(Contact.participant_id == participant_id, Contact.sent_at.is_not(None))
    )
    wanted = func.jsonb_build_array(Reply.another_way, Reply.days, Reply.times).cast(Text)
    replies = select(Reply.at, literal("reply"), Reply.answer, wanted).where(
        Reply.participant_id == participant_id
    )
    calls = select(CallAttempt.at, literal("call"), CallAttempt.outcome, CallAttempt.barrier).where(
        CallAttempt.participant_id == participant_id
    )
    rows: Any = db.session.execute(union_all(milestones, contacts, replies, calls)).all()
    entries = sorted((_entry(row) for row in rows), key=lambda entry: entry.at, reverse=True)
    return [entry for entry in entries if not _completed(entry, entries)]


def _completed(entry: Entry, entries: list[Entry]) -> bool:
    """Whether it is an answer that the next page of the same reply repeats with more, within the hour."""
    return not entry.detail and any(
        one.text == entry.text and one.detail and dt.timedelta() <= one.at - entry.at < AN_HOUR
        for one in entries
    )


def _entry(row: Any) -> Entry:
    at, sort, what, more = row
    words = {
        "milestone": what.capitalize(),
        "contact": SENT.get(what, what),
        "reply": f"They answered: {what}",
        "call": f"Call: {what}",
    }
    return Entry(at, words[sort], _wanted(more) if sort == "reply" else more or "")


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
