"""Changing a programme's sequence: one change at a time, never unseen over somebody else's.

A step that a batch was built of stays where it is, and so do those before it: people are counted on from
there. Only its pace (days, hours, how many a day) may still change. Each change says which state of the
sequence its page had shown (`mark_of`), and writes the sequence into the programme's set-up too.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, select, update

from app import audit
from app.library.setup_steps import SetupStep
from app.outreach.call_models import Call
from app.outreach.models import Batch, Step
from app.outreach.steps import ensure, lock, said_in, steps_of, values_of
from app.programmes.models import Programme
from tenants.db import db

PURPOSE = "running the programme"
MOST_STEPS = 20


class ChangedMeanwhile(RuntimeError):
    """Somebody else changed the sequence after the page was shown."""


class CannotChange(RuntimeError):
    """The sequence may not be changed in this way; the message says why."""


@dataclass(frozen=True)
class Pace:
    """On which weekdays and at what hours a step goes out, and how many a day."""

    weekdays: tuple[int, ...]
    opens: dt.time | None
    closes: dt.time | None
    per_day: int | None


def mark_of(steps: Sequence[Step]) -> str:
    """What a page puts into its forms to say which state of the sequence it had shown."""
    said = json.dumps([said_in(step).as_json for step in steps])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def settled(programme: Programme) -> int:
    """Up to which position the sequence stays as it is, because a batch was built there; 0 where none was."""
    built = select(Step.position).join(
        Batch, (Batch.tenant_id == Step.tenant_id) & (Batch.step_id == Step.id)
    )
    return max(db.session.scalars(built.where(Step.programme_id == programme.id).distinct()), default=0)


def add(programme: Programme, mark: str, said: SetupStep) -> None:
    """Add a step at the end. Raises ChangedMeanwhile and CannotChange."""
    steps = _locked(programme, mark)
    if len(steps) >= MOST_STEPS:
        raise CannotChange(f"A programme has at most {MOST_STEPS} steps")
    _kept(programme, [*steps, Step(**values_of(programme.id, len(steps) + 1, said))], "added", said.name)


def change(programme: Programme, mark: str, position: int, said: SetupStep) -> None:
    """Let the step at `position` say this instead. Raises ChangedMeanwhile and CannotChange."""
    steps = _locked(programme, mark)
    if position <= settled(programme):
        raise CannotChange("A batch of this step was built meanwhile. Only its pace can change now")
    _write(steps[position - 1], position, said)
    _kept(programme, steps, "changed", said.name)


def change_pace(programme: Programme, mark: str, position: int, pace: Pace) -> None:
    """Let the step at `position`, built of or not, go out at another pace. Raises ChangedMeanwhile."""
    steps = _locked(programme, mark)
    said = replace(said_in(steps[position - 1]), **vars(pace))
    _write(steps[position - 1], position, said)
    _kept(programme, steps, "changed the pace of", said.name)


def move(programme: Programme, mark: str, position: int, by: int) -> None:
    """Move the step at `position` one up (-1) or down (1). Raises ChangedMeanwhile and CannotChange."""
    steps = _locked(programme, mark)
    other = position + by
    if not (settled(programme) < min(position, other) and max(position, other) <= len(steps)):
        raise CannotChange("This step cannot be moved there")
    name = steps[position - 1].name
    steps[position - 1], steps[other - 1] = steps[other - 1], steps[position - 1]
    if min(position, other) == 1:
        _take_over_wait(*steps[:2])
    _kept(programme, steps, "moved", name)


def remove(programme: Programme, mark: str, position: int) -> None:
    """Take the step at `position` out. Raises ChangedMeanwhile and CannotChange."""
    steps = _locked(programme, mark)
    if position <= settled(programme):
        raise CannotChange("A batch of this step was built, so it stays")
    if len(steps) == 1:
        raise CannotChange("A programme keeps at least one step. Change this one, or add another first")
    if db.session.scalar(select(Call.id).where(Call.step_id == steps[position - 1].id).limit(1)) is not None:
        raise CannotChange("People are on the call list of this step, so it stays")
    gone = steps.pop(position - 1)
    db.session.execute(delete(Step).where(Step.id == gone.id))
    db.session.expunge(gone)
    _kept(programme, steps, "removed", gone.name)


def _locked(programme: Programme, mark: str) -> list[Step]:
    """The steps as rows that nobody else can change or build of until the transaction ends."""
    lock(programme)
    if programme.state == "closed":
        raise CannotChange("The programme is closed")
    ensure(programme)
    db.session.execute(select(Step.id).where(Step.programme_id == programme.id).with_for_update())
    steps = steps_of(programme)
    if mark_of(steps) != mark:
        raise ChangedMeanwhile
    return steps


def _write(step: Step, position: int, said: SetupStep) -> None:
    values = values_of(step.programme_id, position, said)
    for column in ("tenant_id", "programme_id", "position"):
        del values[column]
    for column, value in values.items():
        setattr(step, column, value)


def _take_over_wait(first: Step, second: Step) -> None:
    """The first step waits for nothing, so the one that was first waits as long as the other did: else both
    would reach people on the same day.
    """
    wait = said_in(first)
    parts = {part: getattr(wait, part) for part in ("after_days", "until_days", "working_days", "who")}
    _write(second, 2, replace(said_in(second), **parts))


def _kept(programme: Programme, steps: list[Step], action: str, name: str) -> None:
    """Number the steps anew, write the set-up alike, and record it."""
    first = steps[0]
    _write(first, 1, replace(said_in(first), after_days=0, until_days=None, working_days=False, who=()))
    db.session.add_all(step for step in steps if step.id is None)
    db.session.flush()
    _number(steps)
    said = [said_in(step).as_json for step in steps]
    programme.setup = programme.setup | {"steps": said}
    db.session.flush()
    audit.record(action, "outreach step", programme.id, purpose=PURPOSE, step=name, steps=len(steps))


def _number(steps: list[Step]) -> None:
    """Give each step its place. Two never have the same number, not even for a moment."""
    wrong = [(position, step.id) for position, step in enumerate(steps, 1) if step.position != position]
    for sign in (-1, 1):
        for position, step_id in wrong:
            db.session.execute(update(Step).where(Step.id == step_id).values(position=sign * position))
