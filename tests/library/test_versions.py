"""Two at the same moment: adopting, approving and writing take effect once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.exceptions import Conflict

from app.library import states, versions
from app.library.adopting import adopt
from app.library.models import Adoption, LibraryItem, PublishedItem
from tenants.db import db
from tests import rows
from tests.conftest import block
from tests.world import World

LETTER = versions.Content(summary="Asks people to ring", body="Please ring.")


def both(
    live: Flask, world: World, slug: str, who: tuple[str, str], act: Callable[[], object]
) -> list[object]:
    """What `act` gives two people who do it at once; a refusal is given as the exception."""
    together = Barrier(2)

    def do(name: str) -> object:
        with block(live, world, slug, name, audited=False):
            db.session.execute(select(1))
            together.wait(timeout=60)
            try:
                given = act()
                db.session.commit()
            except Conflict as refused:
                db.session.rollback()
                return refused
            return given

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(do, who))


@pytest.mark.slow
def test_adopting_at_once_gives_both_the_same_draft(live: Flask, world: World) -> None:
    with block(live, world, "dover-town", "mandy", audited=False):
        shared = rows.make(PublishedItem, kind="letter").id
        db.session.commit()
    given = both(live, world, "medway-central", ("mo", "cass"), lambda: adopt(shared).id)
    assert given[0] == given[1]
    with block(live, world, "medway-central", "mo", audited=False):
        assert len(db.session.scalars(select(LibraryItem)).all()) == 1
        assert len(db.session.scalars(select(Adoption)).all()) == 1


@pytest.mark.slow
def test_writing_at_once_saves_once_and_says_so(live: Flask, world: World) -> None:
    given = both(
        live, world, "dover-town", ("mandy", "max"), lambda: versions.write("letter", "Ours", LETTER).id
    )
    assert sum(isinstance(each, Conflict) for each in given) == 1


@pytest.mark.slow
def test_approving_at_once_takes_effect_once(live: Flask, world: World) -> None:
    with block(live, world, "dover-town", "mandy", audited=False):
        number = versions.write("letter", "Ours", LETTER).id
        db.session.commit()

    def approve() -> bool:
        item = db.session.get_one(LibraryItem, (world.organisations["dover-town"], number))
        return states.approve(item, states.despite(item))

    assert sorted(map(bool, both(live, world, "dover-town", ("max", "clara"), approve))) == [False, True]
