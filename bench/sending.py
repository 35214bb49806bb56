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
from app.embedded import Servers, exports
from app.library.models import LibraryItem
from app.outreach import accounts
from app.outreach.models import Batch, Step
from bench.filling import FOLDER, ICB, OUR_PCN, Migrate, Size, prepare, superuser
from bench.table import Row
from tenants import scope
from tenants.db import db
from tenants.scope import Acting
from tests.stand_in.notify import API_KEY, BEARER, Served, served

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = 10_000
PROCESSES = 2
MOST = 4  # times as long as the calls alone
PATIENCE = 300  # seconds
OURS = Acting(org=OUR_PCN, tenant=OUR_PCN, icb=ICB)
MONDAY = dt.datetime(2026, 11, 2, 10, tzinfo=clock.LONDON)
TEMPLATE = "0f5a2b3c-1d2e-4f60-8a7b-9c0d1e2f3a4b"
TEXT = "((first name)), this is ((sender name)). Tell us here: ((reply link)). Or ring ((sender phone))."
EVERYBODY_WAITS = """
INSERT INTO contact
    (tenant_id, batch_id, step_id, participant_id, person_id, state, reference, recipient, body, created_at)
SELECT tenant_id, %(batch)s, %(step)s, id, person_id, 'waiting', gen_random_uuid(), '', '', now()
FROM participant WHERE tenant_id = %(pcn)s
"""
COUNTED = """
SELECT count(*), count(DISTINCT reference), count(provider_id) FROM contact
WHERE tenant_id = %(pcn)s AND state = 'sent' AND body <> '' AND sent_at IS NOT NULL
"""


def measure(migrate: Migrate, people: int = PEOPLE, folder: Path = FOLDER) -> list[Row]:
    """The row of the table, for so many texts."""
    servers = prepare("bench_sending", Size(people), migrate, folder)
    with tempfile.TemporaryDirectory() as place, _on_a_monday(Path(place) / "clock"), served() as notify:
        environ = _environ(servers, notify)
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


def _environ(servers: Servers, notify: Served) -> dict[str, str]:
    """The settings of the workers, which the clock can be moved for."""
    return {
        **exports(servers),
        "OAST_ENV": "development",
        "NOTIFY_URL": notify.url,
        "BASE_URL": "https://bench.example.test",
        "SECRET_KEY": "bench-" * 8,
        "FILE_KEY": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
    }


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
    """An approved batch with everybody in the PCN's programme; its id."""
    connection.execute("UPDATE pcn_settings SET send_from = '00:00', send_until = '23:59:59'")
    connection.execute("UPDATE participant SET status = 'identified'")
    with app.app_context(), scope.as_acting(OURS), audit.by("Bench"):
        step = Step(
            programme_id=OUR_PCN, position=1, name="Text", channel="text", template_name="Text", after_days=0
        )
        item = LibraryItem(
            kind="text", name="Text", summary="", body=TEXT, state="approved", made_by="Bench",
            made_at=clock.now(), approved_by="Bench",
        )  # fmt: skip
        db.session.add_all([step, item])
        db.session.flush()
        batch = Batch(
            programme_id=OUR_PCN, step_id=step.id, template_id=item.id, state="approved", built_by="Bench",
            built_at=clock.now(), approved_by="Bench", approved_at=clock.now(), manifest={},
        )  # fmt: skip
        db.session.add(batch)
        accounts.connect("text", key=API_KEY, template=TEMPLATE, callback=BEARER, per_minute=1_000_000)
        db.session.commit()
        number = {"batch": batch.id, "step": step.id, "pcn": OUR_PCN}
        db.session.remove()
    connection.execute(EVERYBODY_WAITS, number)
    connection.execute("VACUUM (ANALYZE)")
    return int(number["batch"])


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
    """Seconds that two processes take for as many calls."""
    notify.reset()
    command = [sys.executable, "-m", "bench.sending", notify.url, str(-(-people // PROCESSES))]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    begun = time.perf_counter()
    for process in running:
        process.communicate("go\n")
    return time.perf_counter() - begun


def loop(url: str, count: int) -> None:
    """Make so many calls, once told to."""
    make: Any = NotificationsAPIClient
    client = make(API_KEY, base_url=url, timeout=15)
    body = TEXT.replace("((reply link))", "https://bench.example.test/r/2-0123456789abcdefghjk")
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        client.send_sms_notification("07700900123", TEMPLATE, {"body": body}, f"bare-{os.getpid()}-{number}")


if __name__ == "__main__":
    loop(sys.argv[1], int(sys.argv[2]))
