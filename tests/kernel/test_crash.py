"""Workers killed with -9, Redis emptied, work put on the queue twice: each row takes effect exactly once."""

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import create_engine, func, select

import worker
from app import mail
from app.audit import AuditEvent
from app.outbox import Outbox
from tenants.db import db
from tests.conftest import block
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
PIECES = 300
KILLS = 12


class Workers:
    """Real worker processes on the database and the queue of one application."""

    def __init__(self, app: Flask) -> None:
        self.environ = os.environ | {
            "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
            "RELAY_DATABASE_URL": app.config["RELAY_DATABASE_URL"],
            "REDIS_URL": app.config["REDIS_URL"],
        }
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        self.running.append(
            subprocess.Popen(
                [sys.executable, "worker.py", "work"], cwd=ROOT, env=self.environ,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
        )  # fmt: skip

    def kill_one(self) -> None:
        victim = self.running.pop(random.randrange(len(self.running)))
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.start()


@contextmanager
def workers_of(app: Flask) -> Iterator[Workers]:
    workers = Workers(app)
    try:
        for _ in range(2):
            workers.start()
        yield workers
    finally:
        for process in workers.running:
            process.kill()
            process.wait()


def _undone(app: Flask, world: World) -> int:
    with block(app, world, "dover-town", None, audited=False):
        return db.session.scalar(select(func.count()).where(Outbox.done_at.is_(None))) or 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_piece_of_work_takes_effect_exactly_once(
    live: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LEASE", dt.timedelta(seconds=1))
    # So little is on the queue at once that it lasts for all kills, however seldom this process gets to look.
    monkeypatch.setattr(worker, "TOGETHER", 8)
    connection = redis.Redis.from_url(live.config["REDIS_URL"])
    connection.flushall()
    engine = create_engine(live.config["RELAY_DATABASE_URL"])
    with block(live, world, "dover-town", None, audited=False):
        for number in range(PIECES):
            mail.post("mo@example.test", "A note", "Hello", key=f"piece {number}")
        db.session.commit()
    with workers_of(live) as workers:
        kills = _drive(live, world, engine, connection, workers)
    engine.dispose()
    assert kills == KILLS, "the work was done before the workers were killed often enough"
    _everything_once(live, world)


def _drive(app: Flask, world: World, engine: Any, connection: Any, workers: Workers) -> int:
    """Relay, kill, flush and double until nothing is undone; returns how many workers were killed."""
    queue = Queue(worker.QUEUE, connection=connection, serializer=JSONSerializer)
    kills, until = 0, time.monotonic() + 600
    while time.monotonic() < until:
        worker.pass_on(engine, connection)
        time.sleep(0.15)
        undone = _undone(app, world)
        if kills < KILLS and undone <= PIECES * (1 - kills / (KILLS + 1)):
            workers.kill_one()
            kills += 1
            if kills % 4 == 0:
                connection.flushall()
        if undone == 0:
            return kills
        for _ in range(3):
            queue.enqueue(
                "worker.do", world.organisations["dover-town"], random.randint(1, PIECES), result_ttl=0
            )
    raise AssertionError("the work was not done in time")


def _everything_once(app: Flask, world: World) -> None:
    with block(app, world, "dover-town", None, audited=False):
        sent = select(func.count()).where(AuditEvent.action == "sent", AuditEvent.subject == "mail")
        assert db.session.scalar(sent) == PIECES
        assert db.session.scalar(select(func.count()).select_from(mail.CapturedMail)) == PIECES
        assert db.session.scalar(select(func.count()).where(Outbox.failed_at.is_not(None))) == 0
