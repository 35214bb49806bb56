"""The databases that are measured: one PCN alone, and the same PCN among 1,000.

Filled once and kept; each run works on fresh copies, because reading a list writes an audit event.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from app import clock, embedded
from app.embedded import Servers
from app.here import token_hash

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "bench"
FILLED_BY = (
    Path(__file__),
    Path(__file__).with_suffix(".sql"),
    Path(__file__).with_name("cohorts.sql"),
    *sorted((ROOT / "migrations" / "versions").glob("*.py")),
    ROOT / "tenants" / "policies.py",
)

ICB, ACCOUNT, OUR_PCN = 1, 1, 2  # a PCN's only programme has the PCN's own number
TOKEN = "of-the-measured-session"
WITHOUT_POLICIES = "bench_without_policies"  # a role of the bench's own server; the product has none like it
MAINTENANCE = "postgres"


@dataclass(frozen=True)
class Size:
    """How many people are in our PCN, how many other PCNs there are, and how many people each of them has."""

    people: int
    others: int = 0
    people_elsewhere: int = 100


ONE = Size(10_000)
THOUSAND = Size(10_000, others=999)

Migrate = Callable[[Servers], None]
Add = Callable[[psycopg.Connection], None]


def prepare(name: str, size: Size, migrate: Migrate, folder: Path = FOLDER) -> Servers:
    """A fresh copy, called `name`, of the filled database of that size, which is made where there is none.

    `migrate` brings an empty database to the schema. What was filled by earlier code is dropped.
    """
    servers = embedded.start(folder, MAINTENANCE, durable=False)
    template = f"{name}_filled_{_fingerprint(size)}"
    for old in _databases(servers, f"{name}%"):
        if old != template:
            embedded.drop_database(folder, old)
    if template not in _databases(servers, template):
        _fill(template, migrate, folder, lambda connection: _add_everything(connection, size))
    embedded.create_database(folder, name, template=template)
    _make_role(superuser(embedded.urls(folder, name)), name)
    return embedded.urls(folder, name)


def address(servers: Servers, role: str) -> str:
    """The database of `servers` for psycopg, connected to as `role`."""
    return make_url(servers.app_url).set(drivername="postgresql", username=role).render_as_string()


def superuser(servers: Servers) -> psycopg.Connection:
    """A connection that may do anything, of the bench's own server."""
    return psycopg.connect(address(servers, "postgres"), autocommit=True)


def _fingerprint(size: Size) -> str:
    found = hashlib.sha256(repr(size).encode())
    for file in FILLED_BY:
        found.update(file.read_bytes())
    return found.hexdigest()[:12]


def _databases(servers: Servers, like: str) -> list[str]:
    with superuser(servers) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [like])
        return [str(row[0]) for row in rows]


def prepare_once(name: str, size: Size, migrate: Migrate, add: Add, folder: Path = FOLDER) -> Servers:
    """The database itself, filled by `add`, for what only reads it. What earlier code filled is dropped."""
    servers = embedded.start(folder, MAINTENANCE, durable=False)
    filled = f"{name}_filled_{_fingerprint(size)}"
    for old in _databases(servers, f"{name}%"):
        if old != filled:
            embedded.drop_database(folder, old)
    if filled not in _databases(servers, filled):
        _fill(filled, migrate, folder, add)
    _make_role(superuser(embedded.urls(folder, filled)), filled)
    return embedded.urls(folder, filled)


def _fill(template: str, migrate: Migrate, folder: Path, add: Add) -> None:
    """Fill under another name first, so that a database half filled is never taken for whole."""
    half = f"{template}_half"
    servers = embedded.start(folder, half, durable=False)
    migrate(servers)
    with superuser(servers) as connection:
        add(connection)
        connection.execute("VACUUM (ANALYZE)")
    with superuser(embedded.urls(folder, MAINTENANCE)) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(half), sql.Identifier(template))
        )


def _add_everything(connection: psycopg.Connection, size: Size) -> None:
    """Half of the others come before our PCN, half after, as if each had brought in its own file."""
    moment = clock.now()
    first_other, last_other = OUR_PCN + 1, OUR_PCN + size.others
    middle = first_other + size.others // 2
    connection.execute(Path(__file__).with_suffix(".sql").read_bytes())
    connection.execute("SELECT pg_temp.add_icb(%s)", [moment])
    for first, last, people in (
        (first_other, middle - 1, size.people_elsewhere),
        (OUR_PCN, OUR_PCN, size.people),
        (middle, last_other, size.people_elsewhere),
    ):
        connection.execute("SELECT pg_temp.add_pcns(%s, %s, %s, %s)", [first, last, people, moment])
    connection.execute("SELECT pg_temp.add_staff(%s, %s, %s)", [OUR_PCN, moment, token_hash(TOKEN)])


def _make_role(connection: psycopg.Connection, database: str) -> None:
    role, name = sql.Identifier(WITHOUT_POLICIES), sql.Identifier(database)
    with connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [WITHOUT_POLICIES])
        if known.fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN BYPASSRLS").format(role))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, role))
        connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(role))
        # The session that was filled in has timed out since.
        moment = {"now": clock.now()}
        connection.execute("UPDATE signed_in SET created_at = %(now)s, seen_at = %(now)s", moment)
