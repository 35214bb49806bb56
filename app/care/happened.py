"""The rows that a person's timeline is made of: everything sent, tried and said, each with who and how.

Each select gives when it was, its sort, what it was, more of it, and who did it. What concerns the person and
no programme (opt-outs, needs, texts that came in) is on the timeline of each place of theirs.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, Text, cast, func, literal, null, select

from app.outreach.call_models import Alert, CallAttempt
from app.outreach.choice_models import ContactChoice, ContactNeed, ReachDecision
from app.outreach.delivery import FINAL
from app.outreach.gateway_models import BadAddress, InboundText
from app.outreach.inbound import dialled
from app.outreach.models import Batch, Contact, Reply, Step
from app.people.models import DataOptOut, Person
from app.programmes.models import Milestone, Participant

Rows = Select[Any]
# Words that the reply itself says better.
SAID_BY_THE_REPLY = ("wants a call", "wants another way", "not now", "opted out")


def rows_of(participant: Participant, person: Person) -> list[Rows]:
    """Every select of a participant's timeline, to be joined into one statement."""
    return [
        _milestones(participant.id),
        *_contacts(participant.id),
        *_said(participant.id, person),
        *_asked(participant, person.id),
        *_alerts(participant, person.id),
        *_bad_addresses(person.id),
    ]


def _row(at: Any, sort: str, what: Any, more: Any = None, by: Any = None) -> Rows:
    given = (cast(value if value is not None else null(), Text) for value in (what, more, by))
    return select(at.label("at"), literal(sort), *given)


def _milestones(participant_id: int) -> Rows:
    repeated = Milestone.kind.in_(SAID_BY_THE_REPLY) & (Milestone.reason == "answered by the link")
    return _row(Milestone.at, "milestone", Milestone.kind, Milestone.reason).where(
        Milestone.participant_id == participant_id, Milestone.withdrawn_at.is_(None), repeated.is_not(True)
    )


def _contacts(participant_id: int) -> Iterator[Rows]:
    """What was sent, what became of it, and what was not sent and why."""

    def of(at: Any, sort: str, more: Any, by: Any = None) -> Rows:
        found = _row(at, sort, Step.channel, more, by).select_from(Contact)
        return (
            found.join(Step, (Step.tenant_id == Contact.tenant_id) & (Step.id == Contact.step_id))
            .join(Batch, (Batch.tenant_id == Contact.tenant_id) & (Batch.id == Contact.batch_id))
            .where(Contact.participant_id == participant_id)
        )

    then = func.coalesce(Contact.marked_at, Contact.created_at)
    yield of(Contact.sent_at, "sent", Step.name, Batch.approved_by).where(Contact.sent_at.is_not(None))
    yield of(func.coalesce(Contact.delivery_at, then), "came to", Contact.delivery).where(
        Contact.delivery.in_(tuple(FINAL))
    )
    yield of(then, "held back", Contact.reason).where(Contact.state == "held back")
    yield of(then, "cancelled", Contact.reason).where(Contact.state == "cancelled")
    yield of(then, "failed", Contact.reason).where(
        Contact.state == "failed", Contact.delivery.not_in(tuple(FINAL))
    )


def _said(participant_id: int, person: Person) -> Iterator[Rows]:
    """What they answered, texted and told us on a call."""
    wanted = func.jsonb_build_array(Reply.another_way, Reply.days, Reply.times)
    yield _row(Reply.at, "reply", Reply.answer, wanted).where(Reply.participant_id == participant_id)
    heard = func.concat_ws(". ", CallAttempt.barrier, func.nullif(CallAttempt.note, ""))
    yield _row(CallAttempt.at, "call", CallAttempt.outcome, heard, CallAttempt.by).where(
        CallAttempt.participant_id == participant_id
    )
    number = select(dialled(Person.mobile)).where(Person.id == person.id, Person.mobile != "")
    yield _row(InboundText.came_at, "text", InboundText.meant, InboundText.body).where(
        InboundText.number == number.scalar_subquery()
    )


def _asked(participant: Participant, person_id: int) -> Iterator[Rows]:
    """What they asked of us, our holds, what they need, and what was taken back."""
    ours = (ContactChoice.person_id == person_id) & (
        ContactChoice.programme_id.is_(None) | (ContactChoice.programme_id == participant.programme_id)
    )
    choice = ContactChoice.kind + ":" + func.coalesce(ContactChoice.channel, "")
    why = func.coalesce(func.nullif(ContactChoice.note, ""), ContactChoice.source)
    need = ContactNeed.kind + ":" + ContactNeed.value
    for model, what, more, theirs in (
        (ContactChoice, choice, why, ours),
        (ContactNeed, need, ContactNeed.source, ContactNeed.person_id == person_id),
        (DataOptOut, DataOptOut.kind + ":", DataOptOut.source, DataOptOut.person_id == person_id),
    ):
        yield _row(model.at, "asked", what, more, model.entered_by).where(theirs)
        yield _row(model.lifted_at, "taken back", what, None, model.lifted_by).where(
            theirs, model.lifted_at.is_not(None)
        )


def _alerts(participant: Participant, person_id: int) -> Iterator[Rows]:
    """What was heard and put before another role; what was decided about somebody who was not reached."""
    theirs = (Alert.person_id == person_id) & (Alert.programme_id == participant.programme_id)
    yield _row(Alert.raised_at, "alert", Alert.kind, Alert.note, Alert.raised_by).where(theirs)
    yield _row(Alert.settled_at, "settled", Alert.kind, Alert.what_was_done, Alert.settled_by).where(
        theirs, Alert.settled_at.is_not(None)
    )
    yield _row(
        ReachDecision.at, "decision", ReachDecision.decision, ReachDecision.note, ReachDecision.by
    ).where(ReachDecision.participant_id == participant.id)


def _bad_addresses(person_id: int) -> Iterator[Rows]:
    """Numbers and addresses found not to work, and to work after all."""
    theirs = BadAddress.person_id == person_id
    yield _row(BadAddress.marked_at, "bad", BadAddress.kind, BadAddress.why, BadAddress.marked_by).where(
        theirs
    )
    yield _row(BadAddress.lifted_at, "good", BadAddress.kind, None, BadAddress.lifted_by).where(
        theirs, BadAddress.lifted_at.is_not(None)
    )
