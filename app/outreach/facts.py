"""What is known of participants that bears on contacting them, for one or for thousands in one statement."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from app import clock
from app.cohorts.models import Cohort, Release, Screening
from app.outreach.choice_models import ContactChoice
from app.outreach.gateway_models import BadAddress
from app.outreach.models import Batch, Blackout, Contact, Reply, Step
from app.outreach.rules import Attempt, Facts, Sending, national
from app.people.models import Person
from app.programmes.models import Participant, Programme
from tenants.db import db
from tenants.models import PcnSettings, Practice


@dataclass(frozen=True)
class Known:
    """One participant: who they are, their practice's name, and the facts."""

    participant: Participant
    person: Person
    practice: str
    facts: Facts


def known_in(programme_id: int) -> list[Known]:
    """Every participant of a programme, in the order of the list."""
    return _known(Participant.programme_id == programme_id)


def known_of(participant_ids: Collection[int]) -> dict[int, Known]:
    """The participants of these ids, as they are in the database at this moment."""
    wanted = func.any(bindparam(None, list(participant_ids), ARRAY(BigInteger)))
    return {known.participant.id: known for known in _known(Participant.id == wanted)}


def _known(which: Any) -> list[Known]:
    statement = (
        select(Participant, Person, Practice.name, *_asked_of_us())
        .join(Person, (Person.tenant_id == Participant.tenant_id) & (Person.id == Participant.person_id))
        .join(Practice, (Practice.tenant_id == Person.tenant_id) & (Practice.id == Person.practice_id))
        .where(which)
        .order_by(Participant.id)
        .execution_options(populate_existing=True)
    )
    return [_read(*row) for row in db.session.execute(statement)]


def _asked_of_us() -> tuple[Any, ...]:
    choice_of_theirs = (
        (ContactChoice.tenant_id == Participant.tenant_id)
        & (ContactChoice.person_id == Participant.person_id)
        & ContactChoice.lifted_at.is_(None)
    )
    released = exists().where(
        Release.tenant_id == Participant.tenant_id,
        Release.programme_id == Participant.programme_id,
        Release.practice_id == Person.practice_id,
        Release.withdrawn_at.is_(None),
    )
    opted_out = exists().where(
        choice_of_theirs,
        ContactChoice.kind == "programme opt-out",
        ContactChoice.programme_id == Participant.programme_id,
    )
    channels = select(func.array_agg(ContactChoice.channel)).where(
        choice_of_theirs, ContactChoice.kind == "do not contact"
    )
    again = (
        select(Reply.ask_again_on)
        .where(Reply.tenant_id == Participant.tenant_id, Reply.participant_id == Participant.id)
        .order_by(Reply.id.desc())
        .limit(1)
    )
    held = exists().where(choice_of_theirs, ContactChoice.kind == "hold")
    return (
        released,
        _screened(),
        opted_out,
        channels.correlate(Participant).scalar_subquery(),
        again.scalar_subquery(),
        held,
        _bad(),
        *_contacts(),
    )


def _bad() -> Any:
    """What does not reach the person, each as its kind and value."""
    wanted = select(func.array_agg(BadAddress.kind + ":" + BadAddress.value)).where(
        BadAddress.tenant_id == Participant.tenant_id,
        BadAddress.person_id == Participant.person_id,
        BadAddress.lifted_at.is_(None),
    )
    return wanted.correlate(Participant).scalar_subquery()


def _contacts() -> tuple[Any, Any]:
    """How often the person was contacted in the days that the PCN counts, and last by another programme."""
    days = select(PcnSettings.contacts_days).where(PcnSettings.tenant_id == Contact.tenant_id)
    since: Any = literal(clock.now()) - days.correlate(Contact).scalar_subquery() * literal_column(
        "interval '1 day'"
    )
    theirs = (
        (Contact.tenant_id == Participant.tenant_id)
        & (Contact.person_id == Participant.person_id)
        & (Contact.state == "sent")
    )
    often = select(func.count()).where(theirs, Contact.sent_at > since)
    elsewhere = select(func.max(Contact.sent_at)).where(theirs, Contact.participant_id != Participant.id)
    return (
        often.correlate(Participant).scalar_subquery(),
        elsewhere.correlate(Participant).scalar_subquery(),
    )


def _screened() -> ColumnElement[bool]:
    """Whether a clinician has said to keep them, or nobody is screened in their programme."""
    asked_for = exists().where(
        Cohort.tenant_id == Participant.tenant_id,
        Cohort.programme_id == Participant.programme_id,
        Cohort.screened_first,
    )
    kept = exists().where(
        Screening.tenant_id == Participant.tenant_id,
        Screening.participant_id == Participant.id,
        Screening.decision == "keep",
        Screening.replaced_at.is_(None),
    )
    return or_(~asked_for, kept)


def _read(
    participant: Participant,
    person: Person,
    practice: str,
    released: bool,
    screened: bool,
    opted_out: bool,
    channels: Any,
    again: Any,
    held: bool,
    bad: Any,
    contacts: int,
    last_elsewhere: dt.datetime | None,
) -> Known:
    wrong = frozenset(bad or ())
    facts = Facts(
        died_on=person.died_on,
        left_on=person.left_on,
        missing_since=person.missing_since,
        sensitive=person.sensitive,
        released=released,
        screened=screened,
        opted_out=opted_out,
        do_not_contact=frozenset(channels or ()),
        preferred_contact=person.preferred_contact,
        information_format=person.information_format,
        mobile="" if f"mobile:{national(person.mobile)}" in wrong else person.mobile,
        home_phone="" if f"home phone:{national(person.home_phone)}" in wrong else person.home_phone,
        email="" if f"email:{person.email}" in wrong else person.email,
        address_complete=_is_complete(person) and f"address:{address_of(person)}" not in wrong,
        status=participant.status,
        ask_again_on=again,
        held=held,
        contacts=contacts,
        last_elsewhere=clock.local(last_elsewhere).date() if last_elsewhere else None,
    )
    return Known(participant, person, practice, facts)


def _is_complete(person: Person) -> bool:
    return bool(person.house and person.street and person.postcode)


def address_lines(person: Person) -> list[str]:
    """Name and postal address, one line each, without empty lines."""
    lines = (person.name, f"{person.house} {person.street}".strip(), person.town, person.postcode)
    return [line for line in lines if line]


def address_of(person: Person) -> str:
    """A person's postal address on one line, as it is kept with a letter and marked as bad."""
    return ", ".join(address_lines(person))


def sending_of(programme_id: int, step: Step | None = None) -> Sending:
    """What holds for the whole programme now, within the hours and weekdays of `step`.

    Raises NoResultFound where the PCN has no such programme.
    """
    today = clock.today()
    closed = (
        select(func.array_agg(Blackout.channels))
        .where(
            Blackout.tenant_id == Programme.tenant_id,
            Blackout.removed_at.is_(None),
            Blackout.starts_on <= today,
            Blackout.ends_on >= today,
        )
        .correlate(Programme)
        .scalar_subquery()
    )
    statement = select(Programme.state, closed, PcnSettings).where(
        Programme.id == programme_id, PcnSettings.tenant_id == Programme.tenant_id
    )
    state, closed_to, kept = db.session.execute(statement.execution_options(populate_existing=True)).one()
    sending = Sending(
        state=state,
        stopped=kept.sending_stopped_at is not None,
        closed_to=frozenset(channel for channels in closed_to or () for channel in channels),
        most_contacts=kept.most_contacts,
        days_between=kept.days_between,
        opens=kept.send_from,
        closes=kept.send_until,
    )
    return sending if step is None else sending.narrowed(step.opens, step.closes, step.weekdays or ())


def attempts_in(programme_id: int) -> dict[int, list[Attempt]]:
    """What was tried with each participant of a programme, in the order of trying."""
    statement = (
        select(Contact.participant_id, Step.position, Contact.state, Contact.reason, Contact.sent_at)
        .join(Step, (Step.tenant_id == Contact.tenant_id) & (Step.id == Contact.step_id))
        .join(Batch, (Batch.tenant_id == Contact.tenant_id) & (Batch.id == Contact.batch_id))
        .where(
            Batch.programme_id == programme_id,
            (Batch.state != "cancelled") | Contact.state.in_(("sending", "sent", "failed")),
        )
        .order_by(Contact.id)
    )
    tried: dict[int, list[Attempt]] = {}
    for participant_id, position, state, reason, sent_at in db.session.execute(statement):
        on = clock.local(sent_at).date() if sent_at else None
        tried.setdefault(participant_id, []).append(Attempt(position, state, reason, on))
    return tried
