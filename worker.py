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
import threading
import time

import redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.dialects.postgresql import insert

from app import clock, create_app, outbox
from app.outbox import WorkerBeat

QUEUE = "outbox"
LEASE = dt.timedelta(seconds=30)
PAUSE = 0.3  # seconds between looks at the outbox
BEAT = 10  # seconds between signs of life
TOGETHER = 200
JOB_SECONDS = 600
KEEP_FAILED = 86400  # seconds

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
    """Take work from the queue until told to stop. Work under way when it dies is done by the next worker."""
    app = create_app()
    connection = redis.Redis.from_url(app.config["REDIS_URL"])
    threading.Thread(target=beat, args=(app.config["SQLALCHEMY_DATABASE_URI"],), daemon=True).start()
    with app.app_context():
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
        worker = SimpleWorker(
            [queue], connection=connection, serializer=JSONSerializer, log_job_description=False
        )
        worker.work(logging_level="WARNING")


def beat(database_url: str) -> None:
    """Write down, every ten seconds, that this worker is alive."""
    engine = create_engine(database_url, pool_pre_ping=True, pool_size=1)
    name = f"{socket.gethostname()}:{os.getpid()}"
    while True:
        moment = dt.datetime.now(dt.UTC)
        row = insert(WorkerBeat).values(name=name, at=moment)
        try:
            with engine.begin() as database:
                database.execute(row.on_conflict_do_update(index_elements=["name"], set_={"at": moment}))
        except Exception as error:
            sys.stderr.write(f"worker: no sign of life could be written ({type(error).__name__})\n")
        time.sleep(BEAT)


def relay() -> None:
    """Put due work on the queue, several times a second, until told to stop."""
    app = create_app()
    engine = create_engine(app.config["RELAY_DATABASE_URL"], pool_pre_ping=True)
    connection = redis.Redis.from_url(app.config["REDIS_URL"])
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    while not stopping.wait(PAUSE):
        try:
            pass_on(engine, connection)
        except Exception as error:
            sys.stderr.write(f"relay: {type(error).__name__}, trying again\n")


def pass_on(engine: Engine, connection: "redis.Redis") -> int:
    """Put all due, undone work on the queue; returns how much.

    What is taken is committed before it is on the queue: a worker that was quicker would find its row locked
    and pass it by. A crash in between means half a minute later, never lost.
    """
    connection.ping()  # while the queue is away nothing is taken
    queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
    moment = clock.now()
    with engine.begin() as database:
        due = database.execute(TAKE_DUE, {"now": moment, "stale": moment - LEASE, "together": TOGETHER}).all()
    for org_id, outbox_id in due:
        queue.enqueue(
            "worker.do",
            org_id,
            outbox_id,
            result_ttl=0,
            failure_ttl=KEEP_FAILED,
            job_timeout=JOB_SECONDS,
        )
    return len(due)


if __name__ == "__main__":
    {"work": work, "relay": relay}[sys.argv[1]]()
