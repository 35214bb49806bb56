"""Freezing a cohort once and for all: the denominator of every later figure."""

from collections.abc import Collection

from sqlalchemy import BigInteger, insert, select
from sqlalchemy.dialects.postgresql import ARRAY

from app import audit, clock
from app.cohorts import equity, versions
from app.cohorts.criteria import Evaluation, evaluate
from app.cohorts.definition import PURPOSE, ChangedMeanwhile, definition_of, lock, mark_of
from app.cohorts.plans import kept_for_planners
from app.library.definitions import Definition
from app.people.models import Person
from app.programmes.milestones import reach_many
from app.programmes.models import Participant, Programme
from tenants.db import Json, db


class NobodyInIt(RuntimeError):
    """Nobody meets the definition, so there is nothing to freeze."""


def freeze(programme: Programme, *, screened_first: bool = False, mark: str | None = None) -> bool:
    """Freeze the cohort: its definition, day and counts stay, and its members become participants.

    With `screened_first` nobody is contacted before a clinician has said to keep them. True when this froze
    it, False when it was frozen before (also by somebody else at the same moment). Raises NobodyInIt, and
    ChangedMeanwhile where the definition is not what the page had shown (`mark`). A fixed number of
    statements, however many people there are.
    """
    cohort = lock(programme)
    if cohort.state == "frozen":
        audit.record("asked to freeze", "cohort", cohort.id, purpose=PURPOSE, frozen_before=True)
        return False
    if mark is not None and mark != mark_of(cohort):
        raise ChangedMeanwhile(cohort)
    definition = definition_of(cohort)
    found = evaluate(definition, cohort.on_date)
    if not found.members:
        audit.record("asked to freeze", "cohort", cohort.id, purpose=PURPOSE, count=0)
        raise NobodyInIt
    versions.save(cohort, "Frozen")
    cohort.state, cohort.screened_first = "frozen", screened_first
    cohort.attrition = found.attrition
    cohort.figures = figures_of(definition, found)
    cohort.members = found.count
    cohort.frozen_at = clock.now()
    cohort.frozen_by = audit.actor().name
    reach_many(join(programme.id, found.members, wave=1), "identified")
    audit.record(
        "froze", "cohort", cohort.id, purpose=PURPOSE, count=found.count, on=str(cohort.on_date),
        screened_first=screened_first,
    )  # fmt: skip
    return True


def figures_of(definition: Definition, found: Evaluation) -> Json:
    """What is kept of an evaluation beside its attrition, and the figures that planners see for good."""
    return {
        "people": found.people,
        "gain": found.gain,
        "exclusions": found.exclusions,
        "missing": found.missing,
        "by_practice": {str(practice): count for practice, count in found.by_practice.items()},
        "planned": kept_for_planners(definition, found.on),
        "equity": equity.kept(definition, found.on),
    }


def join(programme_id: int, person_ids: Collection[int], *, wave: int) -> list[int]:
    """Make people participants of a wave, in one statement; their ids. None of them may take part already."""
    now = clock.now()
    who = select(
        Person.tenant_id, db.literal(programme_id), Person.id, Person.practice_id, db.literal("identified"),
        db.literal(now), db.literal(now), db.literal(wave),
    ).where(Person.id == db.func.any(db.literal(list(person_ids), ARRAY(BigInteger))))  # fmt: skip
    columns = [
        "tenant_id", "programme_id", "person_id", "practice_id", "status",
        "status_since", "joined_at", "wave",
    ]  # fmt: skip
    joined = insert(Participant).from_select(columns, who).returning(Participant.id)
    return list(db.session.scalars(joined))
