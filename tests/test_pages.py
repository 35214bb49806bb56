"""What every page carries, what is said when something goes wrong, and whether the service is ready."""

import datetime as dt
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from app import clock, config
from app.outbox import WorkerBeat
from app.pages import ERRORS
from app.permissions import public, signed_in
from tenants.db import db
from tests.checking import UNCOUNTED, CheckingClient, counted
from tests.conftest import application, settings, signed_in_client
from tests.world import World

ClientOf = Callable[..., CheckingClient]
HOMES = {
    "mandy": "/pcn/dover-town/today",
    "ivy": "/icb/kent-and-medway/overview",
    "olu": "/partner/one-you-kent/inbox",
}
PUBLIC = (
    "/sign-in",
    "/accessibility",
    "/privacy",
    "/cookies",
    "/demonstration",
    "/r/nothing",
    "/no-such-page",
)


# The frame.


@pytest.mark.parametrize("who", HOMES)
def test_a_page_says_where_one_is_as_whom_and_ends_with_sign_out(client_of: ClientOf, who: str) -> None:
    page = client_of(who).get(HOMES[who])
    header = page.text[page.text.index("<header") : page.text.index("</header>")]
    account = header[header.index('aria-label="Account"') : header.index("</nav>")]
    assert who.capitalize() in account
    assert re.findall(r"<(?:a|button)[^>]*>([^<]*)<", account)[-1] == "Sign out"
    assert 'aria-label="Menu"' in header
    assert page.headers["Cache-Control"] == "no-store"


def test_the_note_that_somebody_is_still_there_is_not_charged_to_the_page_they_are_at(
    client_of: ClientOf, moved: Callable[..., None]
) -> None:
    mandy = client_of("mandy")
    mandy.get(HOMES["mandy"])  # the first time, the organisation is looked up too
    with counted() as statements:
        mandy.get(HOMES["mandy"])
    mandy.budget = len([one for one in statements if not UNCOUNTED.match(one)])
    moved(clock.now() + dt.timedelta(minutes=2), stay=False)
    with counted() as statements:
        assert mandy.get(HOMES["mandy"]).status_code == 200
    assert any("UPDATE signed_in" in one for one in statements)


def test_the_way_to_another_organisation_is_there_for_who_has_one(client_of: ClientOf) -> None:
    assert "Change organisation" in client_of("both").get("/pcn/dover-town/today").text
    assert "Change organisation" not in client_of("mandy").get("/pcn/dover-town/today").text


@pytest.mark.parametrize("path", PUBLIC)
def test_the_demonstration_says_on_every_page_that_its_people_are_made_up(
    client_of: ClientOf, path: str
) -> None:
    assert "Demonstration: made-up people" in client_of(None).get(path).text


def test_what_is_no_demonstration_does_not_say_so(app: Flask, client_of: ClientOf, monkeypatch: Any) -> None:
    monkeypatch.setitem(app.config, "OAST_DEMONSTRATION", False)
    assert "made-up" not in client_of("mandy").get("/pcn/dover-town/today").text


def test_only_who_is_signed_in_is_warned_of_the_end_of_the_session(client_of: ClientOf) -> None:
    assert (
        'data-session-remaining="/session/remaining"' in client_of("mandy").get("/pcn/dover-town/today").text
    )
    assert "data-session" not in client_of(None).get("/sign-in").text


# When something goes wrong.


@pytest.fixture
def broken(run_database: str) -> Flask:
    """An application as it is served, with pages that fail in each way."""
    made = application(settings(run_database))
    made.config["TESTING"] = made.testing = False
    made.test_client_class = FlaskClient
    for code in (400, 403, 404, 409, 413, 429):
        made.add_url_rule(f"/fails/{code}", f"fails{code}", public("test")(lambda code=code: abort(code)))
    made.add_url_rule("/fails/halfway", "fails_halfway", signed_in(_fail_halfway))
    made.add_url_rule("/fails/500", "fails500", public("test")(_fail))
    return made


def _fail_halfway() -> None:
    """The connection breaks, and no other is to be had."""
    db.engine.dispose()
    db.engine.dialect.connect = _refuse  # type: ignore[method-assign]
    db.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


def _refuse(*args: Any, **options: Any) -> Any:
    raise OperationalError("connect", {}, ConnectionRefusedError("gone"))


def _fail() -> None:
    typed = "Wrenfield, 999 700 0013"
    raise ValueError(typed)


@pytest.mark.parametrize("code", [400, 403, 404, 429])
def test_each_failure_says_what_happened_and_what_to_do(broken: Flask, code: int) -> None:
    answer = broken.test_client().get(f"/fails/{code}")
    assert answer.status_code == code
    title, help_text = ERRORS[code]
    assert title in answer.text
    assert help_text in answer.text
    assert "Go to your first page" in answer.text


def test_a_method_that_a_page_does_not_know_is_answered_in_words(client_of: ClientOf) -> None:
    answer = client_of("mandy").post("/pcn/dover-town/today")
    assert answer.status_code == 405
    assert ERRORS[405][0] in answer.text


def test_who_must_wait_is_told_for_how_long_in_the_header_too(broken: Flask) -> None:
    assert broken.test_client().get("/fails/429").headers["Retry-After"] == "900"


def test_a_failure_of_ours_tells_nobody_what_was_being_worked_on(broken: Flask, caplog: Any) -> None:
    with caplog.at_level(logging.ERROR):
        answer = broken.test_client().get("/fails/500")
    assert answer.status_code == 500
    assert "something went wrong" in answer.text
    assert "ValueError" in caplog.text
    assert "_fail" in caplog.text
    assert "Wrenfield" not in caplog.text + answer.text


def test_a_form_that_waited_too_long_is_led_back(app: Flask, client_of: ClientOf, monkeypatch: Any) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    monkeypatch.setitem(app.config, "WTF_CSRF_CHECK_DEFAULT", True)
    answer = client_of(None).post("/sign-in", data={"email": "a@example.test", "password": "x"})
    assert answer.status_code == 400
    assert "This form is too old" in answer.text
    assert "refresh the page" in answer.text


def test_a_form_that_is_larger_than_any_is_refused_in_words(client_of: ClientOf) -> None:
    answer = client_of(None).post("/sign-in", data={"email": "x" * (3 * config.MEGABYTE)})
    assert answer.status_code == 413
    assert "too big" in answer.text


def test_who_may_not_is_told_what_their_role_lacks_and_whom_to_ask(client_of: ClientOf) -> None:
    answer = client_of("pat").get("/pcn/dover-town/settings/work")
    assert answer.status_code == 403
    assert "Your role does not let you see background work." in answer.text
    assert "Ask the person who manages your organisation" in answer.text


def test_with_the_database_away_a_signed_in_person_still_gets_a_page(
    run_database: str, world: World, caplog: Any
) -> None:
    away = settings(run_database) | {"DATABASE_URL": "postgresql+psycopg://app@127.0.0.1:1/nothing"}
    made = application(away)
    made.config["TESTING"] = made.testing = False
    client = signed_in_client(made, world, "mandy")
    answer = super(CheckingClient, client).open("/pcn/dover-town/today")
    assert answer.status_code == 500
    assert "something went wrong" in answer.text


def test_with_the_database_gone_halfway_a_signed_in_person_still_gets_a_page(
    broken: Flask, world: World, monkeypatch: Any
) -> None:
    client = broken.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = f"{world.accounts['mandy']}.{world.tokens['mandy']}"
    answer = client.get("/fails/halfway")
    assert answer.status_code == 500
    assert "something went wrong" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


# Ready or not.

PARTS = ("database", "migrations", "policies", "redis", "worker")


@pytest.fixture
def whole(live: Flask) -> Flask:
    """A service with everything that it needs, a worker's sign of life included."""
    with live.app_context():
        db.session.add(WorkerBeat(name="test", at=dt.datetime.now(dt.UTC)))
        db.session.commit()
    return live


def _ready(app: Flask) -> tuple[int, set[str]]:
    answer = app.test_client().get("/readyz")
    assert answer.json is not None
    assert set(answer.json) == set(PARTS)
    return answer.status_code, {part for part, fine in answer.json.items() if not fine}


def _as_owner(app: Flask, statement: str) -> None:
    engine = create_engine(app.config["OWNER_DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_whole_service_is_ready(whole: Flask) -> None:
    assert _ready(whole) == (200, set())


@pytest.mark.parametrize(
    ("broken_by", "part"),
    [
        ("ALTER TABLE person NO FORCE ROW LEVEL SECURITY", "policies"),
        ("ALTER TABLE person DISABLE ROW LEVEL SECURITY", "policies"),
        ("CREATE TABLE forgotten (tenant_id bigint)", "policies"),
        ("UPDATE alembic_version SET version_num = 'earlier'", "migrations"),
        ("UPDATE worker_beat SET at = at - interval '2 minutes'", "worker"),
        ("DELETE FROM worker_beat", "worker"),
    ],
)
def test_it_is_not_ready_when_a_part_of_the_database_is_not(whole: Flask, broken_by: str, part: str) -> None:
    _as_owner(whole, broken_by)
    assert _ready(whole) == (503, {part})


def test_it_is_not_ready_without_redis(whole: Flask, monkeypatch: Any) -> None:
    monkeypatch.setitem(whole.config, "REDIS_URL", "redis://127.0.0.1:1/0")
    assert _ready(whole) == (503, {"redis"})


def test_it_is_not_ready_as_a_role_that_owns_the_tables(whole: Flask) -> None:
    """The owner is bound by forced policies, and could end them."""
    environ = settings("postgres") | {"DATABASE_URL": whole.config["OWNER_DATABASE_URL"]}
    made = application(environ)
    status, parts = _ready(made)
    assert (status, "database" in parts) == (503, True)
    with made.app_context():
        db.engine.dispose()


def test_without_a_database_the_process_still_answers_and_says_what_is_missing(run_database: str) -> None:
    away = settings(run_database) | {"DATABASE_URL": "postgresql+psycopg://app@127.0.0.1:1/nothing"}
    made = application(away)
    assert made.test_client().get("/healthz").status_code == 200
    assert _ready(made) == (503, {"database", "migrations", "policies", "worker"})


def test_a_worker_counts_by_real_time(whole: Flask, monkeypatch: Any) -> None:
    later = clock.now() + dt.timedelta(days=400)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert _ready(whole) == (200, set())
