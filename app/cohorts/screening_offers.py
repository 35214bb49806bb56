"""What waits for those who screen, and where a programme's screening is."""

from flask import url_for
from sqlalchemy import ColumnElement, Select, func, literal, select

from app.cohorts.models import Cohort, Screening
from app.cohorts.screening import KEEP, LEAVE_OUT, progress_of, to_screen
from app.cohorts.screening_values import has_flag, latest_of
from app.here import can
from app.people.models import Person
from app.permissions import P
from app.programmes import next_steps, tasks
from app.programmes.models import Participant, Programme
from app.programmes.tasks import DONE, TO_DO, WAITING, Task
from app.programmes.today import Todo
from tenants.db import db

Counted = Select[str, int, str, int, int]


def people_to_screen() -> Counted:
    """Where a clinician screens first: how many are to be looked at, and how many have a red flag."""
    wanted = select(Cohort.programme_id).join(
        Programme, (Programme.tenant_id == Cohort.tenant_id) & (Programme.id == Cohort.programme_id)
    )
    wanted = wanted.where(Cohort.screened_first, Programme.state != "closed")
    latest = latest_of(select(Participant.person_id).where(Participant.programme_id.in_(wanted)))
    flagged = func.count().filter(has_flag(latest))
    return (
        to_screen(literal("screen"), Programme.id, Programme.name, func.count(), flagged)
        .join(
            Programme,
            (Programme.tenant_id == Participant.tenant_id) & (Programme.id == Participant.programme_id),
        )
        .outerjoin(latest, latest.c.person_id == Person.id)
        .where(Programme.id.in_(wanted), _undecided())
        .group_by(Programme.id, Programme.name)
    )


def _undecided() -> ColumnElement[bool]:
    return Screening.decision.is_distinct_from(KEEP) & Screening.decision.is_distinct_from(LEAVE_OUT)


def screening_todo(programme_id: int, name: str, count: int, flagged: int) -> Todo:
    """What "Today" says of people to screen."""
    words = f"{'person' if count == 1 else 'people'} to screen for {name}"
    hint = f"{flagged:,} with a red flag." if flagged else "Nobody is contacted before that."
    return Todo(words, url_for("cohorts.screening", programme_id=programme_id), count, hint)


@next_steps.offers
def screen_next(programme: Programme) -> Todo | None:
    """Screen the people who have been released, for clinicians."""
    if not can(P.SCREEN_PEOPLE) or programme.state == "closed" or not _screens_first(programme):
        return None
    progress = progress_of(programme.id, waiting=False)
    if not progress.undecided:
        return None
    words = "person to screen" if progress.undecided == 1 else "people to screen"
    return Todo(words, url_for("cohorts.screening", programme_id=programme.id), progress.undecided)


def _screens_first(programme: Programme) -> bool:
    asked = select(Cohort.screened_first).where(Cohort.programme_id == programme.id)
    return bool(db.session.scalar(asked))


@tasks.offers
def screening_task(programme: Programme) -> list[Task]:
    """The screening, where the programme has one. Whoever is kept can be contacted before all are decided."""
    if not _screens_first(programme):
        return []
    progress = progress_of(programme.id, waiting=False)
    state = WAITING if not progress.total else TO_DO if progress.undecided else DONE
    link = url_for("cohorts.screening", programme_id=programme.id) if can(P.SCREEN_PEOPLE) else ""
    hint = f"{progress.decided:,} of {progress.total:,} decided" if progress.total else "After the release"
    return [Task(35, "A clinician screens the list", state, "Clinician", link, hint, needed=False)]
