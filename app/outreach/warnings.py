"""What whoever approves a batch should know first, in sentences. Nothing here stops a batch."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import Integer, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from app import clock
from app.library import sms
from app.library.models import LibraryItem
from app.outreach import accounts, inbound
from app.outreach.calendar import clashes_on
from app.outreach.households import WHAT, shared_in
from app.outreach.models import Batch, Contact, Step
from app.people.models import Person
from app.render import count, date
from tenants.db import db
from tenants.models import PcnSettings

# Days after which a practice's list is old for a channel. Source: domain.md 5.3 (7 for letters, 1 for texts).
FRESH = {"text": 1, "email": 1, "letter": 7}


@dataclass(frozen=True)
class BatchWarning:
    """One thing to know before a batch goes out. Of the kind "shared" there is a list of whom it is about."""

    kind: str
    sentence: str

    @property
    def code(self) -> str:
        """Stands for the sentence as it was read: another one, of other numbers, has another code."""
        return hashlib.sha256(self.sentence.encode()).hexdigest()[:16]


Used = Sequence[tuple[LibraryItem, bool]]  # each with whether it has a newer approved version


def warnings_of(batch: Batch, step: Step, used: Used) -> list[BatchWarning]:
    """What is to be known of a batch of those who wait in it now; nothing of a call list.

    `used` are the templates that `templates_in` found.
    """
    if step.channel == "call":
        return []
    people = _people(batch, step.channel)
    said = (
        ("captured", _captured(step.channel)),
        ("unread", _unread(people.unread)),
        ("shared", _shared(step.channel, people.households, people.sharing)),
        ("elsewhere", _elsewhere(people.elsewhere, people.days)),
        ("old list", _old(step.channel, people.old, people.oldest)),
        ("late", _late(int(batch.manifest.get("late") or 0))),
        ("unprintable", _unprintable(int(batch.manifest.get("unprintable") or 0))),
        ("too long", _too_long(int(batch.manifest.get("most_parts") or 0))),
        ("calendar", _calendar(clashes_on([clock.today()], step.channel))),
        *(("template", sentence) for sentence in _of_templates(used)),
    )
    return [BatchWarning(kind, sentence) for kind, sentence in said if sentence]


def _people(batch: Batch, channel: str) -> Any:
    """Counts of those who wait, in one statement."""
    fresh_from = clock.today() - dt.timedelta(days=FRESH[channel])
    shared = shared_in(batch.id, channel)
    days = select(PcnSettings.contacts_days).where(PcnSettings.tenant_id == batch.tenant_id).scalar_subquery()
    since = clock.now() - func.make_interval(0, 0, 0, cast(days, Integer))
    # Asked once for all, and not again for each person.
    heard = (
        select(Contact.person_id)
        .join(Batch, (Batch.tenant_id == Contact.tenant_id) & (Batch.id == Contact.batch_id))
        .where(Batch.programme_id != batch.programme_id, Contact.state == "sent", Contact.sent_at > since)
    )
    statement = (
        select(
            select(func.count(func.distinct(shared.c.first))).scalar_subquery().label("households"),
            select(func.count()).select_from(shared).scalar_subquery().label("sharing"),
            func.count().filter(Contact.person_id.in_(heard)).label("elsewhere"),
            func.count().filter(inbound.dialled(Person.mobile).in_(inbound.unread_numbers())).label("unread"),
            func.count().filter(Person.data_date < fresh_from).label("old"),
            func.min(Person.data_date).label("oldest"),
            days.label("days"),
        )
        .select_from(Contact)
        .join(Person, (Person.tenant_id == Contact.tenant_id) & (Person.id == Contact.person_id))
        .where(Contact.batch_id == batch.id, Contact.state == "waiting")
    )
    return db.session.execute(statement).one()


def _shared(channel: str, households: int, sharing: int) -> str:
    if not households:
        return ""
    what = WHAT[channel]
    places = count(households, what, f"{what}es" if what.endswith("s") else None)
    one = {"text": "a text", "email": "an e-mail", "letter": "a letter"}[channel]
    return f"{count(sharing, 'person', 'people')} share {places}. Each of them gets {one} there."


def _unread(people: int) -> str:
    if not people:
        return ""
    whose = "1 person" if people == 1 else f"{people:,} people"
    return (
        f"Nobody has read yet what {whose} in this batch wrote back by text. It may say that somebody has "
        "died, or wants nothing more: have it read first."
    )


def _captured(channel: str) -> str:
    """Of texts and e-mails without a gateway: outside of the demonstration they reach nobody."""
    if current_app.config["OAST_DEMONSTRATION"] or channel == "letter" or accounts.notify_of(channel):
        return ""
    what = {"text": "text", "email": "e-mail"}[channel]
    return (
        f"No {what} gateway is connected, so these messages reach nobody. Cancel the batch, and have a PCN "
        "manager connect one in Settings."
    )


def _elsewhere(people: int, days: int) -> str:
    if not people:
        return ""
    who = "1 person has" if people == 1 else f"{people:,} people have"
    return f"{who} heard from another programme in the last {count(days, 'day')}, as often as the PCN allows."


def _old(channel: str, people: int, oldest: dt.date | None) -> str:
    if not people or oldest is None:
        return ""
    whose = "1 person" if people == 1 else f"{people:,} people"
    return (
        f"What we know of {whose} is from a list that is more than {count(FRESH[channel], 'day')} old. "
        f"The oldest is of {date(oldest)}, {count((clock.today() - oldest).days, 'day')} ago: "
        "some of them may have died or moved since."
    )


def _late(people: int) -> str:
    if not people:
        return ""
    return f"{count(people, 'person is', 'people are')} later than the step says: their last day has passed."


def _unprintable(letters: int) -> str:
    """Of names and addresses with letters that app/fonts.py says our fonts cannot print."""
    if not letters:
        return ""
    which = "1 letter has" if letters == 1 else f"{letters:,} letters have"
    return f"{which} characters in the name or address that cannot be printed. Look at them first."


def _too_long(parts: int) -> str:
    """Of texts of so many parts at most: the gateway refuses longer ones."""
    if parts <= sms.MOST_PARTS:
        return ""
    return f"Some texts have {parts} parts. At most {sms.MOST_PARTS} can be sent as one, so these will fail."


def _calendar(clashes: list[str]) -> str:
    return f"Other things go on then. {' '.join(clashes)}" if clashes else ""


def templates_in(batch: Batch) -> Used:
    """The batch's template and the members of its family that are some people's own."""
    newer = aliased(LibraryItem)
    same = (
        newer.org_id == LibraryItem.org_id,
        newer.kind == LibraryItem.kind,
        newer.name == LibraryItem.name,
        newer.language == LibraryItem.language,
        newer.format == LibraryItem.format,
        newer.version > LibraryItem.version,
        newer.state == "approved",
    )
    own = select(Contact.template_id).where(Contact.batch_id == batch.id, Contact.template_id.is_not(None))
    used = or_(LibraryItem.id == batch.template_id, LibraryItem.id.in_(own))
    org = LibraryItem.org_id == batch.tenant_id
    found = db.session.execute(select(LibraryItem, exists().where(*same)).where(org, used))
    return [(item, has_newer) for item, has_newer in found]


def _of_templates(used: Used) -> Iterator[str]:
    """That a message has a newer version, was retired, or was approved despite what was said of it."""
    for item, has_newer in used:
        if has_newer:
            yield (
                f"“{item.name}” has a newer approved version. This batch sends version {item.version}: "
                "cancel it and build it again to send the new one."
            )
        elif item.state == "retired":
            yield f"“{item.name}”, version {item.version}, was retired after this batch was built."
        for despite in item.approved_despite:
            yield f"“{item.name}” was approved despite this: {despite}"
