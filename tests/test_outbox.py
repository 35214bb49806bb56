"""What a piece of work leaves behind."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from rq import Queue
from sqlalchemy import create_engine, select

import worker
from app import clock, mail, outbox
from tenants.db import db
from tests.conftest import block
from tests.world import World

PAYLOAD = {"link": "http://localhost/reset/1-secret"}


@pytest.fixture
def done_by(acting: Callable[..., Any], world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`done_by(handler)` leaves one piece of work, lets the handler do it, and returns its row."""

    def do(handler: Callable[[Any], Any]) -> outbox.Outbox:
        monkeypatch.setitem(outbox.HANDLERS, "test.work", handler)
        with acting("dover-town"):
            outbox.leave("test.work", "A piece of work", dict(PAYLOAD), key="1")
            db.session.commit()
            (row,) = db.session.scalars(select(outbox.Outbox))
            outbox.run(world.organisations["dover-town"], row.id)
            return db.session.scalars(select(outbox.Outbox).execution_options(populate_existing=True)).one()

    return do


def test_work_that_is_done_keeps_its_label_and_nothing_of_what_it_was_about(done_by) -> None:
    seen = []
    row = done_by(seen.append)
    assert seen == [PAYLOAD]
    assert row.done_at is not None
    assert (row.label, row.payload) == ("A piece of work", {})


def test_work_that_goes_on_later_keeps_what_it_needs(done_by) -> None:
    later = clock.now() + dt.timedelta(hours=1)
    row = done_by(lambda _: outbox.Later(later))
    assert (row.done_at, row.payload) == (None, PAYLOAD)


def test_work_that_failed_keeps_what_it_needs_to_be_tried_again(done_by) -> None:
    def fail(payload: Any) -> None:
        raise outbox.WorkCannotBeDone("The gateway does not answer.")

    row = done_by(fail)
    assert (row.done_at, row.payload) == (None, PAYLOAD)
    assert "The gateway does not answer." in (row.error or "")


Relay = Callable[[redis.Redis], int]


@pytest.fixture
def relay(live: Flask, world: World) -> Iterator[Relay]:
    """`relay(connection)` puts what is due of one mail that waits on the queue there; returns how much."""
    with block(live, world, "dover-town", None, audited=False):
        mail.post("mo@example.test", "A note", "Hello", key="1")
        db.session.commit()
    engine = create_engine(live.config["RELAY_DATABASE_URL"])
    yield lambda connection: worker.pass_on(engine, connection)
    engine.dispose()


def test_a_worker_that_takes_the_work_at_once_finds_it_free(
    live: Flask, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = []

    def take_at_once(queue: Queue, name: str, org_id: int, outbox_id: int, **_: object) -> None:
        with live.app_context():
            answers.append(worker.do(org_id, outbox_id))

    monkeypatch.setattr(Queue, "enqueue", take_at_once)
    assert relay(redis.Redis.from_url(live.config["REDIS_URL"])) == 1
    assert answers == ["done"]


def test_work_stays_due_while_the_queue_is_away(
    live: Flask, relay: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(redis.ConnectionError):
        relay(redis.Redis(unix_socket_path=str(tmp_path / "nobody")))
    monkeypatch.setattr(Queue, "enqueue", lambda *_, **__: None)
    assert relay(redis.Redis.from_url(live.config["REDIS_URL"])) == 1
