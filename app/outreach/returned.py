"""Letters that came back: found by the reference printed on them or by person, and what follows."""

import datetime as dt
import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_, select

from app import clock
from app.cohorts.models import Release
from app.cohorts.release import in_force_for
from app.outreach import delivery
from app.outreach.letter_pages import contact_id_of
from app.outreach.models import Batch, Contact, Step
from app.people import rules
from app.people.models import Person
from app.programmes.models import Programme
from tenants.db import db

MOST = 25
_REFERENCE = re.compile(r"\d[\d -]*\d")


@dataclass(frozen=True)
class Letter:
    """A letter that went to somebody whose practice lets them be named."""

    contact: Contact
    person: Person
    programme: str

    @property
    def came_back(self) -> dt.datetime | None:
        """When it was said to have come back."""
        return self.contact.delivery_at if self.contact.delivery == "returned" else None


def find(words: str) -> list[Letter]:
    """Letters that went out with that reference, or to people of that NHS number or name; at most 26.

    The latest first. What is no reference of ours finds nothing, whatever is wrong with it.
    """
    statement = (
        select(Contact, Person, Programme.name)
        .join(Step, (Step.tenant_id == Contact.tenant_id) & (Step.id == Contact.step_id))
        .join(Batch, (Batch.tenant_id == Contact.tenant_id) & (Batch.id == Contact.batch_id))
        .join(Programme, (Programme.tenant_id == Batch.tenant_id) & (Programme.id == Batch.programme_id))
        .join(Person, (Person.tenant_id == Contact.tenant_id) & (Person.id == Contact.person_id))
        .join(Release, in_force_for(Batch))
        .where(Step.channel == "letter", Contact.sent_at.is_not(None), _wanted(words))
        .order_by(Contact.sent_at.desc(), Contact.id.desc())
        .limit(MOST + 1)
    )
    return [Letter(*row) for row in db.session.execute(statement)]


def _wanted(words: str) -> ColumnElement[bool]:
    if not _REFERENCE.fullmatch(words.strip()):
        key = rules.name_key(words)
        named = or_(Person.name_key.like(f"{key}%"), Person.name_key.like(f"% {key}%"))
        return named if key else false()
    number, digits = contact_id_of(words), re.sub(r"\D", "", words)
    wanted = [Contact.id == number] if number is not None else []
    return or_(false(), *wanted, Person.nhs_number == digits)


def came_back(contact: Contact) -> bool:
    """The letter came back: it has failed, its address is bad, and the next step is due at once.

    False where that was said before, by us or by GOV.UK Notify, or the letter never went out.
    """
    locked = select(Contact).where(Contact.id == contact.id).with_for_update(key_share=True)
    db.session.scalars(locked.execution_options(populate_existing=True)).one()
    if contact.delivery == "returned" or contact.sent_at is None:
        return False
    delivery.report(contact.id, "returned-letter", clock.now(), "entered by staff")
    return delivery.take_in(contact.id)
