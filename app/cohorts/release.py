"""Each practice decides for its own people: whether they may be named and contacted for a programme."""

from sqlalchemy import select
from werkzeug.exceptions import Forbidden, NotFound

from app.cohorts.models import Release
from app.people.models import Person
from app.programmes.models import Participant
from tenants.db import db

NOT_RELEASED = "This person's practice has not released its people for the programme."


def released_practices(programme_id: int) -> frozenset[int]:
    """The practices whose people may be named and contacted for the programme now."""
    return frozenset(
        db.session.scalars(
            select(Release.practice_id).where(
                Release.programme_id == programme_id, Release.withdrawn_at.is_(None)
            )
        )
    )


def contact_person(participant_id: int) -> tuple[Participant, Person]:
    """A participant and who they are, for contact with them.

    The one way to a name from a programme. Raises NotFound where the acting PCN has no such participant, and
    Forbidden with a sentence where the practice has not released its people, or has taken the release back.
    """
    row = db.session.execute(
        select(Participant, Person, Release.id)
        .join(Person, (Person.tenant_id == Participant.tenant_id) & (Person.id == Participant.person_id))
        .outerjoin(
            Release,
            (Release.tenant_id == Participant.tenant_id)
            & (Release.programme_id == Participant.programme_id)
            & (Release.practice_id == Person.practice_id)
            & Release.withdrawn_at.is_(None),
        )
        .where(Participant.id == participant_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    participant, person, release = row
    if release is None:
        raise Forbidden(NOT_RELEASED)
    return participant, person
