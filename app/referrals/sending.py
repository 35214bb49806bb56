"""Sending a referral: what may go to whom, the consent, the one shared record, and word to the partner."""

import datetime as dt
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import insert, select, update

from app import clock, mail
from app.care.models import Goal, Measurement
from app.care.people import Around
from app.care.rules import TOPICS
from app.here import here
from app.people.models import Person
from app.people.needs import communication_needs
from app.programmes import milestones
from app.programmes.models import Milestone, Participant
from app.referrals.forms import SendForm
from app.referrals.models import Consent, Referral, ReferralParty, Service
from app.referrals.rules import (
    REFERRAL_MILESTONES,
    WORDING_VERSION,
    Known,
    build_shared,
    covered,
    facts,
    milestones_of,
)
from app.render import date
from tenants.db import db
from tenants.models import Agreement, Organisation, settings_of_pcn


@dataclass(frozen=True)
class Offered:
    """A service, whose it is, and what may be shared with them today."""

    service: Service
    partner: Organisation
    may_share: frozenset[str]

    @property
    def agreed(self) -> bool:
        """Whether an agreement in date lets us refer at all."""
        return bool(self.may_share)


def services() -> list[Offered]:
    """Every service published in the ICB, each with what we may share with its partner today."""
    rows = db.session.execute(
        select(Service, Organisation)
        .join(Organisation, Organisation.id == Service.origin_org_id)
        .order_by(Service.name, Organisation.name)
    ).all()
    agreements = list(db.session.scalars(select(Agreement)))
    today = clock.today()
    return [
        Offered(service, partner, covered((a for a in agreements if a.partner_id == partner.id), today))
        for service, partner in rows
    ]


def known_of(person: Person, near: Around) -> Known:
    """What we know of a person that could be shared."""
    life = near.conversation.determinants if near.conversation else {}
    measured: list[Measurement] = []
    goals: list[Goal] = []
    if near.conversation is not None:
        measured = list(
            db.session.scalars(
                select(Measurement)
                .where(Measurement.conversation_id == near.conversation.id)
                .order_by(Measurement.id)
            )
        )
    if near.plan is not None:
        goals = list(db.session.scalars(select(Goal).where(Goal.plan_id == near.plan.id).order_by(Goal.id)))
    return Known(
        person=person,
        needs=communication_needs(person),
        life={label: life[topic] for topic, label in TOPICS.items() if life.get(topic)},
        measured=measured,
        plan=near.plan,
        goals=goals,
        our_phone=settings_of_pcn().phone,
    )


def send(participant: Participant, known: Known, to: Offered, form: SendForm) -> Referral:
    """Save the consent and the referral, and put it into both mailboxes.

    Raises IntegrityError where this very form was sent before.
    """
    reason, wants = form.reason.data or "", form.wants.data or ""
    classes = [name for name in (form.classes.data or []) if name in to.may_share]
    consent = _consent(participant, to, form, classes)
    referral = Referral(
        participant_id=participant.id,
        person_id=participant.person_id,
        consent_id=consent.id,
        partner_id=to.partner.id,
        shared_with=to.partner.id,
        service_name=to.service.name,
        sender_name=here.organisation.name,
        shared=build_shared(facts(known, reason, wants), agreed=to.may_share, consented=classes),
        sent_by=here.name,
        sent_by_id=here.account.id if here.account else None,
        sent_at=clock.now(),
        reply_by=clock.today() + dt.timedelta(days=to.service.reply_days),
        form_key=form.form_key.data,
        state="sent",
    )
    db.session.add(referral)
    db.session.flush()
    _into_mailboxes(referral)
    come_to(participant.id)
    tell_partner(to.service, to.partner, referral, "A new referral waits for you")
    return referral


def _consent(participant: Participant, to: Offered, form: SendForm, classes: list[str]) -> Consent:
    consent = Consent(
        person_id=participant.person_id,
        participant_id=participant.id,
        partner_id=to.partner.id,
        data_classes=classes,
        purpose=form.reason.data or "",
        mode=form.mode.data,
        wording_version=WORDING_VERSION,
        taken_by=here.name,
        taken_at=clock.now(),
    )
    db.session.add(consent)
    db.session.flush()
    return consent


def _into_mailboxes(referral: Referral) -> None:
    for org, side in ((referral.tenant_id, "sender"), (referral.partner_id, "partner")):
        values = {
            "org_id": org,
            "tenant_id": referral.tenant_id,
            "referral_id": referral.id,
            "side": side,
            "sent_at": referral.sent_at,
        }
        # Without RETURNING: the partner's mailbox cannot be read from here.
        db.session.execute(insert(ReferralParty).values(**values).inline())


def come_to(participant_id: int) -> None:
    """Bring a participant's milestones in line with the states of their referrals."""
    states = db.session.scalars(select(Referral.state).where(Referral.participant_id == participant_id))
    wanted = milestones_of(list(states))
    live = set(
        db.session.scalars(
            select(Milestone.kind).where(
                Milestone.participant_id == participant_id,
                Milestone.kind.in_(REFERRAL_MILESTONES),
                Milestone.withdrawn_at.is_(None),
            )
        )
    )
    for kind in REFERRAL_MILESTONES:
        if kind in wanted and kind not in live:
            milestones.reach(participant_id, kind)
        elif kind in live and kind not in wanted:
            milestones.withdraw(participant_id, kind)


def address(endpoint: str, **values: str | int) -> str:
    """The full address of a page, for mail; works in the worker too."""
    path = current_app.url_map.bind("").build(endpoint, values)
    return f"{current_app.config['BASE_URL']}{path}"


def tell_partner(service: Service, partner: Organisation, referral: Referral, news: str) -> None:
    """Mail to whoever takes referrals at the partner, without a word about the person."""
    if not service.contact_email:
        return
    link = address("referrals.inbox", slug=partner.slug)
    body = (
        f"{news} in Oast.\n\nFrom: {referral.sender_name}\nService: {service.name}\n"
        f"Answer by: {date(referral.reply_by)}\n\nSign in to read it: {link}\n"
    )
    mail.post(service.contact_email, f"{news} in Oast", body, key=f"referral {referral.id}: {news}")


def withdraw(referral: Referral, reason: str, *, states: tuple[str, ...] = ("sent",)) -> bool:
    """Take a referral back, so that the partner has nothing of it but its mailbox entry.

    False where it is in none of `states` any more.
    """
    done = db.session.execute(
        update(Referral)
        .where(Referral.id == referral.id, Referral.state.in_(states))
        .values(state="withdrawn", withdrawn_at=clock.now(), withdrawn_reason=reason, shared_with=None)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        return False
    come_to(referral.participant_id)
    _tell_withdrawn(referral)
    return True


def _tell_withdrawn(referral: Referral) -> None:
    row = db.session.execute(
        select(Service, Organisation)
        .join(Organisation, Organisation.id == Service.origin_org_id)
        .where(Service.origin_org_id == referral.partner_id, Service.name == referral.service_name)
    ).one_or_none()
    if row is not None:
        tell_partner(row[0], row[1], referral, "A referral was withdrawn")


def withdraw_consent(referral: Referral) -> bool:
    """The person no longer agrees: the consent ends and the partner no longer sees the referral."""
    done = db.session.execute(
        update(Consent)
        .where(Consent.id == referral.consent_id, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=clock.now())
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        return False
    withdraw(referral, "consent withdrawn", states=("sent", "accepted"))
    _close_to_partner(referral)
    return True


def _close_to_partner(referral: Referral) -> None:
    """A declined or finished referral keeps its state; the partner stops seeing it all the same."""
    db.session.execute(update(Referral).where(Referral.id == referral.id).values(shared_with=None))


def open_referral(participant_id: int, to: Offered) -> Referral | None:
    """A referral of the participant to this service that is still waiting for its answer."""
    return db.session.scalars(
        select(Referral)
        .where(
            Referral.participant_id == participant_id,
            Referral.partner_id == to.partner.id,
            Referral.service_name == to.service.name,
            Referral.state == "sent",
        )
        .limit(1)
    ).one_or_none()


def sent_with(form_key: str) -> Referral | None:
    """The referral that the form with this key made, if it was sent before."""
    return db.session.scalars(select(Referral).where(Referral.form_key == form_key)).one_or_none()
