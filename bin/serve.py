"""Serves Oast on this machine: `make run`.

Starts a PostgreSQL and a Redis under var/ unless the environment names others, brings the schema and the
demonstration up to date, then runs the web server, the worker and the relay until Ctrl-C or until one of
them dies. All of it ends together.
"""

import base64
import ctypes
import fcntl
import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TextIO

import psutil

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"

if TYPE_CHECKING:
    from app import embedded
else:
    # By its file: importing the package `app` would bring the whole application in, and cost a second.
    _spec = importlib.util.spec_from_file_location("embedded", ROOT / "app" / "embedded.py")
    embedded = sys.modules["embedded"] = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(embedded)

ADDRESSES = ("DATABASE_URL", "OWNER_DATABASE_URL", "RELAY_DATABASE_URL", "REDIS_URL")
PATIENCE_TO_START = 120  # seconds
PATIENCE_TO_STOP = 15  # seconds
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CannotServeError(Exception):
    """Why Oast does not run, in one sentence that says what to do."""


class AskedToStopError(Exception):
    """Somebody pressed Ctrl-C."""


@dataclass
class Stopping:
    """How often we were asked to stop: once is politely, twice is now."""

    asked: int = 0

    def note(self, _signal: int, _frame: FrameType | None) -> None:
        """Count one more request; the handler of SIGNALS."""
        self.asked += 1

    def check(self) -> None:
        """Raise AskedToStopError when we were asked."""
        if self.asked:
            raise AskedToStopError


@dataclass(frozen=True)
class Child:
    """One of the programs that run side by side."""

    name: str
    process: subprocess.Popen[bytes]


def main() -> int:
    """Serve until asked to stop; return the exit status."""
    stopping = Stopping()
    for number in SIGNALS:
        signal.signal(number, stopping.note)
    try:
        port = _port()
        with _only_one_here(port):
            return _serve(port, stopping)
    except (CannotServeError, RuntimeError) as problem:
        print(problem, file=sys.stderr)
        return 1


def _port() -> int:
    """Return the port to listen on. Raises CannotServeError when it is no port or in use."""
    wanted = os.environ.get("PORT") or "8000"
    if not wanted.isdigit() or not 0 < int(wanted) < 65536:
        raise CannotServeError(f"PORT is {wanted!r}, which is no port number: run `make run PORT=8000`.")
    port = int(wanted)
    if not _is_free(port):
        other = next((number for number in range(port + 1, 65536) if _is_free(number)), 8000)
        raise CannotServeError(f"Port {port} is in use: run `make run PORT={other}`.")
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _only_one_here(port: int) -> TextIO:
    """Return a file that says who serves from this folder; to be held open for as long as that is us."""
    VAR.mkdir(exist_ok=True)
    holder = (VAR / "serve.lock").open("a+")
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder.seek(0)
        raise CannotServeError(
            f"Oast runs from this folder already, at {holder.read()}: stop that first."
        ) from None
    holder.truncate(0)
    holder.write(_address(port))
    holder.flush()
    return holder


def _address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _serve(port: int, stopping: Stopping) -> int:
    ours = not any(os.environ.get(name) for name in ADDRESSES)
    children: list[Child] = []
    try:
        environment = _environment(port, ours)
        stopping.check()
        _prepare(environment, stopping)
        children += _start(environment)
        _until_ready(port, children, stopping)
        _announce(port, environment)
        _until(lambda: False, children, stopping)
    except AskedToStopError:
        print("\nStopping.", file=sys.stderr)
    finally:
        _end(children, stopping)
        if ours:
            embedded.stop(VAR)
    return 0


def _environment(port: int, ours: bool) -> dict[str, str]:
    """Return the settings for every program; starts the embedded servers when they are `ours`."""
    missing = [name for name in ADDRESSES if not os.environ.get(name)]
    if missing and not ours:
        given = ", ".join(sorted(set(ADDRESSES) - set(missing)))
        raise CannotServeError(f"Set {', '.join(missing)} as well as {given}, or none of them.")
    defaults = _secrets() | {
        "FLASK_APP": "app",
        "OAST_ENV": "development",
        "OAST_DEMONSTRATION": "1",
        "BASE_URL": _address(port),
        "PYTHONUNBUFFERED": "1",
    }
    servers = embedded.exports(embedded.start(VAR)) if ours else {}
    return defaults | servers | dict(os.environ) | {"PORT": str(port)}


def _secrets() -> dict[str, str]:
    """Return this folder's own keys, made once and readable by their owner only."""
    file = VAR / "secrets.env"
    if not file.exists():
        made = {
            name: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
            for name in ("SECRET_KEY", "FILE_KEY")
        }
        new = file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text("".join(f"{name}={value}\n" for name, value in made.items()))
        new.rename(file)
    lines = file.read_text().splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def _prepare(environment: dict[str, str], stopping: Stopping) -> None:
    """Bring the schema and, unless that is off, the demonstration up to date."""
    _finish("The migration of the database", ["-m", "flask", "db", "upgrade"], environment, stopping)
    if environment["OAST_DEMONSTRATION"] == "1":
        load = ["-m", "flask", "demo", "load", "--if-empty"]
        _finish("Loading the demonstration", load, environment, stopping)


def _finish(what: str, arguments: list[str], environment: dict[str, str], stopping: Stopping) -> None:
    """Run one program to its end. Raises CannotServeError when it fails."""
    child = _spawn(what, arguments, environment)
    try:
        while (status := child.process.poll()) is None:
            stopping.check()
            time.sleep(0.02)
    finally:
        _end([child], stopping)
    if status != 0:
        raise CannotServeError(
            f"{what} failed; the reason is above. `make reset` starts afresh, without the data."
        )


def _start(environment: dict[str, str]) -> list[Child]:
    # Only migrations may act as the owner of the tables.
    settings = {name: value for name, value in environment.items() if name != "OWNER_DATABASE_URL"}
    web = ["-m", "gunicorn", "--config", "gunicorn.conf.py"]
    programs = {"web server": web, "worker": ["worker.py", "work"], "relay": ["worker.py", "relay"]}
    return [_spawn(f"The {name}", arguments, settings) for name, arguments in programs.items()]


def _spawn(name: str, arguments: list[str], environment: dict[str, str]) -> Child:
    # A session of its own, so that a terminal's Ctrl-C reaches us alone and we end things in order.
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )
    return Child(name, process)


def _end_with_parent() -> None:
    """Have Linux stop this child should we be killed without a chance to."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _until(happened: Callable[[], bool], children: list[Child], stopping: Stopping) -> None:
    """Wait for `happened`. Raises CannotServeError when a child ends before that."""
    while not happened():
        for child in children:
            status = child.process.poll()
            if status is not None:
                raise CannotServeError(f"{child.name} ended with status {status}; the reason is above.")
        stopping.check()
        time.sleep(0.1)


def _until_ready(port: int, children: list[Child], stopping: Stopping) -> None:
    end = time.monotonic() + PATIENCE_TO_START
    answer = ""

    def ready() -> bool:
        nonlocal answer
        is_ready, answer = _readyz(port)
        if not is_ready and time.monotonic() > end:
            raise CannotServeError(
                f"Oast is not ready after {PATIENCE_TO_START} seconds. /readyz says: {answer}"
            )
        return is_ready

    _until(ready, children, stopping)


def _readyz(port: int) -> tuple[bool, str]:
    """Return whether the service says that it is ready, and its words."""
    try:
        with urllib.request.urlopen(f"{_address(port)}/readyz", timeout=5) as answer:  # noqa: S310 - our own address
            return True, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return False, refusal.read().decode(errors="replace").strip()
    except OSError as problem:
        return False, str(problem)


def _announce(port: int, environment: dict[str, str]) -> None:
    print(f"\nOast is ready: {_address(port)}")
    if environment["OAST_DEMONSTRATION"] == "1":
        print(f"Sign in as anybody in the demonstration: {_address(port)}/demonstration")
    print("Ctrl-C stops it and keeps the data in var/; `make reset` deletes that.", flush=True)


def _end(children: list[Child], stopping: Stopping) -> None:
    """Ask the children to end, wait (less when asked twice), then kill whatever is left in their sessions."""
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    end = time.monotonic() + PATIENCE_TO_STOP
    while any(child.process.poll() is None for child in children):
        if stopping.asked > 1 or time.monotonic() > end:
            break
        time.sleep(0.05)
    for child in children:
        _kill_session(child.process.pid)
        child.process.wait()


def _kill_session(leader: int) -> None:
    for pid in psutil.pids():
        try:
            if os.getsid(pid) == leader:
                os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    sys.exit(main())
