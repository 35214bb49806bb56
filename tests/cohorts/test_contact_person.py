"""The one way from a programme to a name: through the practice's release."""

import pytest
from werkzeug.exceptions import Forbidden, NotFound

from app import clock
from app.cohorts.models import Release
from app.cohorts.release import contact_person, released_practices
from tests.conftest import Acting
from tests.programmes.people import participants, programme
from tests.rows import make
from tests.world import World


def test_a_person_is_named_only_while_their_practice_has_released_its_people(
    acting: Acting, world: World
) -> None:
    with acting("dover-town", "cora"):
        row = programme()
        practice = world.practices["G82999"]
        ada = participants(row.id, practice, 1)[0]
        with pytest.raises(Forbidden, match="has not released"):
            contact_person(ada.id)

        release = make(Release, programme_id=row.id, practice_id=practice)
        assert released_practices(row.id) == {practice}
        assert contact_person(ada.id)[1].name == "Ada Example"

        release.withdrawn_at = clock.now()
        assert released_practices(row.id) == frozenset()
        with pytest.raises(Forbidden, match="has not released"):
            contact_person(ada.id)


def test_a_release_for_one_programme_or_practice_says_nothing_of_another(
    acting: Acting, world: World
) -> None:
    with acting("dover-town", "cora"):
        row, other = programme(), programme(name="Another")
        ada = participants(row.id, world.practices["G82999"], 1)[0]
        make(Release, programme_id=other.id, practice_id=world.practices["G82999"])
        make(Release, programme_id=row.id, practice_id=world.practices["G82998"])
        with pytest.raises(Forbidden):
            contact_person(ada.id)


def test_a_participant_of_another_pcn_does_not_exist(acting: Acting, world: World) -> None:
    with acting("dover-town", "cora"):
        row = programme()
        ada = participants(row.id, world.practices["G82999"], 1)[0].id
        make(Release, programme_id=row.id, practice_id=world.practices["G82999"])
    with acting("medway-central", "cass"), pytest.raises(NotFound):
        contact_person(ada)
