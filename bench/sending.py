"""What sending a batch of texts takes, against the same HTTP calls alone.

Two workers as in production send to the stand-in for GOV.UK Notify over HTTP, with a relay: each person is
checked right before their message, each message has its row, and at the end every state is in the database.
The bare loop is two processes that make the same calls with GOV.UK Notify's own client, and nothing else.
How and why: docs/decisions/0005-sending-once.md.
"""

import datetime as dt
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis
from flask import Flask
from notifications_python_client.notifications import NotificationsAPIClient
from sqlalchemy import create_engine

import worker
from app import audit, clock, config, create_app, outbox
from app.embedded import Servers
from app.outreach import accounts
from bench.batches import OURS, approved
from bench.filling import FOLDER, OUR_PCN, Migrate, Size, prepare, superuser
from bench.processes import PROCESSES, ROOT, environ_of, ready, side_by_side
from bench.table import Row
from tenants import scope
from tenants.db import db
from tests.stand_in.notify import API_KEY, BEARER, Served, served

PEOPLE = 10_000
MOST = 4  # times as long as the calls alone
PATIENCE = 300  # seconds
MONDAY = dt.datetime(2026, 11, 2, 10, tzinfo=clock.LONDON)
TEMPLATE = "0f5a2b3c-1d2e-4f60-8a7b-9c0d1e2f3a4b"
TEXT = "((first name)), this is ((sender name)). Tell us here: ((reply link)). Or ring ((sender phone))."
COUNTED = """
SELECT count(*), count(DISTINCT reference), count(provider_id) FROM contact
WHERE tenant_id = %(pcn)s AND state = 'sent' AND body <> '' AND sent_at IS NOT NULL
"""


def measure(migrate: Migrate, people: int = PEOPLE, folder: Path = FOLDER) -> list[Row]:
    """The row of the table, for so many texts."""
    servers = prepare("bench_sending", Size(people), migrate, folder)
    with tempfile.TemporaryDirectory() as place, _on_a_monday(Path(place) / "clock"), served() as notify:
        environ = environ_of(servers, NOTIFY_URL=notify.url)
        # Half of the calls alone before and half after, so that both meet the machine as busy as it is.
        before = _calls_alone(notify, people // 2)
        taken = _send(environ, servers, notify, people)
        alone = before + _calls_alone(notify, people - people // 2)
    what = f"{people:,} texts by {PROCESSES} workers"
    return [Row([taken], [alone], MOST, what, f"the same calls, {PROCESSES} bare loops")]


@contextmanager
def _on_a_monday(file: Path) -> Iterator[None]:
    """For every process: nothing goes out on a Sunday."""
    clock.move_to(MONDAY, file)
    os.environ["OAST_CLOCK_FILE"] = str(file)
    try:
        yield
    finally:
        del os.environ["OAST_CLOCK_FILE"]


def _send(environ: dict[str, str], servers: Servers, notify: Served, people: int) -> float:
    """Seconds from the approval of a batch to its last message, all of them in the database."""
    notify.reset()
    app = create_app(config.from_environment(environ))
    queue = redis.Redis.from_url(app.config["REDIS_URL"])
    queue.flushall()
    with superuser(servers) as connection, _workers(environ, connection):
        batch_id = _batch(app, connection)
        begun = time.perf_counter()
        _leave(app, batch_id)
        _relay(app, queue, connection, batch_id)
        taken = time.perf_counter() - begun
        _check(connection, notify, people)
    return taken


@contextmanager
def _workers(environ: dict[str, str], connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Worker processes that have begun to work."""
    connection.execute("DELETE FROM worker_beat")
    running = [
        subprocess.Popen([sys.executable, "worker.py", "work"], cwd=ROOT, env=os.environ | environ)
        for _ in range(PROCESSES)
    ]
    try:
        _until(lambda: _one(connection, "SELECT count(*) FROM worker_beat") == PROCESSES)
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)


def _until(true: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("it took too long")
        time.sleep(0.05)


def _one(connection: psycopg.Connection[Any], statement: str, *given: Any) -> Any:
    row = connection.execute(statement, given).fetchone()
    return row[0] if row else None


def _batch(app: Flask, connection: psycopg.Connection[Any]) -> int:
    """An approved batch of texts to everybody in the PCN's programme, whose gateway is connected; its id."""
    connection.execute("UPDATE pcn_settings SET send_from = '00:00', send_until = '23:59:59'")
    with app.app_context(), scope.as_acting(OURS), audit.by("Bench"):
        accounts.connect("text", key=API_KEY, template=TEMPLATE, callback=BEARER, per_minute=1_000_000)
        db.session.commit()
        db.session.remove()
    return approved(app, connection, "text", TEXT)


def _leave(app: Flask, batch_id: int) -> None:
    from app.outreach.batches import LANES

    with app.app_context(), scope.as_acting(OURS), audit.by("Bench"):
        for lane in range(LANES):
            outbox.leave("outreach.send", "Send", {"batch_id": batch_id}, key=f"{batch_id}:{lane}")
        db.session.commit()


def _relay(app: Flask, queue: "redis.Redis", connection: psycopg.Connection[Any], batch_id: int) -> None:
    """Do the relay's work until the batch is done."""
    engine = create_engine(app.config["RELAY_DATABASE_URL"])

    def done() -> bool:
        worker.pass_on(engine, queue)
        return bool(_one(connection, "SELECT state FROM batch WHERE id = %s", batch_id) == "done")

    _until(done)
    engine.dispose()


def _check(connection: psycopg.Connection[Any], notify: Served, people: int) -> None:
    """Everybody's message is in the database as sent, and the stand-in took each once."""
    assert connection.execute(COUNTED, {"pcn": OUR_PCN}).fetchone() == (people, people, people)
    taken = Counter(message["reference"] for message in notify.accepted())
    rows = connection.execute("SELECT reference FROM contact WHERE tenant_id = %s", [OUR_PCN])
    wanted = Counter(str(reference) for (reference,) in rows)
    assert taken == wanted, f"{len(wanted - taken)} messages are missing, {len(taken - wanted)} came twice"


def _calls_alone(notify: Served, people: int) -> float:
    """Seconds that two processes take side by side for as many calls."""
    notify.reset()
    command = ("bench.sending", notify.url, str(-(-people // PROCESSES)))
    return side_by_side([command] * PROCESSES, {})[0]


def loop(url: str, count: int) -> None:
    """Make so many calls, once told to."""
    make: Any = NotificationsAPIClient
    client = make(API_KEY, base_url=url, timeout=15)
    body = TEXT.replace("((reply link))", "https://bench.example.test/r/2-0123456789abcdefghjk")
    ready()
    for number in range(count):
        client.send_sms_notification("07700900123", TEMPLATE, {"body": body}, f"bare-{os.getpid()}-{number}")


if __name__ == "__main__":
    loop(sys.argv[1], int(sys.argv[2]))
