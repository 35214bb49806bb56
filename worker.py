"""The background: `python worker.py work` does the work, `python worker.py relay` puts it on the queue.

Redis holds ids only and may be emptied at any time: what is due and undone in the outbox is put on the queue
again when its lease has run out. One queue a worker process, because only then does RQ keep a job whose
worker died between taking and starting it.
"""

import datetime as dt
import os
import signal
import socket
import sys
import time
from types import FrameType

import redis
from rq import Queue, SimpleWorker, Worker
from rq.serializers import JSONSerializer
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.dialects.postgresql import insert

from app import clock, create_app, outbox
from app.outbox import WorkerBeat

QUEUE = "outbox"
LEASE = dt.timedelta(seconds=30)
PAUSE = 0.5  # seconds between looks at the outbox
TOGETHER = 200
JOB_SECONDS = 600

TAKE_DUE = text(
    "UPDATE outbox SET queued_at = :now WHERE (org_id, id) IN ("
    " SELECT org_id, id FROM outbox WHERE done_at IS NULL AND failed_at IS NULL AND run_after <= :now"
    " AND (queued_at IS NULL OR queued_at < :stale)"
    " ORDER BY run_after LIMIT :together FOR UPDATE SKIP LOCKED) RETURNING org_id, id"
)


def do(org_id: int, outbox_id: int) -> str:
    """Do one piece of work, and go on with it while it says that it goes on at once."""
    answer = outbox.run(org_id, outbox_id)
    while answer == "later":
        answer = outbox.run(org_id, outbox_id)
    return answer


def work() -> None:
    """Take work from the queue until told to stop."""
    app = create_app()
    connection = redis.Redis.from_url(app.config["REDIS_URL"])
    with app.app_context():
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
        kind = SimpleWorker if os.environ.get("OAST_ENV") == "test" else AppWorker
        worker = kind([queue], connection=connection, serializer=JSONSerializer, log_job_description=False)
        worker.work(logging_level="WARNING", maintenance_interval=60)


class AppWorker(SimpleWorker):
    """Runs jobs in this process: the work itself is safe to kill, so a fork for each buys nothing."""


def relay() -> None:
    """Put due work on the queue every half second, and note that the workers are looked after."""
    app = create_app()
    engine = create_engine(app.config["RELAY_DATABASE_URL"], pool_pre_ping=True)
    connection = redis.Redis.from_url(app.config["REDIS_URL"])
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda n, frame: stopping.append(n))
    while not stopping:
        try:
            pass_on(engine, connection)
            beat(engine, connection)
        except Exception as error:  # noqa: BLE001 - the loop must outlive a lost server; it tries again
            sys.stderr.write(f"relay: {type(error).__name__}, trying again\n")
        time.sleep(PAUSE)


def pass_on(engine: Engine, connection: "redis.Redis[bytes]") -> int:
    """Put all due, undone work on the queue; returns how much. A crash in between means twice, never lost."""
    queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
    moment = clock.now()
    with engine.begin() as database:
        due = database.execute(
            TAKE_DUE, {"now": moment, "stale": moment - LEASE, "together": TOGETHER}
        ).all()
        for org_id, outbox_id in due:
            queue.enqueue("worker.do", org_id, outbox_id, result_ttl=0, failure_ttl=86400, job_timeout=JOB_SECONDS)
    return len(due)


def beat(engine: Engine, connection: "redis.Redis[bytes]") -> None:
    """Note in the database that at least one worker is alive."""
    if not Worker.count(connection=connection):
        return
    moment = dt.datetime.now(dt.UTC)
    row = insert(WorkerBeat).values(name=socket.gethostname(), at=moment)
    with engine.begin() as database:
        database.execute(row.on_conflict_do_update(index_elements=["name"], set_={"at": moment}))


def stop(number: int, frame: FrameType | None) -> None:
    """End at once; what was under way is done again by the next worker."""
    raise SystemExit(0)


if __name__ == "__main__":
    {"work": work, "relay": relay}[sys.argv[1]]()
