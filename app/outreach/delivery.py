"""What became of a message: told by callback or asked for, in any order, any number of times.

What is said is kept as it comes, once each. Then the message's own row is brought up to date under its lock:
a word that is final is not overwritten, except that a letter can still come back.
"""

import datetime as dt
from collections.abc import Iterable, Mapping

from sqlalchemy import Select, and_, exists, func, or_, select, update

from app import audit, clock, outbox
from app.outreach import accounts, bad_addresses
from app.outreach.gateway_models import DeliveryReport
from app.outreach.gateways import Busy, NotConnected, Refused, Unclear
from app.outreach.models import Batch, Contact, Step
from app.outreach.notify import DELIVERY_OF
from app.programmes.milestones import reach_many, withdraw
from tenants import scope
from tenants.adding import add_once
from tenants.db import db

NOT_REACHED = frozenset(
    {"permanent failure", "temporary failure", "technical failure", "returned", "cancelled"}
)
FINAL = NOT_REACHED | {"delivered"}
BAD = frozenset({"permanent failure", "returned"})
WORDS = {
    "permanent failure": "not delivered: the number or address does not work",
    "temporary failure": "not delivered: the phone or mailbox could not be reached",
    "technical failure": "not delivered: something went wrong on the way",
    "returned": "the letter came back",
    "cancelled": "cancelled at GOV.UK Notify before it went out",
}
# Of letters only. Source: GOV.UK Notify, REST API documentation, letter status descriptions.
NOT_PRINTED = {
    "validation-failed": "GOV.UK Notify could not print the letter: check the address, and that it has no "
    "more than 10 pages",
    "virus-scan-failed": "GOV.UK Notify did not print the letter: it found what may be a virus",
}
ARRIVED = "the message before this one arrived after all"
NO_ANSWER = "the gateway did not answer"  # why a message is given up after too many tries
KINDS = {"text": "mobile", "email": "email", "letter": "address"}
FIRST_ASKED_AFTER = dt.timedelta(hours=1)
ASKED_AGAIN_AFTER = dt.timedelta(hours=2)
ASKED_FOR = dt.timedelta(days=5)
AT_ONCE = 100


def report(contact_id: int, status: str, said_at: dt.datetime, how: str) -> bool:
    """Keep what was said of a message. False where it was said before, or in a word that we do not know."""
    meant = DELIVERY_OF.get(status)
    if meant is None:
        return False
    number = add_once(
        DeliveryReport, contact_id=contact_id, status=status, delivery=meant, said_at=said_at,
        received_at=clock.now(), how=how,
    )  # fmt: skip
    audit.record("reported", "message", contact_id, status=status, how=how, before=number is None)
    if number is None:
        return False
    outbox.leave(
        "outreach.reported", "Take in what became of a message", {"contact_id": contact_id}, key=str(number)
    )
    return True


def take_in(contact_id: int) -> bool:
    """Bring a message up to date with all that was said of it, and do what follows.

    False where it is being sent at this moment, or another takes it in: nothing was done, try again.
    """
    wanted = select(Contact).where(Contact.id == contact_id)
    locked = wanted.with_for_update(key_share=True, skip_locked=True)
    contact = db.session.scalars(locked.execution_options(populate_existing=True)).one_or_none()
    if contact is None:
        return not db.session.scalar(select(wanted.exists()))
    said = select(DeliveryReport).where(DeliveryReport.contact_id == contact_id)
    found = _of(db.session.scalars(said.order_by(DeliveryReport.said_at, DeliveryReport.id)))
    if found is not None and found.delivery != contact.delivery:
        contact.delivery, contact.delivery_at = found.delivery, found.said_at
        audit.record("came to", "message", contact.id, person_id=contact.person_id, delivery=found.delivery)
        _follow(contact, found)
    return True


def _follow(contact: Contact, found: DeliveryReport) -> None:
    if found.delivery in NOT_REACHED and contact.state in ("sent", "sending"):
        _failed(contact, found)
    elif found.delivery not in NOT_REACHED and contact.reason == NO_ANSWER:
        _went_out_after_all(contact, found.said_at)


def _went_out_after_all(contact: Contact, at: dt.datetime) -> None:
    """The gateway had it, although it had not answered when it was given up.

    Nobody gets it a second time: whoever waits for it again since then waits no more. Where the second is
    already under way, the first keeps its place as failed, so that the step has reached them once.
    """
    again = (
        Contact.step_id == contact.step_id,
        Contact.participant_id == contact.participant_id,
        Contact.id != contact.id,
    )
    if db.session.scalar(select(exists().where(*again, Contact.state.in_(("sending", "sent"))))):
        return
    waiting = update(Contact).where(*again, Contact.state == "waiting")
    db.session.execute(waiting.values(state="cancelled", reason=ARRIVED))
    contact.state, contact.reason, contact.sent_at = "sent", None, at
    reach_many([contact.participant_id], "contacted")
    audit.record("went out after all", "message", contact.id, person_id=contact.person_id)


def _of(reports: Iterable[DeliveryReport]) -> DeliveryReport | None:
    """The report that holds: a letter's return, else the first that is final, else the latest."""
    latest = final = None
    for one in reports:
        if one.delivery == "returned":
            return one
        latest = one
        final = final or (one if one.delivery in FINAL else None)
    return final or latest


def _failed(contact: Contact, found: DeliveryReport) -> None:
    contact.state, contact.reason = "failed", _why(found)
    if found.delivery in BAD and contact.recipient:
        bad_addresses.mark(
            contact.person_id,
            KINDS[_channel(contact)],
            contact.recipient,
            why=WORDS[found.delivery],
            source=found.how if found.how == "entered by staff" else "what the gateway said",
        )
    db.session.flush()
    others = exists().where(Contact.participant_id == contact.participant_id, Contact.state == "sent")
    if not db.session.scalar(select(others)):
        withdraw(contact.participant_id, "contacted")
    audit.record("not delivered", "message", contact.id, person_id=contact.person_id, delivery=found.delivery)


def _why(found: DeliveryReport) -> str:
    return NOT_PRINTED.get(found.status) or WORDS[found.delivery]


def _channel(contact: Contact) -> str:
    return db.session.get_one(Step, (scope.current().tenant, contact.step_id)).channel


def leave_asking(batch: Batch, channel: str) -> None:
    """Ask the gateway later for what it does not tell by itself, where it is one that can be asked.

    Said when a batch is over, and whenever it stands still. One piece of work does it, which ends when every
    message has its final word, and begins anew when there are others.
    """
    if db.session.scalar(_open(batch).limit(1)) is None or _is_over(batch):
        return
    if accounts.notify_of(channel) is None:
        return
    when = clock.now() + FIRST_ASKED_AFTER
    what = ("outreach.ask", "Ask what became of messages", {"batch_id": batch.id})
    outbox.leave_anew(*what, key=str(batch.id), run_after=when)


def ask(batch: Batch, channel: str) -> outbox.Later | None:
    """Ask for messages of a batch without a final word; when to ask again, None when that is over."""
    notify = accounts.notify_of(channel)
    if notify is None:
        return None
    moment = clock.now()
    to_ask = list(db.session.scalars(_unsettled(batch, moment - ASKED_AGAIN_AFTER / 2).limit(AT_ONCE)))
    for contact in to_ask:
        try:
            told = notify.status_of(contact.provider_id or "")
        except (Busy, NotConnected, Unclear):
            break
        except Refused:
            told = {}
        contact.delivery_at = moment
        report(contact.id, told.get("status", ""), _moment(told), "asked")
    audit.record("asked about", "messages", batch.id, count=len(to_ask))
    if len(to_ask) == AT_ONCE:
        return outbox.Later(moment)
    over = db.session.scalar(_open(batch).limit(1)) is None or _is_over(batch)
    return None if over else outbox.Later(moment + ASKED_AGAIN_AFTER)


def _is_over(batch: Batch) -> bool:
    """Whether it is too late to ask: days after a batch was done, or else after its last message."""
    last = select(func.max(Contact.sent_at)).where(Contact.batch_id == batch.id)
    ended = batch.finished_at or db.session.scalar(last) or clock.now()
    return clock.now() - ended > ASKED_FOR


def _open(batch: Batch) -> Select[int]:
    """Messages without a final word, and those that are being sent."""
    sent = and_(Contact.state == "sent", Contact.provider_id.is_not(None))
    without = sent & Contact.delivery.not_in(tuple(FINAL))
    return select(Contact.id).where(Contact.batch_id == batch.id, or_(without, Contact.state == "sending"))


def _unsettled(batch: Batch, before: dt.datetime) -> Select[Contact]:
    """Messages without a final word of which nothing was heard, nor was it asked, since `before`."""
    return (
        select(Contact)
        .where(
            Contact.batch_id == batch.id,
            Contact.state == "sent",
            Contact.provider_id.is_not(None),
            Contact.delivery.not_in(tuple(FINAL)),
            or_(Contact.delivery_at.is_(None), Contact.delivery_at < before),
        )
        .order_by(Contact.id)
        .with_for_update(skip_locked=True, key_share=True)
    )


def _moment(told: Mapping[str, str | None]) -> dt.datetime:
    """When the message came to that status, as the gateway says."""
    return moment_of(told.get("completed_at") or told.get("created_at"))


def moment_of(written: object) -> dt.datetime:
    """A moment as a gateway writes it; now where it cannot be read."""
    try:
        found = dt.datetime.fromisoformat(str(written))
    except ValueError:
        return clock.now()
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
