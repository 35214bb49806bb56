"""What a cohort has waiting: a definition to freeze, practices to release, and the tasks of the set-up."""

import datetime as dt

from flask import url_for
from sqlalchemy import and_, exists, func, select

from app import clock
from app.cohorts.definition import cohort_of
from app.cohorts.models import Cohort, Release
from app.cohorts.release import practices_of
from app.here import can, here
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
    waiting = [one for one in _waiting_for_release() if one.id == programme.id]
    return _todo(waiting[0]) if waiting else None


@today.offers
def to_release() -> list[Todo]:
    """Programmes that wait for the release of one's own practice."""
    return [_todo(programme) for programme in _waiting_for_release()]


@today.offers
def joined() -> list[Todo]:
    """Who has joined a programme by a refresh, of one's own practice that had released its people before."""
    own = here.place.practices if here.place else frozenset()
    if not can(P.RELEASE_PEOPLE) or not own:
        return []
    covered = (
        (Release.tenant_id == Participant.tenant_id)
        & (Release.programme_id == Participant.programme_id)
        & (Release.practice_id == Participant.practice_id)
        & Release.withdrawn_at.is_(None)
        & (Release.released_at < Participant.joined_at)
    )
    counted = (
        select(Programme.id, Programme.name, func.count())
        .join(
            Participant,
            (Participant.tenant_id == Programme.tenant_id) & (Participant.programme_id == Programme.id),
        )
        .join(Release, covered)
        .where(
            Participant.wave > 1,
            Participant.practice_id.in_(own),
            Participant.joined_at > clock.now() - TOLD_FOR,
            Programme.state != "closed",
        )
        .group_by(Programme.id, Programme.name)
        .order_by(Programme.name)
    )
    return [_joined(*row) for row in db.session.execute(counted)]


def _joined(programme_id: int, name: str, count: int) -> Todo:
    words = f"{'person' if count == 1 else 'people'} of your practice joined {name}"
    hint = "Your release covers them. You can take it back."
    return Todo(words, url_for("cohorts.releases", programme_id=programme_id), count, hint)


def _todo(programme: Programme) -> Todo:
    link = url_for("cohorts.release", programme_id=programme.id)
    return Todo(f"Release your practice’s people for {programme.name}", link, 0, "Or decide not to.")


def _waiting_for_release() -> list[Programme]:
    own = here.place.practices if here.place else frozenset()
    if not can(P.RELEASE_PEOPLE) or not own:
        return []
    released = exists().where(
        Release.tenant_id == Participant.tenant_id,
        Release.programme_id == Participant.programme_id,
        Release.practice_id == Participant.practice_id,
        Release.withdrawn_at.is_(None),
    )
    waiting = (
        select(Participant.programme_id)
        .where(Participant.practice_id.in_(own), ~released)
        .group_by(Participant.programme_id)
    )
    statement = select(Programme).where(Programme.id.in_(waiting), Programme.state != "closed")
    return list(db.session.scalars(statement.order_by(Programme.name)))


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
