"""What happens as the PCN when a partner has answered a referral."""

from sqlalchemy import select

from app import audit, clock, mail, outbox
from app.referrals.models import Referral
from app.referrals.sending import address, come_to
from tenants import scope
from tenants.db import Json, db
from tenants.models import Account, Organisation


@outbox.handles("referral.answered")
def answered(payload: Json) -> None:
    """Record the milestone and tell the sender, once however often it is run."""
    referral = db.session.scalars(
        select(Referral).where(Referral.id == payload["referral_id"]).with_for_update()
    ).one_or_none()
    if referral is None or referral.decided_at is None or referral.sender_told_at is not None:
        return
    referral.sender_told_at = clock.now()
    db.session.flush()
    come_to(referral.participant_id)
    _mail_sender(referral)
    audit.record("told", "sender of a referral", referral.id, person_id=referral.person_id)


def _mail_sender(referral: Referral) -> None:
    sender = db.session.get(Account, referral.sent_by_id) if referral.sent_by_id else None
    us = db.session.get(Organisation, scope.current().org)
    if sender is None or us is None:
        return
    link = address("referrals.view", slug=us.slug, referral_id=referral.id)
    subject = f"A referral was {'accepted' if referral.state == 'accepted' else 'declined'}"
    body = f"{subject}: {referral.service_name}.\n\nSign in to read the answer: {link}\n"
    mail.post(sender.email, subject, body, key=f"referral {referral.id} answered")
