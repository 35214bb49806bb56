"""A person to work with."""

import pytest

from tenants.db import db
from tests.care.seeding import participant
from tests.conftest import Acting
from tests.world import World

BASE = "/pcn/dover-town/people"


@pytest.fixture
def ada(world: World, acting: Acting) -> int:
    """Ada Example, a participant of Dover Town, whose practice has released its people. Gives the id."""
    with acting("dover-town", "cora"):
        row = participant(world)
        number = row.id
        db.session.commit()
    return number
