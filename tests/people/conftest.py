"""What the tests of bringing in data share."""

from collections.abc import Callable

import pytest

from tenants.db import db
from tests.people import sources


@pytest.fixture
def source_of(acting) -> Callable[..., int]:
    """The id of Dover Town's source of a kind, registered with an agreement in date."""

    def registered(kind: str = "people") -> int:
        with acting("dover-town"):
            found = sources.source(kind).id
            db.session.commit()
            return found

    return registered
