"""Workers killed with -9 while they send a batch: everybody gets exactly one message, and the batch ends."""

import datetime as dt
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from flask import Flask
from sqlalchemy import create_engine, func, select, update

import worker
from app import clock
from app.outreach import accounts
from app.outreach.models import Batch, Contact
from tenants import scope
from tenants.db import db
from tenants.models import PcnSettings
from tests import world as worlds
from tests.conftest import block, signed_in_client
from tests.kernel.test_crash import Workers, workers_of
from tests.outreach import approving, seeding
from tests.outreach.conftest import BASE, TEMPLATE
from tests.outreach.crowds import crowd
from tests.stand_in.notify import API_KEY, BEARER, Served, served
from tests.world import World

PEOPLE, KILLS = 2000, 10
AFTER_THE_LAST = 60  # seconds
A_LOOK = 1  # second, at most, that one look at the batch takes unless the machine does something else


@pytest.fixture
def notify(live: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A stand-in that this process and the workers ask for GOV.UK Notify."""
    with served() as found:
        monkeypatch.setenv("NOTIFY_URL", found.url)
        monkeypatch.setitem(live.config, "NOTIFY_URL", found.url)
        yield found


@pytest.fixture(autouse=True)
def on_a_monday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every process: nothing goes out on a Sunday."""
    monkeypatch.setenv("OAST_CLOCK_FILE", str(tmp_path / "clock"))
    clock.move_to(seeding.MONDAY.replace(tzinfo=clock.LONDON), tmp_path / "clock")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nobody_gets_two_messages_or_none_when_workers_are_killed(
    live: Flask, world: World, notify: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LEASE", dt.timedelta(seconds=2))
    batch_id = _approved(live, world)
    notify.misbehave(cut_off=20, limit=5, break_down=5)
    connection = redis.Redis.from_url(live.config["REDIS_URL"])
    connection.flushall()
    engine = create_engine(live.config["RELAY_DATABASE_URL"])
    with workers_of(live) as workers:
        kills, last = _drive(live, world, engine, connection, workers, batch_id)
    engine.dispose()
    assert kills == KILLS, "the batch was done before the workers were killed often enough"
    assert last <= AFTER_THE_LAST
    _everybody_once(live, world, notify)


def _approved(live: Flask, world: World) -> int:
    """A batch of texts to everybody, approved, at whatever hour it is."""
    with live.app_context():
        worlds.stay_signed_in(world)
    with block(live, world, "dover-town", "mandy", False):
        programme_id = crowd(world, PEOPLE)
        always = {"send_from": dt.time(0), "send_until": dt.time(23, 59, 59)}
        db.session.execute(update(PcnSettings).values(**always))
        given = {"key": API_KEY, "template": TEMPLATE, "callback": BEARER, "per_minute": 3000}
        accounts.connect("text", **given)
        db.session.commit()
    cora = signed_in_client(live, world, "cora")
    built = cora.post(f"{BASE}/programmes/{programme_id}/outreach/build", data={"position": 1})
    batch_id = int(built.location.rsplit("/", 1)[1])
    approving.approve(signed_in_client(live, world, "clara"), batch_id)
    return batch_id


def _drive(
    app: Flask, world: World, engine: object, connection: object, workers: Workers, batch_id: int
) -> tuple[int, float]:
    """Relay and kill until the batch is done; how many kills, and seconds from the last to the end.

    What a look took beyond A_LOOK is not counted: the machine was busy with something else then.
    """
    kills, killed_at, until = 0, time.monotonic(), time.monotonic() + 600
    while (began := time.monotonic()) < until:
        worker.pass_on(engine, connection)  # type: ignore[arg-type]
        time.sleep(0.2)
        left, state = _left(app, world, batch_id)
        killed_at += max(time.monotonic() - began - A_LOOK, 0)
        if state == "done":
            return kills, time.monotonic() - killed_at
        if kills < KILLS and left <= PEOPLE * (1 - (kills + random.random()) / (KILLS + 1)):
            workers.kill_one()
            kills, killed_at = kills + 1, time.monotonic()
    raise AssertionError(f"the batch was not done in time: {left} left, {state}")


def _left(app: Flask, world: World, batch_id: int) -> tuple[int, str]:
    with block(app, world, "dover-town", None, audited=False):
        waiting = select(func.count()).where(Contact.batch_id == batch_id, Contact.state != "sent")
        batch = db.session.get(Batch, (scope.current().tenant, batch_id), populate_existing=True)
        return db.session.scalar(waiting) or 0, batch.state


def _everybody_once(app: Flask, world: World, notify: Served) -> None:
    taken = Counter(message["reference"] for message in notify.accepted())
    with block(app, world, "dover-town", None, audited=False):
        rows = list(db.session.execute(select(Contact.reference, Contact.state)))
    assert len(rows) == PEOPLE
    assert {state for _, state in rows} == {"sent"}
    assert taken == Counter(reference for reference, _ in rows)
