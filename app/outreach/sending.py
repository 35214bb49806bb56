"""Sending what was marked, each person checked right before their message goes.

Where the gateway may have a message already, it is asked for its reference first, and given only what it has
not got. Killed at any point, the next run asks, so nobody gets a message twice.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import text

from app import audit, clock, outbox
from app.outreach import links, marking, post
from app.outreach.building import recipient_of
from app.outreach.delivery import NO_ANSWER
from app.outreach.facts import Known, known_of
from app.outreach.gateways import Busy, Gateway, Message, NotConnected, Refused, Unclear
from app.outreach.marking import GOING, LONGEST, MOST_TRIES, Marked, rest_after
from app.outreach.models import Batch, Contact, Step
from app.outreach.rules import FOR_NOW, why_not
from app.outreach.standing import standing_of
from app.outreach.suiting import Words, words_of
from app.outreach.wording import message_for
from app.programmes.milestones import reach_many
from tenants.db import db

SOON = dt.timedelta(seconds=5)
MOST_UNCLEAR = 3  # that one run bears before it gives the gateway a rest


@dataclass
class Run:
    """One run of sending: a batch and its step, and until when it goes on before it commits."""

    batch: Batch
    step: Step
    until: dt.datetime = field(default_factory=lambda: clock.now() + LONGEST)

    def settle(self, marked: Marked, *, asking: bool = False) -> outbox.Later | None:
        """Send what was marked, unless something has changed since; when to go on where that is not at once.

        `asking` is for what a worker before this one left behind: the gateway may have it already.
        """
        contacts = marking.still_mine(marked) if marked.ids else []
        if not contacts:
            return None
        # The role plans anew each time (`tenants/roles.sql`). One person is looked up the same way each time.
        db.session.execute(text("SET LOCAL plan_cache_mode = auto"))
        # Nothing asked for on the way depends on what is written here: it is written once, at the end.
        with db.session.no_autoflush:
            again = self._each(contacts, asking)
        sent = [contact.participant_id for contact in contacts if contact.state == "sent"]
        reach_many(sent, "contacted")
        others = len(contacts) - len(sent)
        audit.record("sent", "messages", self.batch.id, count=len(sent), not_sent=others)
        return again

    def _each(self, contacts: Sequence[Contact], asking: bool) -> outbox.Later | None:
        gateway, words = post.gateway_of(self.step.channel), words_of(self.batch, contacts)
        others, unclear = marking.also_sent_to(contacts), 0
        for number, contact in enumerate(contacts):
            try:
                if clock.now() > self.until or unclear >= MOST_UNCLEAR:
                    raise Busy
                if contact.person_id not in others:
                    self._one(contact, gateway, words, asking)
                elif not asking:
                    _put_back([contact])
            except Unclear:
                unclear += 1
                _leave_unclear(contact)
            except (Busy, NotConnected) as trouble:
                if not asking:
                    _put_back(contacts[number:])
                tries = max(contact.tries for contact in contacts)
                rest = rest_after(tries) if unclear >= MOST_UNCLEAR else SOON
                return self._after(trouble, rest)
        return outbox.Later(clock.now() + SOON) if others else None

    def _one(self, contact: Contact, gateway: Gateway, words: Words, asking: bool) -> None:
        may_have_it = asking or contact.tries > 0
        taken = gateway.find(_question(contact, self.step.channel)) if may_have_it else None
        if taken is not None:
            if not contact.body:  # the worker that sent it died before it could keep what it says
                known = known_of([contact.participant_id])[contact.participant_id]
                contact.body = _kept(self._message(contact, known, words), contact)
            _is_sent(contact, taken)
            return
        contact.body = ""
        state, sending = standing_of(self.batch.id, self.step)
        if state not in GOING:
            contact.state = "cancelled" if state == "cancelled" else "waiting"
            return
        known = known_of([contact.participant_id])[contact.participant_id]
        reason = why_not(known.facts, self.step.channel, sending, clock.now())
        if reason is not None:
            contact.state = "waiting" if reason in FOR_NOW else "held back"
            contact.reason = None if reason in FOR_NOW else reason
            return
        self._deliver(contact, known, gateway, words)

    def _deliver(self, contact: Contact, known: Known, gateway: Gateway, words: Words) -> None:
        links.give_link(contact)
        contact.recipient = recipient_of(known, self.step.channel)
        message = self._message(contact, known, words)
        try:
            taken = gateway.send(message)
        except Refused as refusal:
            contact.state, contact.reason = "failed", str(refusal)
            return
        except Unclear:
            contact.body = _kept(message, contact)
            raise
        contact.body = _kept(message, contact)
        _is_sent(contact, taken)

    def _message(self, contact: Contact, known: Known, words: Words) -> Message:
        template = words.suited(contact, known.facts)
        if self.step.channel == "letter":
            return post.letter_for(template, contact, known, words.head)
        return message_for(self.step.channel, template.body, contact, known, words.head)

    def _after(self, trouble: Exception, rest: dt.timedelta) -> outbox.Later:
        """When to go on: at once where the time of this run was over, else when the gateway had a rest."""
        if isinstance(trouble, NotConnected):
            problem = self.batch.manifest | {"problem": str(trouble)}
            if marking.move(self.batch.id, "paused", manifest=problem):
                audit.record("paused", "batch", self.batch.id, reason=str(trouble))
        if clock.now() > self.until:
            return outbox.Later(clock.now())
        return outbox.Later(clock.now() + rest)


def _question(contact: Contact, channel: str) -> Message:
    return Message(contact.reference, channel, contact.recipient)


def _leave_unclear(contact: Contact) -> None:
    """The gateway may have it: a later run asks. After too many tries it has failed."""
    contact.tries, contact.marked_at = contact.tries + 1, clock.now()
    if contact.tries >= MOST_TRIES:
        contact.state, contact.reason = "failed", NO_ANSWER


def _put_back(contacts: Sequence[Contact]) -> None:
    """Those whom the gateway has never been given wait again; about the others it is asked next time."""
    for contact in contacts:
        if contact.state == "sending" and not contact.tries:
            contact.state = "waiting"


def _kept(message: Message, contact: Contact) -> str:
    """What a message says, as it is kept: without the secret of its link."""
    return message.whole.replace(links.token_of(contact), "…")


def _is_sent(contact: Contact, taken: str) -> None:
    contact.state, contact.sent_at, contact.provider_id = "sent", clock.now(), taken
