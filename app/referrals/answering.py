"""The partner's side: its mailbox, a referral in it, and the one answer that it may give."""

from typing import Any

from sqlalchemy import Row, and_, case, func, or_, select, update

from app import clock, outbox
from app.here import here
from app.referrals.models import Referral, ReferralParty
from tenants.db import db
from tenants.models import Organisation

CLOSED = ("declined", "finished", "withdrawn")
SHOWN: dict[str, Any] = {
    "new": Referral.state == "sent",
    "accepted": Referral.state == "accepted",
    "closed": or_(Referral.id.is_(None), Referral.state.in_(CLOSED)),
}
PAGE = 25

# A withdrawn referral is gone for the partner: its mailbox entry joins to nothing.
_JOINED = and_(Referral.tenant_id == ReferralParty.tenant_id, Referral.id == ReferralParty.referral_id)


def counts(*, only_accepted: bool) -> dict[str, int]:
    """How many referrals wait, are accepted and are closed, of those that the person here may see."""
    names = ["accepted"] if only_accepted else list(SHOWN)
    statement = (
        select(*(func.count().filter(SHOWN[name]) for name in names))
        .select_from(ReferralParty)
        .outerjoin(Referral, _JOINED)
        .where(ReferralParty.org_id == here.organisation.id)
    )
    return dict(zip(names, db.session.execute(statement).one(), strict=True))


def inbox(show: str | None, page: int, *, only_accepted: bool) -> list[Row[ReferralParty, Referral, str]]:
    """One page of the mailbox, new ones first and of those the oldest first; with the sender's name."""
    order = case((SHOWN["new"], 0), (SHOWN["accepted"], 1), else_=2)
    newest_last = case((SHOWN["new"], ReferralParty.sent_at))
    statement = (
        select(ReferralParty, Referral, Organisation.name)
        .outerjoin(Referral, _JOINED)
        .join(Organisation, Organisation.id == ReferralParty.tenant_id)
        .where(ReferralParty.org_id == here.organisation.id)
        .order_by(order, newest_last, ReferralParty.sent_at.desc(), ReferralParty.referral_id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    wanted = "accepted" if only_accepted else show
    return list(db.session.execute(statement.where(SHOWN[wanted]) if wanted else statement).all())


def party_of(tenant_id: int, referral_id: int) -> ReferralParty | None:
    """The mailbox entry of the organisation acting for that referral."""
    return db.session.get(ReferralParty, (here.organisation.id, tenant_id, referral_id))


def referral_of(party: ReferralParty) -> Referral | None:
    """The referral behind a mailbox entry; None once it was withdrawn."""
    return db.session.get(Referral, (party.tenant_id, party.referral_id), populate_existing=True)


def mark_seen(referral: Referral) -> None:
    """The partner has opened the referral; the first time is kept."""
    if referral.seen_at is None:
        referral.seen_at = clock.now()


def answer(party: ReferralParty, state: str, **said: str | None) -> bool:
    """Accept or decline, once. True when this answer is the one that counts; its PCN is told by a worker."""
    account = here.account
    statement = (
        update(Referral)
        .where(
            Referral.tenant_id == party.tenant_id,
            Referral.id == party.referral_id,
            Referral.state == "sent",
        )
        .values(
            state=state,
            decided_at=clock.now(),
            decided_by=here.name,
            decided_by_account=account.id if account else None,
            **said,
        )
    )
    if not db.session.execute(statement).rowcount:  # type: ignore[attr-defined]
        return False
    outbox.leave(
        "referral.answered",
        "Tell the sender that a referral was answered",
        {"referral_id": party.referral_id},
        key=str(party.referral_id),
        for_org=party.tenant_id,
    )
    return True
