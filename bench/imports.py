"""What bringing in a file takes, from the file to what is committed, against COPY of the same file.

Each file goes through all its stages in a process of its own, as the worker takes it: stored encrypted, read,
checked, linked, previewed, saved. COPY puts the same bytes into a table of text columns, with neither key nor
check, in the same server. How and why: docs/decisions/0007-imports.md.
"""

import csv
import datetime as dt
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app import audit, embedded, outbox
from app.embedded import Servers
from app.outbox import Outbox
from app.people import imports
from app.people.import_models import ImportFile, Source, SourceAgreement
from bench import files, pages
from bench.filling import ICB, MAINTENANCE, OUR_PCN, superuser
from bench.table import Megabytes, Row
from tenants import scope
from tenants.db import db
from tenants.scope import Acting

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "bench"
DATABASE = "bench_imports"
EVENTS = 1_000_000
TIMES = 3
OURS = Acting(org=OUR_PCN, tenant=OUR_PCN, icb=ICB)
DAY = dt.date(2026, 11, 2)
MOST_MEGABYTES = 200

Migrate = Callable[[Servers], None]


@dataclass(frozen=True)
class Took:
    """Seconds that bringing in took, and COPY; and the most memory that the process had, in MB."""

    seconds: list[float]
    copied: list[float]
    megabytes: list[float]


def measure(migrate: Migrate, events: int = EVENTS) -> list[Row | Megabytes]:
    """The rows of the table, for so many events and a tenth as many people."""
    people = max(events // 10, 1)
    lists, entries = FOLDER / f"people_{people}.csv", FOLDER / f"events_{events}.csv"
    if not lists.exists():
        files.write_people(lists, people)
    if not entries.exists():
        files.write_events(entries, events, people)
    took = {"people": Took([], [], []), "events": Took([], [], [])}
    for _ in range(TIMES):
        servers = _empty(migrate)
        for kind, file in (("people", lists), ("events", entries)):
            took[kind].copied.append(_copy(servers, file))
            said = _in_its_own_process(kind, file)
            took[kind].seconds.append(said["seconds"])
            took[kind].megabytes.append(said["megabytes"])
    return [
        *_rows(took["events"], 10, f"{events:,} events"),
        *_rows(took["people"], 12, f"{people:,} people"),
    ]


def _rows(took: Took, aim: float, what: str) -> list[Row | Megabytes]:
    return [
        Row(took.seconds, took.copied, aim, f"import of {what}", "COPY into a bare table"),
        Megabytes(max(took.megabytes), MOST_MEGABYTES, "most memory of that"),
    ]


def _empty(migrate: Migrate) -> Servers:
    """A database with one PCN, its four practices and its two sources, and nobody in it."""
    embedded.start(FOLDER, MAINTENANCE, durable=False)
    embedded.drop_database(FOLDER, DATABASE)
    servers = embedded.start(FOLDER, DATABASE, durable=False)
    migrate(servers)
    with superuser(servers) as connection:
        connection.execute((ROOT / "bench" / "filling.sql").read_bytes())
        connection.execute("SELECT pg_temp.add_icb(now())")
        connection.execute("SELECT pg_temp.add_pcns(%s, %s, 0, now())", [OUR_PCN, OUR_PCN])
    with pages.product(servers).app_context(), scope.as_acting(OURS), audit.by("Bench"):
        for kind in ("people", "events"):
            _register(kind)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return servers


def _register(kind: str) -> None:
    moment = dt.datetime.now(dt.UTC)
    source = Source(
        kind=kind,
        name=kind,
        holds="",
        controller="",
        purpose="",
        mapping={},
        created_by="",
        created_at=moment,
    )
    db.session.add(source)
    db.session.flush()
    db.session.add(
        SourceAgreement(
            source_id=source.id, reference=kind, lawful_basis="", data_classes=[],
            starts_on=dt.date(2020, 1, 1), ends_on=dt.date(2099, 12, 31), signed_by="", recorded_by="",
            recorded_at=moment,
        )
    )  # fmt: skip


def _copy(servers: Servers, file: Path) -> float:
    """Seconds that COPY takes."""
    with file.open(encoding="utf-8", newline="") as lines:
        columns = ", ".join(f"c{n} text" for n, _ in enumerate(next(csv.reader(lines))))
    with superuser(servers) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS bare; CREATE TABLE bare ({columns})")
        begun = time.perf_counter()
        with cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy, file.open("rb") as stream:
            while piece := stream.read(1024 * 1024):
                copy.write(piece)
        seconds = time.perf_counter() - begun
        cursor.execute("DROP TABLE bare")
    return seconds


def _in_its_own_process(kind: str, file: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.imports", kind, str(file), str(FOLDER)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def bring_in(kind: str, file: Path, folder: Path) -> dict[str, Any]:
    """Bring the file in as the worker does; the seconds it took, the most memory, and the counts."""
    with pages.product(embedded.urls(folder, DATABASE)).app_context(), scope.as_acting(OURS):
        begun = time.perf_counter()
        with audit.by("Bench"), file.open("rb") as stream:
            source = db.session.scalars(select(Source).where(Source.name == kind)).one()
            found = imports.open_import(
                source, file.name, imports.pieces_of(stream), data_date=DAY, by="Bench"
            )
            imports.leave_reading(found)
            key = (OUR_PCN, found.id)
            db.session.commit()
        _work("people.read")
        with audit.by("Bench"):
            found = db.session.get_one(ImportFile, key, populate_existing=True)
            imports.start_saving(found)
            imports.leave_saving(found)
            db.session.commit()
        _work("people.save")
        seconds = time.perf_counter() - begun
        found = db.session.get_one(ImportFile, key, populate_existing=True)
        assert found.state == "done", found.state
        counts = found.counts
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in kilobytes
    return {"seconds": seconds, "megabytes": peak, "counts": counts}


def _work(kind: str) -> None:
    """What waits of that kind, as the worker does it, chunk by chunk."""
    waiting = select(Outbox.id).where(Outbox.kind == kind, Outbox.done_at.is_(None))
    numbers = db.session.scalars(waiting).all()
    db.session.rollback()
    for number in numbers:
        while outbox.run(OUR_PCN, number) == "later":
            pass


if __name__ == "__main__":
    print(json.dumps(bring_in(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
