"""Finding a person among those who may be contacted, and what must be known before anything else."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import aliased

from app import clock
from app.care.models import Conversation, Plan
from app.care.rules import HOLDS
from app.cohorts import holds
from app.cohorts.models import Release
from app.cohorts.release import in_force_for
from app.outreach.choice_models import ContactChoice, ContactNeed
from app.people import rules
from app.people.data_opt_outs import NATIONAL, TYPE_1, people_with
from app.people.models import DataOptOut, Person
from app.programmes.models import Participant, Programme
from app.render import date
from tenants.db import db
from tenants.models import Practice

MOST = 25
Said = TypeVar("Said", ContactChoice, ContactNeed)


class NotAnNhsNumber(ValueError):
    """The digits are not an NHS number; says which way."""


def nhs_number_in(words: str) -> str | None:
    """The NHS number that was typed, in any spacing, or None where words were typed.

    Raises NotAnNhsNumber with an instruction where digits were typed that are no NHS number.
    """
    if any(char.isalpha() for char in words):
        return None
    try:
        number = rules.nhs_number_of(words)
    except rules.Unreadable:
        raise NotAnNhsNumber("Enter all 10 digits of the NHS number, like 999 123 4567") from None
    if number and not rules.has_check_digit(number):
        raise NotAnNhsNumber("Check the NHS number: one of its digits is wrong")
    return number or None


def find(words: str) -> list[Row[Participant, Person, str]]:
    """Participants of released practices with that NHS number or with a name that begins so; at most 26.

    Each with the name of the programme. The number of a record that was merged finds the one that was kept.
    Raises NotAnNhsNumber.
    """
    number = nhs_number_in(words)
    if number is not None:
        one = aliased(Person)
        wanted: ColumnElement[bool] = Person.id.in_(
            select(func.coalesce(one.merged_into, one.id)).where(one.nhs_number == number)
        )
    else:
        key = rules.name_key(words)
        wanted = or_(Person.name_key.like(f"{key}%"), Person.name_key.like(f"% {key}%"))
    statement = (
        select(Participant, Person, Programme.name)
        .join(Person, (Person.tenant_id == Participant.tenant_id) & (Person.id == Participant.person_id))
        .join(Programme, Programme.id == Participant.programme_id)
        .join(Release, in_force_for(Participant))
        .where(wanted, Person.merged_into.is_(None))
        .order_by(Person.name_key, Participant.id)
        .limit(MOST + 1)
    )
    return list(db.session.execute(statement).all())


@dataclass(frozen=True)
class Around:
    """What stands around a participant: programme, practice, conversation and plan, where there are any."""

    programme: Programme
    practice: Practice
    conversation: Conversation | None
    plan: Plan | None


def around(participant: Participant, person: Person) -> Around:
    """The programme, practice, conversation and plan of a participant, in one statement."""
    row = db.session.execute(
        select(Programme, Practice, Conversation, Plan)
        .select_from(Programme)
        .join(Practice, Practice.id == person.practice_id)
        .outerjoin(Conversation, Conversation.participant_id == participant.id)
        .outerjoin(Plan, Plan.participant_id == participant.id)
        .where(Programme.id == participant.programme_id)
    ).one()
    return Around(*row)


@dataclass(frozen=True)
class Hold:
    """Something that stops or limits contact. `stops` where nobody is to be contacted for the programme."""

    text: str
    stops: bool


@dataclass(frozen=True)
class Asked:
    """What a person ever asked of us about contact and said they need, the oldest first, some of it lifted.

    `type_1` and `national` say whether they told us of such an opt-out, whatever their practice's list says.
    """

    choices: list[ContactChoice]
    needs: list[ContactNeed]
    type_1: bool
    national: bool


def asked_by(person: Person) -> Asked:
    """What the person asked of us, in one statement: each row of one kind comes with each of the other."""
    told = (_told(person, kind).exists() for kind in (TYPE_1, NATIONAL))
    asked = select(ContactChoice, ContactNeed, *told).select_from(Person).where(Person.id == person.id)
    for model in (ContactChoice, ContactNeed):
        theirs = (model.tenant_id == Person.tenant_id) & (model.person_id == Person.id)
        asked = asked.outerjoin(model, theirs)
    rows = db.session.execute(asked).all()
    choices = {row[0].id: row[0] for row in rows if row[0] is not None}
    needs = {row[1].id: row[1] for row in rows if row[1] is not None}
    return Asked(_in_order(choices.values()), _in_order(needs.values()), rows[0][2], rows[0][3])


def _in_order(rows: Iterable[Said]) -> list[Said]:
    return sorted(rows, key=lambda row: (row.at, row.id))


def holds_of(participant: Participant, person: Person, asked: Asked | None = None) -> list[Hold]:
    """What must be known before this person is contacted. Opt-outs of different kinds stay apart."""
    found = _of_the_record(person)
    asked = asked or asked_by(person)
    for choice in asked.choices:
        if choice.lifted_at is not None:
            continue
        if choice.kind == "programme opt-out" and choice.programme_id == participant.programme_id:
            found.append(Hold("They have opted out of this programme. Do not contact them about it.", True))
        elif choice.kind == "do not contact":
            found.append(_do_not_contact(choice.channel or "any"))
        elif choice.kind == "hold":
            found.append(Hold(f"Hold: do not contact them. {choice.note}".strip(), True))
    if person.type1_opt_out or asked.type_1:
        found.append(Hold("Type 1 opt-out: their record is not used beyond their own care.", False))
    return found


def _told(person: Person, kind: str) -> Select[int]:
    return people_with(kind).where(DataOptOut.person_id == person.id)


def _of_the_record(person: Person) -> list[Hold]:
    """What the practice's list says, or no longer says."""
    found = []
    if person.died_on:
        found.append(Hold(HOLDS["died"], True))
    if person.left_on and person.left_on <= clock.today():
        found.append(Hold(HOLDS["left"], True))
    if person.missing_since:
        found.append(Hold(HOLDS["missing"].format(since=date(person.missing_since)), True))
    if person.sensitive:
        found.append(Hold(HOLDS["sensitive"], False))
    return found


def _do_not_contact(channel: str) -> Hold:
    if channel == "any":
        return Hold("They have asked us not to contact them in any way.", True)
    way = {"call": "phone", "email": "e-mail"}.get(channel, channel)
    return Hold(f"They have asked us not to contact them by {way}.", False)


def kept_participant(participant: Participant, person: Person) -> int | None:
    """The participant of the record that a merged one was put into, in the same programme; None elsewhere."""
    return db.session.scalar(
        select(Participant.id).where(
            Participant.person_id == person.merged_into,
            Participant.programme_id == participant.programme_id,
        )
    )


@holds.offers
def _before_contact(participant: Participant, person: Person) -> list[str]:
    """The same sentences for those who screen them."""
    return [hold.text for hold in holds_of(participant, person)]
