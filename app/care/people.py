"""Finding a person among those who may be contacted, and what must be known before anything else."""

from dataclasses import dataclass

from sqlalchemy import Row, or_, select

from app.care.models import Conversation, Plan
from app.care.rules import HOLDS
from app.cohorts.models import Release
from app.outreach.models import ContactChoice
from app.people import rules
from app.people.models import Person
from app.programmes.models import Participant, Programme
from tenants.db import db
from tenants.models import Practice

MOST = 25


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

    Each with the name of the programme. Raises NotAnNhsNumber.
    """
    number = nhs_number_in(words)
    if number is not None:
        wanted = Person.nhs_number == number
    else:
        key = rules.name_key(words)
        wanted = or_(Person.name_key.like(f"{key}%"), Person.name_key.like(f"% {key}%"))
    statement = (
        select(Participant, Person, Programme.name)
        .join(Person, (Person.tenant_id == Participant.tenant_id) & (Person.id == Participant.person_id))
        .join(Programme, Programme.id == Participant.programme_id)
        .join(
            Release,
            (Release.programme_id == Participant.programme_id)
            & (Release.practice_id == Person.practice_id)
            & Release.withdrawn_at.is_(None),
        )
        .where(wanted)
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


def holds_of(participant: Participant, person: Person) -> list[Hold]:
    """What must be known before this person is contacted. Opt-outs of different kinds stay apart."""
    facts = {"died": person.died_on, "left": person.left_on, "sensitive": person.sensitive}
    found = [Hold(HOLDS[name], name != "sensitive") for name, holds in facts.items() if holds]
    choices = db.session.scalars(
        select(ContactChoice)
        .where(ContactChoice.person_id == person.id, ContactChoice.lifted_at.is_(None))
        .order_by(ContactChoice.at)
    )
    for choice in choices:
        if choice.kind == "programme opt-out" and choice.programme_id == participant.programme_id:
            found.append(Hold("They have opted out of this programme. Do not contact them about it.", True))
        elif choice.kind == "do not contact":
            found.append(_do_not_contact(choice.channel or "any"))
    if person.type1_opt_out:
        found.append(Hold("Type 1 opt-out: their record is not used beyond their own care.", False))
    return found


def _do_not_contact(channel: str) -> Hold:
    if channel == "any":
        return Hold("They have asked us not to contact them in any way.", True)
    return Hold(f"They have asked us not to contact them by {channel}.", False)
