"""The demonstration's people in a database of their own, loaded once for the room's tests."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from flask import Flask

from app import embedded
from tenants.db import db
from tests import conftest as whole
from tests.cohorts import dover
from tests.conftest import Acting
from tests.programmes.people import programme
from tests.rows import person
from tests.world import World

Block = Callable[..., AbstractContextManager[None]]
NAME = f"{whole.RUN}_dover"


@pytest.fixture(scope="package")
def dover_app(run_database: str) -> Iterator[Flask]:
    """An application whose Dover Town has its 16,000 people."""
    embedded.create_database(whole.FOLDER, NAME, template=whole.TEMPLATE)
    made = whole.application(whole.settings(NAME))
    with whole.block(made, whole.WORLD["world"], "dover-town", "alan", False):
        dover.load()
        db.session.commit()
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()
    embedded.drop_database(whole.FOLDER, NAME)


@pytest.fixture
def in_dover(dover_app: Flask, world: World) -> Block:
    """A block in which Dover Town acts on its 16,000 people. What is not committed is undone."""
    return lambda who="alan": whole.block(dover_app, world, "dover-town", who, False)


@pytest.fixture
def number(acting: Acting, world: World) -> int:
    """A programme for people aged 40 to 69, with 30 such people and two younger ones, nothing frozen yet."""
    with acting("dover-town", "mandy"):
        made = programme().id
        for stem in range(30):
            practice = world.practices["G82999" if stem < 20 else "G82998"]
            person(practice, 6000 + 10 * stem, given_name=f"Ada{stem:02d}", pseudonym=f"P-{stem:03d}")
        for stem in (400, 410):
            person(world.practices["G82997"], 6000 + stem, born=dt.date(2000, 1, 1), pseudonym=f"P-{stem}")
        db.session.commit()
    return int(made)
