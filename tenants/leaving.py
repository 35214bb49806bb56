"""How a PCN goes: all that is its own written out, or erased. Both run as that PCN, so that the policies that
keep tenants apart are what bounds them; the tables come from the mapped classes, so a new one is covered.
"""

import datetime as dt
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from psycopg import sql
from sqlalchemy import ColumnElement, Select, Table, delete, func, select, text, update
from sqlalchemy.dialects import postgresql

from tenants import scope
from tenants.db import Base, Json, db
from tenants.models import Organisation
from tenants.policies import mapped_tables

# What an export holds beside the rows that the policies give the PCN.
ALSO = {
    "organisation": "id = app.org()",
    "account": "id IN (SELECT account_id FROM membership WHERE org_id = app.org())",
}
# Chunks of files are written out as the files that they are pieces of.
AS_FILES = frozenset({"file_chunk"})
# What an erasure leaves: the audit trail is append-only; the organisation's row stays, marked closed, because
# others' records name it; accounts are the people's own, who may work elsewhere too.
LEFT = frozenset({"audit_event", *ALSO})

Files = Callable[[], Iterator[tuple[str, Iterable[bytes]]]]
Record = Callable[..., None]


class NotErased(RuntimeError):
    """Rows of the PCN were still there after the erasure; nothing was changed."""


def own_tables() -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Each table that can hold rows of the acting PCN, parents first, and which of its rows those are."""
    policies = mapped_tables()
    for table in Base.metadata.sorted_tables:
        under = policies.get(table.name, ())
        if table.name in ALSO:
            yield table, cast(ColumnElement[bool], text(ALSO[table.name]))
        elif "published_read" in under:
            yield table, table.c.origin_org_id == func.app.org()
        elif {"tenant", "org", "org_read"} & set(under):
            yield table, cast(ColumnElement[bool], text("true"))


def export(
    organisation: Organisation, target: Path, record: Record, moment: dt.datetime, files: Files
) -> Json:
    """Write all that is `organisation`'s to the ZIP file `target` and return its manifest.

    Tables as CSV, stored files as themselves (`files` yields name and bytes), `manifest.json` with counts and
    SHA-256. All of one moment. The file appears whole or not at all, readable by its owner only.
    """
    part = target.with_name(target.name + ".part")
    manifest: Json = {
        "organisation": {"slug": organisation.slug, "name": organisation.name, "code": organisation.code},
        "at": moment.isoformat(),
        "tables": {},
        "files": {},
    }
    with scope.as_acting(organisation.acting()):
        db.session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        with (
            os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600), "w+b") as raw,
            zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for table, own in own_tables():
                if table.name not in AS_FILES:
                    manifest["tables"][table.name] = _export_table(archive, table, own)
            for name, pieces in files():
                manifest["files"][name] = _write(archive, f"files/{name}", pieces)
            archive.writestr("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False))
        rows = sum(each["rows"] for each in manifest["tables"].values())
        record("exported", "all of the PCN", organisation.id, purpose="the PCN's own copy", count=rows)
        db.session.commit()
    part.replace(target)
    return manifest


def _export_table(archive: zipfile.ZipFile, table: Table, own: ColumnElement[bool]) -> Json:
    columns = [column for column in table.columns if not column.name.endswith("_hash")]
    statement = select(*columns).where(own).order_by(*table.primary_key.columns)
    rows = db.session.scalar(select(func.count()).select_from(table).where(own)) or 0
    return {"rows": rows} | _write(archive, f"{table.name}.csv", _copied(statement))


def _copied(statement: Select[Any]) -> Iterator[bytes]:
    """What the statement selects, as CSV with a heading, straight from the database under its policies."""
    query = str(statement.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    copy = sql.SQL("COPY ({}) TO STDOUT WITH (FORMAT csv, HEADER true)").format(sql.SQL(cast(Any, query)))
    driver: Any = db.session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(copy) as pieces:
        for piece in pieces:
            yield bytes(piece)


def _write(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> Json:
    digest, size = hashlib.sha256(), 0
    with archive.open(name, "w", force_zip64=True) as entry:
        for piece in pieces:
            entry.write(piece)
            digest.update(piece)
            size += len(piece)
    return {"bytes": size, "sha256": digest.hexdigest()}


def erase(organisation: Organisation, record: Record, moment: dt.datetime) -> dict[str, int]:
    """Erase all that is `organisation`'s, children first, in one transaction; returns rows erased by table.

    What stays is in LEFT. Raises NotErased, with nothing changed, where a row is still there afterwards (work
    was going on meanwhile: run it again).
    """
    with scope.as_acting(organisation.acting()):
        tables = [(table, own) for table, own in own_tables() if table.name not in LEFT]
        counted = {table.name: _count(table, own) for table, own in tables}
        for table, own in reversed(tables):
            db.session.execute(delete(table).where(own))
        still = sorted(table.name for table, own in tables if _count(table, own))
        if still:
            raise NotErased(f"Rows are still in {', '.join(still)}. Nothing was erased: run it again.")
        closed = update(Organisation).where(Organisation.id == organisation.id).values(closed_at=moment)
        db.session.execute(closed)
        erased = {name: rows for name, rows in counted.items() if rows}
        record("erased", "all of the PCN", organisation.id, purpose="the PCN has left", **_tombstone(erased))
        db.session.commit()
    return erased


def _count(table: Table, own: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(own)) or 0


def _tombstone(erased: dict[str, int]) -> Json:
    return {"count": sum(erased.values()), "tables": erased}
