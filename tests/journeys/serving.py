"""The whole service for a browser: a fresh database, its own queue, a web server, a worker and the relay."""

import datetime as dt
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import redis

from app import clock, embedded
from tests.conftest import FOLDER, settings

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180  # seconds
QUEUES = 15  # Redis keeps 16 databases; the first is that of the other tests
PROGRAMS = {
    "web": ["-m", "gunicorn", "--config", "gunicorn.conf.py"],
    "worker": ["worker.py", "work"],
    "relay": ["worker.py", "relay"],
}


class Service:
    """A running service at `url`, with a clock that can be moved."""

    def __init__(self, folder: Path, given: Mapping[str, str]) -> None:
        self.folder = folder
        self.given = dict(given)
        self.database = f"journey_{os.getpid()}"
        self.clock_file = folder / "clock"
        self.url = f"http://127.0.0.1:{_free_port()}"
        self.running: list[subprocess.Popen[bytes]] = []
        self.environ: dict[str, str] = {}

    def it_is(self, moment: dt.datetime) -> None:
        """Make every process believe that it is `moment`."""
        clock.move_to(moment, self.clock_file)

    def prepare(self) -> None:
        """Make the database, with the organisations of the scene "start" and nobody's data."""
        embedded.start(FOLDER, durable=False)
        embedded.drop_database(FOLDER, self.database)
        given = settings(self.database)
        queue = given["REDIS_URL"].replace("db=0", f"db={1 + os.getpid() % QUEUES}")
        redis.Redis.from_url(queue).flushdb()
        self.environ = os.environ | given | {
            "REDIS_URL": queue, "BASE_URL": self.url, "PORT": self.url.rpartition(":")[2],
            "OAST_ENV": "development", "OAST_CLOCK_FILE": str(self.clock_file), "FLASK_APP": "app",
        } | self.given  # fmt: skip
        self._finish("-m", "flask", "db", "upgrade")
        self._finish("-m", "flask", "demo", "load", "--scene", "start")

    def start(self) -> None:
        """Start the programs and wait until they say that they are ready."""
        for name, arguments in PROGRAMS.items():
            log = (self.folder / f"{name}.log").open("wb")
            self.running.append(
                subprocess.Popen(
                    [sys.executable, *arguments], cwd=ROOT, env=self.environ, stdout=log, stderr=log
                )
            )
            log.close()
        end = time.monotonic() + PATIENCE
        while not self._is_ready():
            assert time.monotonic() < end, f"the service is not ready; see the logs in {self.folder}"
            time.sleep(0.1)

    def stop(self) -> None:
        """End the programs and drop the database."""
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(PATIENCE)
        embedded.drop_database(FOLDER, self.database)

    def logs(self) -> str:
        """What the programs wrote."""
        return "\n".join((self.folder / f"{name}.log").read_text() for name in PROGRAMS)

    def _finish(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):  # noqa: S310 - our own
                return True
        except urllib.error.HTTPError as refusal:
            refusal.close()
            return False
        except OSError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(folder: Path, moment: dt.datetime, given: Mapping[str, str]) -> Iterator[Service]:
    """The service, started at `moment` with settings besides its own. Ended at the end of the block.

    This process shares its clock.
    """
    service, before = Service(folder, given), os.environ.get("OAST_CLOCK_FILE")
    service.it_is(moment)
    os.environ["OAST_CLOCK_FILE"] = str(service.clock_file)
    try:
        service.prepare()
        service.start()
        yield service
    finally:
        service.stop()
        os.environ.pop("OAST_CLOCK_FILE")
        if before is not None:
            os.environ["OAST_CLOCK_FILE"] = before
