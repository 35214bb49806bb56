"""Messages that failed, as a CSV file, for staff to reach those people another way.

It holds no addresses and no telephone numbers, for nobody, as no file of people here does: the person's page
has them, and knows of an opt-out that came after the file.
"""

import csv
import io
from collections.abc import Iterator

from sqlalchemy import ColumnElement, select

from app import clock
from app.cohorts.exports import unnamed_for
from app.outreach.facts import Known, known_of
from app.outreach.models import Batch, Contact, Step
from app.outreach.rules import FOR_NOW, why_not
from app.outreach.standing import sending_of
from app.people.rules import formula_safe
from tenants.db import Json, db

NAMED = ("NHS number", "Name", "Date of birth", "Practice")
ALWAYS = ("Pseudonym", "Step", "Tried on", "Why it failed")
RUNG = "May they be rung now?"  # for those who ring: the answer is of the record


def failed_in(programme_id: int, batch_id: int | None = None) -> list[tuple[Contact, Step]]:
    """The contacts that failed in a programme, or in one batch of it."""
    wanted: list[ColumnElement[bool]] = [Batch.programme_id == programme_id, Contact.state == "failed"]
    if batch_id is not None:
        wanted.append(Batch.id == batch_id)
    statement = (
        select(Contact, Step)
        .join(Batch, (Batch.tenant_id == Contact.tenant_id) & (Batch.id == Contact.batch_id))
        .join(Step, (Step.tenant_id == Contact.tenant_id) & (Step.id == Contact.step_id))
        .where(*wanted)
        .order_by(Contact.id)
    )
    return [(contact, step) for contact, step in db.session.execute(statement)]


def file_of(programme_id: int, failed: list[tuple[Contact, Step]], purpose: str, *, names: bool) -> str:
    """The CSV text, a row for each that failed. With `names`, those of released practices are named who have
    not opted out of the use of their data for that purpose.

    No cell begins with what a spreadsheet would run as a formula.
    """
    unnamed = unnamed_for(purpose)
    titles = [*NAMED, *ALWAYS, RUNG] if names else [*ALWAYS]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(titles)
    for row in _rows(programme_id, failed):
        if row["Pseudonym"] in unnamed:
            row |= dict.fromkeys(NAMED, "")
        writer.writerow([formula_safe(row[title]) for title in titles])
    return out.getvalue()


def _rows(programme_id: int, failed: list[tuple[Contact, Step]]) -> Iterator[Json]:
    known, sending, moment = known_of([one.participant_id for one, _ in failed]), None, clock.now()
    for contact, step in failed:
        sending = sending or sending_of(programme_id)
        one = known[contact.participant_id]
        reason = why_not(one.facts, "call", sending, moment)
        tried = contact.sent_at or contact.marked_at or contact.created_at
        yield _who(one) | {
            "Pseudonym": one.person.pseudonym,
            "Step": step.name,
            "Tried on": clock.local(tried).date().isoformat(),
            "Why it failed": contact.reason or "",
            RUNG: "Yes" if reason is None or reason in FOR_NOW else f"No: {reason}",
        }


def _who(one: Known) -> Json:
    if not one.facts.released:
        return dict.fromkeys(NAMED, "")
    person = one.person
    return dict(
        zip(NAMED, (person.nhs_number, person.name, person.born.isoformat(), one.practice), strict=True)
    )
