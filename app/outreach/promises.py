"""What somebody who answers can be promised: that they are rung, or why they are not. No more than is so."""

from dataclasses import dataclass

from app import clock
from app.outreach import choices
from app.outreach.facts import known_of
from app.outreach.models import Contact
from app.outreach.rules import Reason, why_not
from app.outreach.standing import sending_of
from app.programmes.models import Participant
from tenants import scope
from tenants.db import db

NEVER = "You asked us before not to ring you. So we will not ring until you tell us that we may."
NO_NUMBER = "We do not have a phone number for you."
IN_TOUCH = "You are in touch with us already."
OTHERWISE = "We cannot ring you just now."
ENDED = "This has come to an end. So we will not ring you about it."
WORDS: dict[Reason | None, str] = {
    Reason.DO_NOT_CONTACT: NEVER,
    Reason.NOT_THIS_WAY: NEVER,
    Reason.NO_PHONE: NO_NUMBER,
    Reason.ANSWERED: IN_TOUCH,
}
# The day passes, or whoever arranges it finds another way.
KEPT_ALL_THE_SAME = frozenset({None, Reason.HOURS, Reason.BLACKOUT, Reason.FORMAT})


@dataclass(frozen=True)
class Promise:
    """What we can promise to somebody who wants to be rung.

    `why_not`: why they are not, in words for them; empty where they are. `later`: not before we go on with
    it. `ended`: nobody is written to or rung about it any more.
    """

    why_not: str
    later: bool
    ended: bool


def promise_to(contact: Contact) -> Promise:
    """What is so at this moment for the person of this message. Raises NoResultFound for no programme."""
    known = known_of([contact.participant_id])[contact.participant_id]
    participant = db.session.get_one(Participant, (scope.current().tenant, contact.participant_id))
    sending = sending_of(participant.programme_id)
    ended = sending.state == "closed"
    if choices.keeps_from_ringing(contact.person_id):
        return Promise(NEVER, later=False, ended=ended)
    reason = why_not(known.facts, "call", sending, clock.now())
    if reason in (Reason.PAUSED, Reason.STOPPED):
        return Promise(ENDED if ended else "", later=not ended, ended=ended)
    why = "" if reason in KEPT_ALL_THE_SAME else WORDS.get(reason, OTHERWISE)
    return Promise(why, later=False, ended=ended)
