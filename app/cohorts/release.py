"""Each practice decides for its own people: whether they may be named and contacted for a programme."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select, update
from werkzeug.exceptions import Forbidden, NotFound

from app import audit, clock
from app.cohorts.models import Release
from app.here import can, here
from app.people.models import Person
from app.permissions import P
from app.programmes.models import Participant
from tenants import scope
from tenants.adding import add_once
from tenants.db import db
from tenants.models import Practice

NOT_RELEASED = "This person's practice has not released its people for the programme."
PURPOSE = "deciding what the practice's data is used for"

BASES = (
    "Direct care, with implied consent: UK GDPR Articles 6(1)(e) and 9(2)(h)",
    "Direct care, under the data sharing agreement of our PCN",
    "Another basis, agreed with our data protection officer",
)


@dataclass(frozen=True)
class PracticePart:
    """A practice's part in a programme: how many of its people are in the cohort, and its release, if any."""

    practice: Practice
    people: int
    release: Release | None

    @property
    def released(self) -> bool:
        """Whether its people may be contacted now."""
        return self.release is not None and self.release.withdrawn_at is None


def own_practices() -> frozenset[int]:
    """The practices of which the person here is the releaser."""
    return here.place.practices if here.place and can(P.RELEASE_PEOPLE) else frozenset()


def in_force(tenant: Any, programme: Any, practice: Any) -> ColumnElement[bool]:
    """That a row of `release` is in force for the programme's people of the practice: for a join or `exists`.

    Takes columns, or numbers. There is at most one such row. Said again in the text of `outreach/asked.py`.
    """
    return and_(
        Release.tenant_id == tenant,
        Release.programme_id == programme,
        Release.practice_id == practice,
        Release.withdrawn_at.is_(None),
    )


def in_force_for(place: Any) -> ColumnElement[bool]:
    """The same for the programme of `place`, a model such as Participant, and the practice of its Person."""
    return in_force(place.tenant_id, place.programme_id, Person.practice_id)


def released_to(programme_id: int) -> ColumnElement[bool]:
    """Whether a Person's practice has released its people for one programme."""
    return exists().where(in_force(Person.tenant_id, programme_id, Person.practice_id))


def released_practices(programme_id: int) -> frozenset[int]:
    """The practices whose people may be named and contacted for the programme now."""
    return frozenset(
        db.session.scalars(
            select(Release.practice_id).where(
                Release.programme_id == programme_id, Release.withdrawn_at.is_(None)
            )
        )
    )


def practices_and_whether_released(programme_id: int) -> list[tuple[Practice, bool]]:
    """Each practice of the PCN, by name, and whether its people may be named and contacted now."""
    live = exists().where(in_force(Practice.tenant_id, programme_id, Practice.id))
    rows = db.session.execute(select(Practice, live).order_by(Practice.name, Practice.id))
    return [(practice, released) for practice, released in rows]


def practices_of(programme_id: int) -> list[PracticePart]:
    """Each practice of the PCN, by name, with its newest release for the programme."""
    counted = (
        select(Participant.practice_id, func.count().label("people"))
        .where(Participant.programme_id == programme_id)
        .group_by(Participant.practice_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Practice, func.coalesce(counted.c.people, 0))
        .outerjoin(counted, counted.c.practice_id == Practice.id)
        .order_by(Practice.name, Practice.id)
    ).all()
    newest = select(Release).where(Release.programme_id == programme_id).order_by(Release.id)
    releases = {release.practice_id: release for release in db.session.scalars(newest)}
    return [PracticePart(practice, people, releases.get(practice.id)) for practice, people in rows]


def release(programme_id: int, practice_id: int, basis: str) -> bool:
    """Let the practice's people be named and contacted. False where they were released already."""
    release_id = add_once(
        Release, programme_id=programme_id, practice_id=practice_id, released_by=audit.actor().name,
        released_at=clock.now(), basis=basis,
    )  # fmt: skip
    audit.record(
        "released" if release_id else "released again", "practice", practice_id, purpose=PURPOSE,
        programme=programme_id, basis=basis,
    )  # fmt: skip
    return release_id is not None


def withdraw(programme_id: int, practice_id: int, reason: str) -> bool:
    """Take the release back from now on. False where there was none. What was done before stays recorded."""
    taken_back = db.session.scalars(
        update(Release)
        .where(in_force(scope.current().tenant, programme_id, practice_id))
        .values(withdrawn_at=clock.now(), withdrawn_by=audit.actor().name, withdrawn_reason=reason)
        .returning(Release.id)
    ).one_or_none()
    if taken_back is None:
        audit.record("found no release of", "practice", practice_id, purpose=PURPOSE, programme=programme_id)
        return False
    audit.record(
        "withdrew release of", "practice", practice_id, purpose=PURPOSE, programme=programme_id,
        reason=reason,
    )  # fmt: skip
    return True


def contact_person(participant_id: int) -> tuple[Participant, Person]:
    """A participant and who they are, for contact with them.

    The one way to a name from a programme. Raises NotFound where the acting PCN has no such participant, and
    Forbidden with a sentence where the practice has not released its people, or has taken the release back.
    """
    row = db.session.execute(
        select(Participant, Person, Release.id)
        .join(Person, (Person.tenant_id == Participant.tenant_id) & (Person.id == Participant.person_id))
        .outerjoin(Release, in_force_for(Participant))
        .where(Participant.id == participant_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    participant, person, released = row
    if released is None:
        raise Forbidden(NOT_RELEASED)
    return participant, person
