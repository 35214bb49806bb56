"""A programme's cohort: its definition, what it gives on a day, and how it is changed until it is frozen.

The definition of a draft is a working copy, changed step by step by whoever defines cohorts. Each change says
which state its page had shown (`mark_of`), so that nobody overwrites unseen what somebody else did meanwhile.
"""

import datetime as dt
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from app import audit, clock
from app.cohorts import builder, versions
from app.cohorts.criteria import Evaluation, evaluate
from app.cohorts.models import Cohort, CohortVersion
from app.cohorts.not_here import unknown_lists
from app.library.cohort_rules import BadRule
from app.library.definitions import Definition, read_definition
from app.programmes.models import Programme
from tenants import scope
from tenants.db import Json, db

PURPOSE = "finding whom the programme is for"


class AlreadyFrozen(RuntimeError):
    """The cohort is frozen and cannot be changed."""


class ChangedMeanwhile(RuntimeError):
    """The working copy is not what the page had shown; `cohort` is what it is now."""

    def __init__(self, cohort: Cohort) -> None:
        super().__init__("the definition was changed meanwhile")
        self.cohort = cohort


def cohort_of(programme: Programme) -> Cohort:
    """The programme's cohort. Until somebody changes it, it is as the set-up has it, today, and not a row."""
    stored = db.session.scalars(select(Cohort).where(Cohort.programme_id == programme.id)).one_or_none()
    return stored if stored is not None else Cohort(**_as_set_up(programme))


def definition_of(cohort: Cohort) -> Definition:
    """The cohort's definition, read."""
    return read_definition(cohort.definition)


def countable(definition: Definition) -> Definition:
    """The definition itself. Raises BadRule where it names lists of codes that there are not."""
    if unknown := unknown_lists(definition):
        raise BadRule(*unknown)
    return definition


def mark_of(cohort: Cohort) -> str:
    """What a page puts into its forms to say which state of the working copy it had shown."""
    return builder.mark_of(cohort.definition, cohort.on_date)


def evaluation_of(cohort: Cohort) -> Evaluation:
    """What the cohort's definition gives: as it was counted when frozen, else counted now."""
    if cohort.state != "frozen":
        return evaluate(definition_of(cohort), cohort.on_date)
    figures = cohort.figures
    return Evaluation(
        on=cohort.on_date,
        people=figures["people"],
        attrition=cohort.attrition,
        gain={label: figures["gain"][label] for label in definition_of(cohort).labels},
        missing=figures["missing"],
        exclusions=figures.get("exclusions", []),
        count=cohort.members,
        by_practice={int(practice): count for practice, count in figures["by_practice"].items()},
        members=[],
    )


def change(programme: Programme, mark: str, to: Callable[[Json], Json], on: dt.date | None = None) -> Cohort:
    """Change the working copy by `to`, which is given what it was; and the day, where `on` gives one.

    Raises AlreadyFrozen, ChangedMeanwhile where it is not what the page had shown, BadRule where it could not
    be read afterwards, and whatever `to` raises. Nothing is changed then.
    """
    cohort = _draft(programme, mark)
    _put(cohort, to(cohort.definition), on or cohort.on_date)
    return cohort


def save_version(programme: Programme, mark: str, why: str) -> CohortVersion:
    """Keep the working copy as a version. Raises AlreadyFrozen and ChangedMeanwhile."""
    return versions.save(_draft(programme, mark), why)


def restore(programme: Programme, mark: str, version: CohortVersion, why: str) -> CohortVersion:
    """Make an earlier version the working copy and the next version. What stood there unsaved is kept first.

    Raises AlreadyFrozen and ChangedMeanwhile.
    """
    cohort = _draft(programme, mark)
    versions.save(cohort, f"Kept before version {version.number} was brought back")
    _put(cohort, version.definition, version.on_date)
    return versions.save(cohort, why)


def replace(programme: Programme, mark: str, definition: Definition, kept: str) -> Cohort:
    """Make a whole other definition the working copy. What somebody changed there is kept as a version first.

    `kept` is why that version is saved. Raises AlreadyFrozen and ChangedMeanwhile.
    """
    cohort = _draft(programme, mark)
    if cohort.changed_at is not None:
        versions.save(cohort, kept)
    _put(cohort, definition.as_json, cohort.on_date)
    return cohort


def lock(programme: Programme) -> Cohort:
    """The programme's cohort as a row that nobody else can change until this transaction ends."""
    locking = select(Cohort).where(Cohort.programme_id == programme.id).with_for_update()
    locking = locking.execution_options(populate_existing=True)
    cohort = db.session.scalars(locking).one_or_none()
    if cohort is not None:
        return cohort
    new = postgresql.insert(Cohort).values(tenant_id=scope.current().tenant, **_as_set_up(programme))
    db.session.execute(new.on_conflict_do_nothing())
    return db.session.scalars(locking).one()


def _draft(programme: Programme, mark: str) -> Cohort:
    cohort = lock(programme)
    if cohort.state == "frozen":
        raise AlreadyFrozen
    if mark_of(cohort) != mark:
        raise ChangedMeanwhile(cohort)
    return cohort


def _put(cohort: Cohort, changed: Json, on: dt.date) -> None:
    cohort.definition = countable(read_definition(changed)).as_json
    cohort.on_date = on
    cohort.changed_by, cohort.changed_at = audit.actor().name, clock.now()
    db.session.flush()
    audit.record("defined", "cohort", cohort.id, purpose=PURPOSE, definition=cohort.definition, on=str(on))


def _as_set_up(programme: Programme) -> Json:
    return {
        "programme_id": programme.id,
        "definition": programme.setup["cohort"],
        "on_date": clock.today(),
        "state": "draft",
        "attrition": [],
        "figures": {},
        "members": 0,
        "version": 0,
    }
