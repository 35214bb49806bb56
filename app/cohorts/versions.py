"""A cohort's definition as it was saved: numbered, dated, with who saved it and why."""

from collections.abc import Sequence

from sqlalchemy import select
from werkzeug.exceptions import NotFound

from app import audit, clock
from app.cohorts.models import Cohort, CohortVersion
from app.library.definitions import read_definition
from tenants import scope
from tenants.db import db

PURPOSE = "finding whom the programme is for"


def save(cohort: Cohort, why: str) -> CohortVersion:
    """The working copy of a locked cohort as its next version; the newest one where that says the same."""
    newest = newest_version(cohort)
    if newest is not None and says_the_same(cohort, newest):
        return newest
    number = cohort.version + 1
    made = CohortVersion(
        cohort_id=cohort.id,
        number=number,
        definition=cohort.definition,
        on_date=cohort.on_date,
        why=why,
        saved_by=audit.actor().name,
        saved_at=clock.now(),
    )
    cohort.version = number
    db.session.add(made)
    db.session.flush()
    audit.record("saved", "cohort version", made.id, purpose=PURPOSE, cohort=cohort.id, number=number)
    return made


def says_the_same(cohort: Cohort, version: CohortVersion) -> bool:
    """Whether the working copy has not been changed since `version`."""
    same = read_definition(cohort.definition) == read_definition(version.definition)
    return same and cohort.on_date == version.on_date


def newest_version(cohort: Cohort) -> CohortVersion | None:
    """The version saved last, or None where none was."""
    if not cohort.version:
        return None
    return db.session.scalars(
        select(CohortVersion).where(
            CohortVersion.cohort_id == cohort.id, CohortVersion.number == cohort.version
        )
    ).one()


def versions_of(cohort: Cohort) -> Sequence[CohortVersion]:
    """All versions, the newest first."""
    if not cohort.version:
        return []
    listed = select(CohortVersion).where(CohortVersion.cohort_id == cohort.id)
    return db.session.scalars(listed.order_by(CohortVersion.number.desc())).all()


def version_at(cohort: Cohort, version_id: int) -> CohortVersion:
    """The version of this cohort with that id. Raises NotFound, also for one of another programme."""
    found = db.session.get(CohortVersion, (scope.current().tenant, version_id))
    if found is None or found.cohort_id != cohort.id:
        raise NotFound
    return found
