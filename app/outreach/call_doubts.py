"""Of whom anything is recorded that could keep them from being rung: the database's first look.

It decides nothing. `rules.why_not` is asked of each of these, and of everybody again at the moment of
ringing. Nobody else needs asking, which lets a list of thousands be counted and paged by the database. Proved
for each reason in tests/outreach/test_call_list.py.
"""

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Interval, and_, exists, func, literal, or_, select, text
from sqlalchemy.orm import aliased

from app import clock
from app.cohorts.models import Cohort, Screening
from app.cohorts.release import in_force_for
from app.outreach.call_models import Call, CallAttempt
from app.outreach.choice_models import ContactChoice, ContactNeed
from app.outreach.gateway_models import BadAddress
from app.outreach.models import Contact
from app.outreach.rules import BY_SIGNS, NO_TELEPHONE_CONTACT, NOT_YET_ANSWERED, WANT_TO_BE_RUNG
from app.people.models import Person
from app.programmes.models import Participant
from tenants.models import PcnSettings

USABLE = r"^((\+|00)44(0)?|0)[12378]\d{8,9}$"

# Outside the age of any rule that everybody in the frozen cohort must meet.
_NOT_OF_AGE = """
EXISTS (
  SELECT FROM cohort k, jsonb_array_elements(k.definition -> 'rules') rule
  WHERE k.tenant_id = call.tenant_id AND k.programme_id = call.programme_id AND k.state = 'frozen'
  AND rule ->> 'kind' = 'age' AND extract(year FROM age(:today, person.born))
    NOT BETWEEN (rule ->> 'from')::int AND (rule ->> 'to')::int
)"""


def doubtful() -> ColumnElement[bool]:
    """Whether anything is recorded of a person that can keep them from being rung: never too few of them.

    Asked of calls joined with their people, their participants and the PCN's settings.
    """
    return or_(
        Person.died_on.is_not(None),
        Person.left_on.is_not(None),
        Person.missing_since.is_not(None),
        Person.sensitive,
        _of_theirs(ContactChoice, ContactChoice.lifted_at.is_(None)),
        _of_theirs(BadAddress, BadAddress.lifted_at.is_(None)),
        Participant.status.not_in(NOT_YET_ANSWERED | WANT_TO_BE_RUNG),
        func.lower(Person.preferred_contact).in_(NO_TELEPHONE_CONTACT),
        by_signs(),
        and_(~_usable(Person.mobile), ~_usable(Person.home_phone)),
        ~exists().where(in_force_for(Call)),
        _waits_for_screening(),
        text(_NOT_OF_AGE).bindparams(today=clock.today()),
        _contacted_much(),
    )


def by_signs() -> ColumnElement[bool]:
    """Whether a person signs by their practice's list or by what they asked for: `rules.signs`, or more."""
    listed = (Person.preferred_contact, Person.information_format, Person.language)
    asked = _of_theirs(
        ContactNeed, func.lower(ContactNeed.value).in_(BY_SIGNS), ContactNeed.lifted_at.is_(None)
    )
    return or_(*(func.lower(column).in_(BY_SIGNS) for column in listed), asked)


def _of_theirs(model: Any, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(model.tenant_id == Call.tenant_id, model.person_id == Call.person_id, *which)


def _usable(number: Any) -> ColumnElement[bool]:
    return func.regexp_replace(number, r"[^\d+]", "", "g").op("~")(USABLE)


def _waits_for_screening() -> ColumnElement[bool]:
    first = exists().where(
        Cohort.tenant_id == Call.tenant_id, Cohort.programme_id == Call.programme_id, Cohort.screened_first
    )
    kept = exists().where(
        Screening.tenant_id == Call.tenant_id,
        Screening.participant_id == Call.participant_id,
        Screening.decision == "keep",
        Screening.replaced_at.is_(None),
    )
    return and_(first, ~kept)


def _contacted_much() -> ColumnElement[bool]:
    """Contacted often, or lately for another programme; counted a little too early rather than too late."""
    theirs = and_(
        Contact.tenant_id == Call.tenant_id, Contact.person_id == Call.person_id, Contact.state == "sent"
    )
    since, lately = _days_ago(PcnSettings.contacts_days + 1), _days_ago(PcnSettings.days_between + 1)
    sent = select(func.count()).where(theirs, Contact.sent_at > since)
    rung = _rung(CallAttempt.at > since)
    elsewhere = exists().where(
        theirs, Contact.participant_id != Call.participant_id, Contact.sent_at > lately
    )
    rung_elsewhere = _rung(CallAttempt.participant_id != Call.participant_id, CallAttempt.at > lately) > 0
    near = and_(PcnSettings.days_between > 0, or_(elsewhere, rung_elsewhere))
    counted = sent.correlate(Call, PcnSettings).scalar_subquery() + rung
    return or_(counted >= PcnSettings.most_contacts, near)


def _days_ago(days: ColumnElement[int]) -> ColumnElement[dt.datetime]:
    return literal(clock.now(), DateTime(timezone=True)) - days * literal(dt.timedelta(days=1), Interval())


def _rung(*which: ColumnElement[bool]) -> Any:
    """How often the person was rung, for whichever programme."""
    one = aliased(Call)
    return (
        select(func.count())
        .select_from(CallAttempt)
        .join(one, (one.tenant_id == CallAttempt.tenant_id) & (one.id == CallAttempt.call_id))
        .where(one.tenant_id == Call.tenant_id, one.person_id == Call.person_id, *which)
        .correlate(Call, PcnSettings)
        .scalar_subquery()
    )
