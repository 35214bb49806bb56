"""The sending PCN's list of referrals, silent ones first, and what of it waits for somebody."""

from typing import Any

from sqlalchemy import Row, and_, case, exists, func, select
from sqlalchemy.orm import aliased

from app import clock
from app.cohorts.models import Release
from app.cohorts.release import in_force_for
from app.here import here
from app.people.models import Person
from app.programmes.models import Participant
from app.referrals.models import Consent, Referral, ReferralParty
from tenants.db import db
from tenants.models import Organisation

PAGE = 25
NAMES: dict[str, str] = {
    "silent": "No answer in time",
    "again": "Declined, to refer again",
    "waiting": "Waiting for an answer",
    "accepted": "Accepted",
    "declined": "Declined",
    "withdrawn": "Withdrawn",
}

STATES = ("waiting", "accepted", "declined", "withdrawn")  # each referral is in one of these


def _shown() -> dict[str, Any]:
    later = aliased(Referral)
    sent_later = exists().where(
        later.tenant_id == Referral.tenant_id,
        later.participant_id == Referral.participant_id,
        later.id > Referral.id,
    )
    return {
        "silent": and_(Referral.state == "sent", Referral.reply_by < clock.today()),
        "again": and_(Referral.state == "declined", ~sent_later),
        "waiting": Referral.state == "sent",
        "accepted": Referral.state.in_(("accepted", "finished")),
        "declined": Referral.state == "declined",
        "withdrawn": Referral.state == "withdrawn",
    }


def _ours(*columns: Any) -> Any:
    """From our mailbox to the referral by key."""
    return (
        select(*columns)
        .select_from(ReferralParty)
        .join(
            Referral,
            (Referral.tenant_id == ReferralParty.tenant_id) & (Referral.id == ReferralParty.referral_id),
        )
        .where(ReferralParty.org_id == here.organisation.id)
    )


def counts() -> dict[str, int]:
    """How many referrals each of the filters shows."""
    shown = _shown()
    row = db.session.execute(_ours(*(func.count().filter(which) for which in shown.values()))).one()
    return dict(zip(shown, row, strict=True))


Listed = Row[Referral, Person, str, int | None]


def _with_person(statement: Any) -> Any:
    return (
        statement.join(Person, Person.id == Referral.person_id)
        .join(Participant, Participant.id == Referral.participant_id)
        .join(Organisation, Organisation.id == Referral.partner_id)
        .outerjoin(Release, in_force_for(Participant))
    )


def listed(show: str | None, page: int) -> list[Listed]:
    """One page of referrals with person, partner's name and whether the practice releases its people."""
    shown = _shown()
    order = case((shown["silent"], 0), (shown["again"], 1), (shown["waiting"], 2), else_=3)
    statement = (
        _with_person(_ours(Referral, Person, Organisation.name, Release.id))
        .order_by(order, Referral.sent_at.desc(), Referral.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return list(db.session.execute(statement.where(shown[show]) if show else statement).all())


def one(referral_id: int) -> Listed | None:
    """One referral with the same."""
    statement = _with_person(_ours(Referral, Person, Organisation.name, Release.id))
    row: Listed | None = db.session.execute(statement.where(Referral.id == referral_id)).one_or_none()
    return row


def of_participant(participant_id: int) -> list[Row[Referral, str, Consent]]:
    """All referrals of a participant, the latest first, with the partner's name and the consent to it."""
    statement = (
        select(Referral, Organisation.name, Consent)
        .join(Organisation, Organisation.id == Referral.partner_id)
        .join(Consent, (Consent.tenant_id == Referral.tenant_id) & (Consent.id == Referral.consent_id))
        .where(Referral.participant_id == participant_id)
        .order_by(Referral.id.desc())
    )
    return list(db.session.execute(statement).all())
