"""A programme's cohort: its definition, what it gives on a day, and freezing it once and for all."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import BigInteger, insert, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY

from app import audit, clock
from app.cohorts.criteria import Evaluation, evaluate
from app.cohorts.models import Cohort
from app.library.cohort_rules import Rule, read_rules
from app.people.models import Person
from app.programmes.milestones import reach_many
from app.programmes.models import Participant, Programme
from tenants import scope
from tenants.db import db

PURPOSE = "finding whom the programme is for"


class AlreadyFrozen(RuntimeError):
    """The cohort is frozen and cannot be changed."""


class NobodyInIt(RuntimeError):
    """Nobody meets the definition, so there is nothing to freeze."""


def cohort_of(programme: Programme) -> Cohort:
    """The programme's cohort. Until somebody changes it, it is as the set-up has it, today, and not a row."""
    stored = db.session.scalars(select(Cohort).where(Cohort.programme_id == programme.id)).one_or_none()
    if stored is not None:
        return stored
    return Cohort(
        programme_id=programme.id,
        definition=programme.setup["cohort"],
        on_date=clock.today(),
        state="draft",
        attrition=[],
        figures={},
        members=0,
    )


def rules_of(cohort: Cohort) -> list[Rule]:
    """The cohort's rules, in order."""
    return read_rules(cohort.definition.get("rules", []))


def evaluation_of(cohort: Cohort) -> Evaluation:
    """What the cohort's definition gives: as it was counted when frozen, else counted now."""
    if cohort.state != "frozen":
        return evaluate(rules_of(cohort), cohort.on_date)
    figures = cohort.figures
    return Evaluation(
        on=cohort.on_date,
        people=figures["people"],
        attrition=cohort.attrition,
        gain={rule.label: figures["gain"][rule.label] for rule in rules_of(cohort)},
        missing=figures["missing"],
        count=cohort.members,
        by_practice={int(practice): count for practice, count in figures["by_practice"].items()},
        members=[],
    )


def define(programme: Programme, rules: Sequence[Rule], on: dt.date) -> None:
    """Store the definition that the programme's cohort has until it is frozen. Raises AlreadyFrozen."""
    cohort = _locked(programme)
    if cohort.state == "frozen":
        raise AlreadyFrozen
    cohort.definition = {"rules": [rule.as_json for rule in rules]}
    cohort.on_date = on
    db.session.flush()
    audit.record("defined", "cohort", cohort.id, purpose=PURPOSE, definition=cohort.definition, on=str(on))


def freeze(programme: Programme) -> bool:
    """Freeze the cohort: its definition, day and counts stay, and its members become participants.

    True when this froze it, False when it was frozen before (also by somebody else at the same moment).
    Raises NobodyInIt. A fixed number of statements, however many people there are.
    """
    cohort = _locked(programme)
    if cohort.state == "frozen":
        audit.record("asked to freeze", "cohort", cohort.id, purpose=PURPOSE, frozen_before=True)
        return False
    found = evaluate(rules_of(cohort), cohort.on_date)
    if not found.members:
        audit.record("asked to freeze", "cohort", cohort.id, purpose=PURPOSE, count=0)
        raise NobodyInIt
    cohort.state = "frozen"
    cohort.attrition = found.attrition
    cohort.figures = {
        "people": found.people,
        "gain": found.gain,
        "missing": found.missing,
        "by_practice": {str(practice): count for practice, count in found.by_practice.items()},
    }
    cohort.members = found.count
    cohort.frozen_at = clock.now()
    cohort.frozen_by = audit.actor().name
    reach_many(_join(programme.id, found), "identified")
    audit.record("froze", "cohort", cohort.id, purpose=PURPOSE, count=found.count, on=str(cohort.on_date))
    return True


def _locked(programme: Programme) -> Cohort:
    """The programme's cohort as a row that nobody else can change until this transaction ends."""
    values = {
        "tenant_id": scope.current().tenant,
        "programme_id": programme.id,
        "definition": programme.setup["cohort"],
        "on_date": clock.today(),
        "state": "draft",
        "attrition": [],
        "figures": {},
        "members": 0,
    }
    db.session.execute(postgresql.insert(Cohort).values(**values).on_conflict_do_nothing())
    locking = select(Cohort).where(Cohort.programme_id == programme.id).with_for_update()
    return db.session.scalars(locking.execution_options(populate_existing=True)).one()


def _join(programme_id: int, found: Evaluation) -> list[int]:
    """Make the members participants, in one statement; their ids."""
    now = clock.now()
    who = select(
        Person.tenant_id, db.literal(programme_id), Person.id, Person.practice_id,
        db.literal("identified"), db.literal(now), db.literal(now),
    ).where(Person.id == db.func.any(db.literal(found.members, ARRAY(BigInteger))))  # fmt: skip
    columns = ["tenant_id", "programme_id", "person_id", "practice_id", "status", "status_since", "joined_at"]
    joined = insert(Participant).from_select(columns, who).returning(Participant.id)
    return list(db.session.scalars(joined))
