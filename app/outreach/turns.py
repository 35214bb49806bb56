"""Whose turn which step is: the place of everybody in a programme, from plain rows.

The decisions are in sequence.py (whose turn) and rules.py (who may be contacted).
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Date, cast, func, literal, select, true

from app import clock
from app.outreach import hours
from app.outreach.choice_models import ReachDecision
from app.outreach.facts import Candidate, candidates_of, everyone_in, known_of
from app.outreach.models import Batch, Contact, Step
from app.outreach.rules import WANT_TO_BE_RUNG, Facts, Reason, Sending, why_not
from app.outreach.sequence import Attempt, Came, Place, Rule, Where, place_of
from app.outreach.standing import sending_of
from app.programmes.models import Participant, Programme
from tenants.db import db

ASK_AGAIN = "asked to be asked again, and no step is left"
# Those on the call list for whom no batch of a call step waits, and why they are on it.
ON_THE_LIST, ON_THE_LIST_LATER = "on the call list for another try", "on the call list, to be asked again"
Placed = tuple[Candidate, Place]


@dataclass(frozen=True)
class Counts:
    """How many people are due for a step now, held back from it, due later, and due later than planned.

    More than the step takes in a day are due on the next working day: they are counted as later. Who is
    late is counted among the due.
    """

    due: int = 0
    held_back: int = 0
    later: int = 0
    late: int = 0


def everybody(programme: Programme, steps: Sequence[Step], sending: Sending | None = None) -> list[Placed]:
    """Every participant with their place in the sequence, in two statements.

    `sending` says how often the PCN lets people be contacted; it is looked up where it is not given.
    """
    sending = sending or sending_of(programme.id)
    rules = [Rule.of(step) for step in sorted(steps, key=lambda step: step.position)]
    tried, moment = attempts_in(programme.id), clock.now()
    return [
        (one, _place(one.facts, rules, tried.get(one.participant_id, ()), sending, moment))
        for one in everyone_in(programme.id)
    ]


def everywhere(steps: Mapping[int, Sequence[Step]], sending: Sending) -> dict[int, list[Placed]]:
    """The same for several programmes, each with its `steps`, in three statements however many they are."""
    of = select(Participant.id, Participant.programme_id).where(Participant.programme_id.in_(list(steps)))
    programme_of = {number: programme for number, programme in db.session.execute(of)}
    tried, moment = attempts_in(*steps), clock.now()
    rules = {number: [Rule.of(step) for step in own] for number, own in steps.items()}
    found: dict[int, list[Placed]] = {number: [] for number in steps}
    for one in candidates_of(programme_of).values():
        number = programme_of[one.participant_id]
        attempts = tried.get(one.participant_id, ())
        found[number].append((one, _place(one.facts, rules[number], attempts, sending, moment)))
    return found


def place_of_one(programme_id: int, steps: Sequence[Step], participant_id: int) -> Place:
    """The place of one participant, however often the PCN lets people be contacted."""
    tried = attempts_in(programme_id, participant_id=participant_id).get(participant_id, ())
    facts = known_of([participant_id])[participant_id].facts
    return _place(facts, [Rule.of(step) for step in steps], tried, Sending(), clock.now())


def _place(
    facts: Facts, rules: Sequence[Rule], tried: Sequence[Attempt], sending: Sending, moment: dt.datetime
) -> Place:
    """The place of one person. Who named a day on which to ask again has the next step on that day.

    Whom no step is left for waits all the same while they are on the call list.
    """
    found = place_of(
        rules, tried, lambda channel: why_not(facts, channel, sending, moment), hours.day_of(moment)
    )
    came_to_the_end = found.where is Where.OVER and found.reason in {None, *Came}
    if facts.status in WANT_TO_BE_RUNG and came_to_the_end:
        return found._replace(where=Where.ANSWERED, reason=facts.status)
    asked_later = facts.status == "not now" and facts.ask_again_on is not None
    if asked_later and found.reason == Reason.ANSWERED and found.position is not None:
        return found._replace(where=Where.LATER, on=facts.ask_again_on)
    came_to_the_end = came_to_the_end or (asked_later and found.reason == Reason.ANSWERED)
    if facts.call_on is not None and (came_to_the_end or _is_arranged(facts, found, rules)):
        why = ON_THE_LIST_LATER if asked_later else ON_THE_LIST
        return Place(Where.WAITING, None, why, facts.call_on)
    return (
        Place(Where.OVER, None, ASK_AGAIN, facts.ask_again_on) if asked_later and came_to_the_end else found
    )


def _is_arranged(facts: Facts, found: Place, rules: Sequence[Rule]) -> bool:
    """Whether the step is theirs by which they are about to be rung, with an interpreter."""
    calls = {rule.position for rule in rules if rule.channel == "call"}
    return facts.arranged and found.position in calls and found.where in (Where.DUE, Where.LATER)


def attempts_in(*programme_ids: int, participant_id: int | None = None) -> dict[int, list[Attempt]]:
    """What was tried with each participant of these programmes, or with one, in the order of trying."""
    again = (
        select(ReachDecision.participant_id, func.max(ReachDecision.at).label("at"))
        .where(ReachDecision.decision == "try again")
        .group_by(ReachDecision.participant_id)
        .subquery()
    )
    statement = (
        select(
            Contact.participant_id,
            Step.position,
            Contact.state,
            Contact.reason,
            cast(func.timezone(clock.LONDON.key, Contact.sent_at), Date),
            func.coalesce(Contact.created_at < again.c.at, literal(False)),
        )
        .join(Step, (Step.tenant_id == Contact.tenant_id) & (Step.id == Contact.step_id))
        .join(Batch, (Batch.tenant_id == Contact.tenant_id) & (Batch.id == Contact.batch_id))
        .outerjoin(again, again.c.participant_id == Contact.participant_id)
        .where(
            Batch.programme_id.in_(programme_ids),
            (Batch.state != "cancelled") | Contact.state.in_(("sending", "sent", "failed")),
            Contact.participant_id == participant_id if participant_id is not None else true(),
        )
        .order_by(Contact.id)
    )
    tried: dict[int, list[Attempt]] = {}
    for participant_id, *attempt in db.session.execute(statement):
        tried.setdefault(participant_id, []).append(Attempt._make(attempt))
    return tried


def counts_of(found: Iterable[Placed], steps: Sequence[Step]) -> dict[int, Counts]:
    """How many people each step has, by its position, of those whose places were found."""
    places = [place for _, place in found if place.position is not None]
    left = left_today(steps)
    return {step.position: _counts(step.position, places, left.get(step.position)) for step in steps}


def _counts(position: int, places: Iterable[Place], left: int | None) -> Counts:
    own = [place for place in places if place.position == position]
    due = sum(place.where is Where.DUE for place in own)
    now = due if left is None else min(due, left)
    later = sum(place.where is Where.LATER for place in own) + due - now
    held_back = sum(place.where is Where.HELD_BACK and place.listed for place in own)
    return Counts(now, held_back, later, sum(place.late and place.where is Where.DUE for place in own))


def left_today(steps: Iterable[Step]) -> dict[int, int]:
    """How many more people the steps that take so many a day take today, by their position.

    A message counts on the day on which its batch is built and on the day on which it is sent, so that
    neither is ever more; a call on the day on which it comes on the list.
    """
    limits = {step.id: step for step in steps if step.per_day is not None and step.id is not None}
    taken = _taken_today(list(limits)) if limits else {}
    return {
        step.position: max(0, (step.per_day or 0) - taken.get(number, 0)) for number, step in limits.items()
    }


def _taken_today(step_ids: Sequence[int]) -> dict[int, int]:
    begun = dt.datetime.combine(clock.today(), dt.time(0), clock.LONDON)
    statement = (
        select(Contact.step_id, func.count())
        .join(Step, (Step.tenant_id == Contact.tenant_id) & (Step.id == Contact.step_id))
        .where(
            Contact.step_id.in_(step_ids),
            Contact.state.in_(("waiting", "sending", "sent", "failed")),
            (Contact.created_at >= begun) | ((Step.channel != "call") & (Contact.sent_at >= begun)),
        )
        .group_by(Contact.step_id)
    )
    return {number: count for number, count in db.session.execute(statement)}
