"""The batch that is built of those whose turn a step is. Nothing is sent yet.

Built in few statements whatever the number of people: docs/decisions/0017-sequences.md.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, select, text
from sqlalchemy.dialects import postgresql

from app import audit, clock
from app.here import here
from app.library.family import NoMember, choose, members_of
from app.library.models import LibraryItem
from app.outreach import call_stops, counting, quiet, steps, turns
from app.outreach.facts import Candidate, Reachable, address_of
from app.outreach.models import Batch, Step
from app.outreach.rules import Facts, mobile_of, phone_of
from app.outreach.sequence import Place, Where
from app.outreach.wording import Letterhead
from app.people.staging import joined_by_hash
from app.programmes.models import Programme
from tenants import scope
from tenants.db import Json, db

OPEN = ("built", "approved", "sending", "paused")

_CONTACTS = """
INSERT INTO contact (tenant_id, batch_id, step_id, participant_id, person_id, state, reason, recipient,
                     template_id, reference, body, created_at)
SELECT :tenant_id, :batch_id, :step_id, participant_id, person_id,
  CASE WHEN reason IS NULL THEN 'waiting' ELSE 'held back' END, reason, recipient, template_id,
  gen_random_uuid()::text, '', :now
FROM unnest(CAST(:participants AS bigint[]), CAST(:people AS bigint[]), CAST(:reasons AS text[]),
            CAST(:recipients AS text[]), CAST(:templates AS bigint[]))
  AS due (participant_id, person_id, reason, recipient, template_id)
ORDER BY participant_id
ON CONFLICT DO NOTHING
"""
# A call that was stopped or is done comes back on the list; one that is due as they asked stays as it is.
_CALLS = """
INSERT INTO call (tenant_id, programme_id, step_id, participant_id, person_id, why, due_on, agreed_time,
                  state, created_at)
SELECT tenant_id, :programme_id, step_id, participant_id, person_id, 'No answer yet', :due_on, '', 'due', :now
FROM contact WHERE batch_id = :batch_id AND state = 'waiting'
ON CONFLICT (tenant_id, step_id, participant_id) DO UPDATE
SET state = 'due', why = excluded.why, due_on = excluded.due_on, agreed_time = '', agreed_at = NULL,
  claimed_by = NULL, claimed_by_id = NULL, claimed_at = NULL
WHERE call.state <> 'due'
"""


@dataclass(frozen=True)
class Due:
    """Somebody whose turn a step is, why they are held back from it if they are, and what suits them."""

    candidate: Candidate
    place: Place
    template: LibraryItem

    @property
    def is_going(self) -> bool:
        """Whether they are contacted."""
        return self.place.where is Where.DUE


def people_due(programme: Programme, step: Step, template: LibraryItem) -> tuple[list[Due], int]:
    """Whose turn `step` is today, and how many more are left for the next day.

    Where it takes so many a day, those who have waited the longest go first.
    """
    found = [
        (one, place)
        for one, place in turns.everybody(programme, steps.steps_of(programme))
        if place.position == step.position and place.listed
    ]
    left_out = _too_many(found, turns.left_today([step]).get(step.position))
    suits = Family(template)
    due = [Due(one, place, suits(one.facts)) for one, place in found if one.participant_id not in left_out]
    return due, len(left_out)


def _too_many(found: Sequence[turns.Placed], left: int | None) -> frozenset[int]:
    """The participants whom a step with so many places `left` does not take today."""
    if left is None:
        return frozenset()
    going = [
        (place.on or clock.today(), one.participant_id) for one, place in found if place.where is Where.DUE
    ]
    return frozenset(number for _, number in sorted(going)[left:])


class Family:
    """Gives each person the member of the template's family that suits them, or else the template.

    Of members approved after `by` none is given.
    """

    def __init__(self, template: LibraryItem, *, by: dt.datetime | None = None) -> None:
        self.template, self.members = template, members_of(template.kind, template.name, by=by)
        self.chosen: dict[tuple[str, str], LibraryItem] = {}

    def __call__(self, facts: Facts) -> LibraryItem:
        wanted = (facts.language, facts.information_format)
        if wanted not in self.chosen:
            self.chosen[wanted] = self._choose(*wanted)
        return self.chosen[wanted]

    def _choose(self, language: str, format: str) -> LibraryItem:
        try:
            return choose(self.members, language, format)
        except NoMember:
            return self.template


def open_batch(step_id: int, *, held: bool = False) -> Batch | None:
    """The step's batch that is not done with yet; `held` so that nobody else adds people to it meanwhile."""
    statement = select(Batch).where(Batch.step_id == step_id, Batch.state.in_(OPEN))
    if held:
        statement = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    return db.session.scalars(statement).one_or_none()


def build(
    programme: Programme, step: Step, template: LibraryItem, head: Letterhead
) -> tuple[Batch | None, bool]:
    """The step's open batch, and whether it was made just now; None where it is nobody's turn.

    A call step's open batch takes in those whose turn it has become since. A batch in which everybody is held
    back is done: there is nothing to approve.
    """
    there = open_batch(step.id, held=step.channel == "call")
    if there is not None and step.channel != "call":
        return there, False
    due, left = people_due(programme, step, template)
    if not due:
        return there, False
    batch = there or _new_batch(programme, step, template)
    if batch is None:
        return _built_before(step), False
    add_contacts(batch, step, due)
    going = [one for one in due if one.is_going]
    if step.channel == "call":
        _add_calls(batch, step)
    else:
        suited = [(one.candidate, one.template) for one in going]
        late = sum(one.place.late for one in going)
        batch.manifest = counting.counted(step.channel, suited, head) | {
            "people": len(going),
            "late": late,
            "left": left,
        }
        if not going:
            batch.state, batch.finished_at = "done", clock.now()
    held = len(due) - len(going)
    audit.record("built", "batch", batch.id, count=len(due), held_back=held, step=step.name)
    return batch, True


def _built_before(step: Step) -> Batch | None:
    """What somebody else has built of the step at this moment; that it was tried is known all the same."""
    there = open_batch(step.id)
    audit.record("tried to build", "batch", there.id if there else None, step=step.name)
    return there


def _new_batch(programme: Programme, step: Step, template: LibraryItem) -> Batch | None:
    """A new batch of the step; None where somebody has opened one at this moment."""
    statement = (
        postgresql.insert(Batch)
        .values(
            tenant_id=scope.current().tenant,
            programme_id=programme.id,
            step_id=step.id,
            template_id=template.id,
            state="sending" if step.channel == "call" else "built",
            built_by=here.name,
            built_by_id=here.account.id if here.account else None,
            built_at=clock.now(),
            manifest={},
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "step_id"], index_where=Batch.state.in_(OPEN))
        .returning(Batch)
    )
    return db.session.scalars(statement).one_or_none()


def add_contacts(batch: Batch, step: Step, due: Sequence[Due]) -> int:
    """Put everybody due into the batch; how many. Who is in the step already is not put in again."""
    rows: Json = {
        "tenant_id": scope.current().tenant,
        "batch_id": batch.id,
        "step_id": step.id,
        "now": clock.now(),
        "participants": [one.candidate.participant_id for one in due],
        "people": [one.candidate.person_id for one in due],
        "reasons": [None if one.is_going else str(one.place.reason) for one in due],
        "recipients": [recipient_of(one.candidate, step.channel) for one in due],
        "templates": [None if one.template.id == batch.template_id else one.template.id for one in due],
    }
    with joined_by_hash():
        return _changed(db.session.execute(text(_CONTACTS), rows))


def _changed(result: Any) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0


def recipient_of(known: Reachable, channel: str) -> str:
    """Where a message to this person goes by `channel`; empty where there is nowhere."""
    if channel == "letter":
        return address_of(known.person)
    if channel == "email":
        return known.facts.email
    number = mobile_of(known.facts.mobile) if channel == "text" else phone_of(known.facts)
    return number or ""


def _add_calls(batch: Batch, step: Step) -> None:
    """Everybody who waits in the batch is on the call list, from the first day on which the step rings.

    A batch in which nobody waits, because everybody is held back, is done.
    """
    values = {"programme_id": batch.programme_id, "batch_id": batch.id, "now": clock.now()}
    due_on = quiet.next_day_to_ring(clock.today(), frozenset(step.weekdays or ()))
    db.session.execute(text(_CALLS), values | {"due_on": due_on})
    call_stops.finish({step.id})
    db.session.refresh(batch)
