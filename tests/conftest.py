"""Fixtures: one database for the run, a transaction rolled back after each test, and named people.

- `app`: the application on the run's database. Each test's changes are rolled back.
- `world`: ids of the organisations and people in tests/world.py.
- `client_of("mandy")`: a checking client signed in as her; `client_of(None)`: nobody.
- `acting("dover-town", "mandy")`: a block in which that organisation acts, for arranging and looking.
- `moved`: `moved(datetime)` moves the clock; it stands still until moved again.
- `live`: an application on a database of its own with real commits, for threads, workers and browsers.
"""

import base64
import datetime as dt
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from sqlalchemy import create_engine

from app import audit, clock, embedded
from tenants import scope
from tenants.db import TenantSession, db
from tests import guard
from tests import world as worlds
from tests.checking import CheckingClient

FOLDER = Path(__file__).resolve().parent.parent / "var" / "test"
RUN = f"test_{os.getpid()}"
TEMPLATE = f"{RUN}_world"
KEY = base64.urlsafe_b64encode(b"k" * 32).decode()

# How long an example takes says how busy the machine is, and nothing of the product.
hypothesis.settings.register_profile(
    "unhurried",
    hypothesis.settings(),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("unhurried")


def settings(database: str) -> dict[str, str]:
    """The environment of an application on the test database of that name."""
    servers = embedded.start(FOLDER, database, durable=False)
    return {
        "OAST_ENV": "test",
        "OAST_DEMONSTRATION": "1",
        "DATABASE_URL": servers.app_url,
        "OWNER_DATABASE_URL": servers.owner_url,
        "RELAY_DATABASE_URL": servers.relay_url,
        "REDIS_URL": servers.redis_url,
        "SECRET_KEY": "test-" * 8,
        "FILE_KEY": KEY,
        "BASE_URL": "http://localhost",
    }


def application(environ: dict[str, str]) -> Flask:
    """An application with that environment."""
    from app import config, create_app

    made = create_app(config.from_environment(environ) | {"WTF_CSRF_ENABLED": False})
    made.test_client_class = CheckingClient
    given = made.jinja_env.globals["csrf_token"]

    def csrf_token() -> str:
        """Where no form asks for its token, one by which no page can happen to hold a name like “Ada”."""
        return str(given()) if made.config["WTF_CSRF_ENABLED"] else "-"

    made.jinja_env.globals["csrf_token"] = csrf_token
    made.context_processor(lambda: {"csrf_token": csrf_token})
    return made


@pytest.fixture(scope="session")
def run_database() -> Iterator[str]:
    """A migrated database with the world in it, dropped when the run ends."""
    from flask_migrate import upgrade

    os.environ.update(settings(TEMPLATE))
    made = application(dict(os.environ))
    with made.app_context():
        upgrade()
        with guard.seeding():
            made.extensions["world"] = worlds.build()
        db.session.remove()
        db.engine.dispose()
    WORLD.update(world=made.extensions["world"])
    embedded.create_database(FOLDER, RUN, template=TEMPLATE)
    os.environ.update(settings(RUN))
    yield RUN
    embedded.drop_database(FOLDER, RUN)
    embedded.drop_database(FOLDER, TEMPLATE)


WORLD: dict[str, worlds.World] = {}
REFRESHED: dict[str, float] = {}
FRESH_FOR = 40  # seconds: before the service notes anew that somebody is still there


@pytest.fixture(scope="session")
def session_app(run_database: str) -> Iterator[Flask]:
    """The application of the whole run."""
    made = application(settings(run_database))
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def world(run_database: str) -> worlds.World:
    """Ids of what stands in the world."""
    return WORLD["world"]


def _keep_signed_in(made: Flask) -> None:
    """Nobody's session grows old while the run goes on, however long it takes."""
    if time.monotonic() - REFRESHED.get("at", 0.0) > FRESH_FOR:
        with made.app_context(), guard.seeding():
            worlds.stay_signed_in(WORLD["world"])
        REFRESHED["at"] = time.monotonic()


@pytest.fixture
def app(session_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application inside one transaction that is rolled back after the test."""
    from app.known_organisations import forget_organisations

    _keep_signed_in(session_app)
    with session_app.app_context():
        engine = db.engine
    connection = engine.connect()
    outer = connection.begin()
    factory = db.session.session_factory
    factory.configure(join_transaction_mode="create_savepoint")
    monkeypatch.setattr(TenantSession, "get_bind", lambda self, *args, **kwargs: connection)
    forget_organisations()
    yield session_app
    outer.rollback()
    connection.close()
    factory.configure(join_transaction_mode="conditional_savepoint")


@pytest.fixture
def client_of(app: Flask, world: worlds.World) -> Callable[[str | None], CheckingClient]:
    """A checking client signed in as the named person, or as nobody."""
    return lambda who=None: signed_in_client(app, world, who)


def signed_in_client(app: Flask, world: worlds.World, who: str | None) -> CheckingClient:
    """A checking client of `app` signed in as `who`."""
    client = app.test_client()
    assert isinstance(client, CheckingClient)
    client.who, client.forbidden = who, world.forbidden_words(who)
    if who is not None:
        with client.session_transaction() as cookie:
            cookie["_user_id"] = f"{world.accounts[who]}.{world.tokens[who]}"
            cookie["_fresh"] = True
    return client


Acting = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def acting(app: Flask, world: worlds.World) -> Acting:
    """A block in which an organisation acts: `with acting("dover-town", "mandy"): …`. Commit what must stay.

    What is written inside needs no audit event (`audited=True` keeps the guard on).
    """
    return lambda slug, who=None, audited=False: block(app, world, slug, who, audited)


@contextmanager
def block(app: Flask, world: worlds.World, slug: str, who: str | None, audited: bool) -> Iterator[None]:
    """The block that `acting` opens, for an application of one's own."""
    actor = audit.Actor(who or "Test", "test", world.accounts[who] if who else None)
    with app.app_context(), scope.as_acting(world.acting(slug, who)):
        audit.set_actor(actor)
        try:
            if audited:
                yield
            else:
                with guard.seeding():
                    yield
        finally:
            audit.set_actor(None)


@pytest.fixture
def moved(app: Flask, world: worlds.World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Move the clock to a moment (naive means in Kent); it stands still there.

    The named people stay signed in, unless `moved(moment, stay=False)`: then their sessions have aged.
    """

    def move(moment: dt.datetime, *, stay: bool = True) -> None:
        there = moment if moment.tzinfo else moment.replace(tzinfo=clock.LONDON)
        monkeypatch.setattr(clock, "now", lambda: there.astimezone(dt.UTC))
        if stay:
            with app.app_context():
                worlds.stay_signed_in(world)

    return move


@pytest.fixture
def live(run_database: str, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """An application on a copy of the world's database, with real commits."""
    name = f"{RUN}_{abs(hash(request.node.nodeid)) % 10**8}"
    embedded.create_database(FOLDER, name, template=TEMPLATE)
    made = application(settings(name))
    with made.app_context(), guard.seeding():
        worlds.stay_signed_in(WORLD["world"])
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()
    embedded.drop_database(FOLDER, name)


@pytest.fixture
def owner_engine(run_database: str) -> Iterator[Any]:
    """A connection as the owner of the tables, for looking at the catalogue."""
    engine = create_engine(settings(run_database)["OWNER_DATABASE_URL"])
    yield engine
    engine.dispose()
