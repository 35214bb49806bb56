"""What a cohort has waiting: a definition to freeze, practices to release, and the tasks of the set-up."""

import datetime as dt

from flask import url_for
from sqlalchemy import and_, exists, func, literal, select, union_all

from app import clock
from app.cohorts.definition import cohort_of
from app.cohorts.models import Cohort, Release
from app.cohorts.release import in_force, own_practices, practices_of
from app.cohorts.screening_offers import Counted, people_to_screen, screening_todo
from app.here import can
from app.permissions import P
from app.programmes import next_steps, tasks, today
from app.programmes.models import Participant, Programme
from app.programmes.tasks import DONE, TO_DO, WAITING, Task
from app.programmes.today import Todo
from tenants.db import db

TOLD_FOR = dt.timedelta(days=14)  # how long "Today" says who has joined


@tasks.offers
def cohort_tasks(programme: Programme) -> list[Task]:
    """The cohort frozen, and the practices' release."""
    cohort = cohort_of(programme)
    frozen = cohort.state == "frozen"
    link = url_for("cohorts.view", programme_id=programme.id) if can(P.SEE_COHORTS) else ""
    hint = f"{cohort.members:,} people, as of {cohort.on_date.day} {cohort.on_date:%B %Y}" if frozen else ""
    freeze = Task(
        20,
        "Cohort",
        DONE if frozen else TO_DO,
        "Analyst or PCN manager",
        link,
        hint,
        missing="freeze the cohort",
    )
    return [freeze, _release_task(programme, frozen=frozen)]


def _release_task(programme: Programme, *, frozen: bool) -> Task:
    with_people = [part for part in practices_of(programme.id) if part.people]
    released = sum(part.released for part in with_people)
    state = DONE if with_people and released == len(with_people) else WAITING if frozen else TO_DO
    link = url_for("cohorts.releases", programme_id=programme.id) if can(P.SEE_COHORTS) else ""
    hint = f"{released} of {len(with_people)} practices" if with_people else "After the cohort is frozen"
    # One practice is enough to begin: the people of the others are held back until theirs releases them.
    return Task(
        30, "Practices release their people", state, "Each practice", link, hint,
        needed=not released, missing="have at least one practice release its people",
    )  # fmt: skip


@next_steps.offers
def freeze_next(programme: Programme) -> Todo | None:
    """Freeze the cohort, for those who may."""
    if not can(P.DEFINE_COHORTS) or programme.state == "closed" or cohort_of(programme).state == "frozen":
        return None
    link = url_for("cohorts.view", programme_id=programme.id)
    return Todo("Check the cohort and freeze it", link, 0, "Then the practices can release their people.")


@next_steps.offers
def release_next(programme: Programme) -> Todo | None:
    """Release one's own practice's people."""
    own = own_practices()
    waiting = _own_programmes(own).where(Programme.id == programme.id) if own else None
    row = db.session.execute(waiting).one_or_none() if waiting is not None else None
    return _release(programme.id, programme.name) if row and row[3] else None


@today.offers
def waiting() -> list[Todo]:
    """What waits for the releaser of a practice and for whoever screens, counted in one statement."""
    own = own_practices()
    asked = [_own_programmes(own)] if own else []
    asked += [people_to_screen()] if can(P.SCREEN_PEOPLE) else []
    rows = db.session.execute(union_all(*asked)).all() if asked else []
    ordered = sorted(rows, key=lambda row: (row[0] == "screen", row[2]))
    return [todo for row in ordered for todo in _todos(*row)]


def _todos(kind: str, programme_id: int, name: str, waiting: int, more: int) -> list[Todo]:
    if kind == "screen":
        return [screening_todo(programme_id, name, waiting, more)]
    found = [_release(programme_id, name)] if waiting else []
    if more:
        words = f"{'person' if more == 1 else 'people'} of your practice joined {name}"
        hint = "Your release covers them. You can take it back."
        found.append(Todo(words, url_for("cohorts.releases", programme_id=programme_id), more, hint))
    return found


def _release(programme_id: int, name: str) -> Todo:
    link = url_for("cohorts.release", programme_id=programme_id)
    return Todo(f"Release your practice’s people for {name}", link, 0, "Or decide not to.")


def _own_programmes(own: frozenset[int]) -> Counted:
    """The open programmes with people of one's own practices.

    With each how many wait for the release, and how many have joined by a refresh since it, in the last days.
    """
    of_programme = and_(
        Participant.tenant_id == Programme.tenant_id, Participant.programme_id == Programme.id
    )
    released = in_force(Participant.tenant_id, Participant.programme_id, Participant.practice_id)
    joined = and_(
        Participant.wave > 1,
        Participant.joined_at > Release.released_at,
        Participant.joined_at > clock.now() - TOLD_FOR,
    )
    unreleased = func.count().filter(Release.id.is_(None))
    return (
        select(literal("own"), Programme.id, Programme.name, unreleased, func.count().filter(joined))
        .join(Participant, of_programme)
        .outerjoin(Release, released)
        .where(Participant.practice_id.in_(own), Programme.state != "closed")
        .group_by(Programme.id, Programme.name)
    )


@today.offers
def to_freeze() -> list[Todo]:
    """Programmes whose cohort is not frozen, for those who define cohorts and do not run programmes."""
    if not can(P.DEFINE_COHORTS) or can(P.RUN_PROGRAMMES):
        return []
    frozen = exists().where(
        and_(
            Cohort.tenant_id == Programme.tenant_id,
            Cohort.programme_id == Programme.id,
            Cohort.state == "frozen",
        )
    )
    count = select(func.count()).where(Programme.state == "set-up", ~frozen).select_from(Programme)
    number = db.session.scalar(count) or 0
    words = "cohort to check and freeze" if number == 1 else "cohorts to check and freeze"
    return [Todo(words, url_for("programmes.browse"), number)] if number else []
