"""What is printed against what is so now: letters that must not be posted as they are.

Between printing and handing over people die, say no, move, or ask for large print or another language. A file
that holds one such letter is not given out and not handed over; it is made again first.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select

from app import clock
from app.library.models import LibraryItem
from app.outreach.building import Family
from app.outreach.facts import Known, Reachable, address_of, candidates_of, known_of
from app.outreach.letter_pages import is_large
from app.outreach.models import Batch, Contact, LetterPart
from app.outreach.rules import NOT_FOR_LONG, Reason, Sending, why_not
from app.outreach.suiting import Words, words_of
from tenants import scope
from tenants.db import db

# A letter that was handed over once is not printed a second time for any of these.
NEVER_AGAIN = frozenset(
    {
        Reason.DIED,
        Reason.LEFT,
        Reason.MISSING,
        Reason.SENSITIVE,
        Reason.HOLD,
        Reason.NOT_RELEASED,
        Reason.OPTED_OUT,
        Reason.LEFT_OUT,
        Reason.DO_NOT_CONTACT,
        Reason.NOT_THIS_WAY,
    }
)


def suited(batch: Batch, contacts: Sequence[Contact], known: dict[int, Known]) -> Words:
    """The words of a batch's letters, each of `contacts` with the template that suits the person now."""
    words = words_of(batch, contacts)
    family = Family(words.templates[batch.template_id])
    for contact in contacts:
        has = words.templates[contact.template_id or batch.template_id]
        suits = family(known[contact.participant_id].facts)
        if not _alike(has, suits):
            contact.template_id = suits.id
            words.templates[suits.id] = suits
    return words


def _alike(one: LibraryItem, other: LibraryItem) -> bool:
    """Of another version of the same member the one that was approved with the batch is kept."""
    return (one.language, one.format) == (other.language, other.format)


class Printed(NamedTuple):
    """One letter that is printed: whose it is, where it goes, its language and format, and how it is set."""

    contact: int
    participant: int
    address: str
    language: str
    format: str
    large: bool


def out_of_date(batch: Batch) -> list[int]:
    """The contacts who wait and whose letter is not the one they should get now: they have moved, or need
    another language or format."""
    rows = _printed(batch, Contact.batch_id == batch.id, Contact.state == "waiting")
    return _other_now(batch, rows, candidates_of([row.participant for row in rows]))


def _other_now(batch: Batch, rows: Sequence[Printed], now: Mapping[int, Reachable]) -> list[int]:
    family = Family(db.session.get_one(LibraryItem, (scope.current().org, batch.template_id)))
    return [row.contact for row in rows if row != _should_be(row, now[row.participant], family)]


def _should_be(row: Printed, one: Reachable, family: Family) -> Printed:
    suits = family(one.facts)
    return row._replace(
        address=address_of(one.person),
        language=suits.language,
        format=suits.format,
        large=is_large(one.facts, suits),
    )


def _printed(batch: Batch, *which: ColumnElement[bool]) -> list[Printed]:
    template = func.coalesce(Contact.template_id, batch.template_id)
    large = func.split_part(Contact.body, ">", 1).contains(' class="large"')
    made = (Contact.recipient, LibraryItem.language, LibraryItem.format, large)
    statement = (
        select(Contact.id, Contact.participant_id, *made)
        .join(LibraryItem, (LibraryItem.org_id == Contact.tenant_id) & (LibraryItem.id == template))
        .where(*which)
    )
    return [Printed._make(row) for row in db.session.execute(statement)]


def of_part(part: LetterPart) -> ColumnElement[bool]:
    """The contacts whose letters are in the part."""
    mine: ColumnElement[bool] = Contact.id.between(part.first_contact, part.last_contact)
    return mine & (Contact.batch_id == part.batch_id)


def may_be_printed(part: LetterPart, batch: Batch) -> bool:
    """Whether every letter in a part that is made may still be printed and posted as it is.

    What passes by itself, for somebody or for the whole PCN, is looked at when the letters are handed over.
    """
    handed_over = batch.state == "done"
    rows = _printed(batch, of_part(part), Contact.state == ("sent" if handed_over else "waiting"))
    now = known_of([row.participant for row in rows])
    reasons = {why_not(one.facts, "letter", Sending(), clock.now()) for one in now.values()} - {None}
    if handed_over:
        return not reasons & NEVER_AGAIN
    return reasons <= NOT_FOR_LONG and len(rows) == part.letters and not _other_now(batch, rows, now)
