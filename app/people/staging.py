"""The one place where many rows go into the database at once.

COPY does not go through row-level policies, so lines are copied into a temporary table of the connection
and taken from there by one INSERT … SELECT, which does. (On Citus: a staging table distributed alike.)
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import text

from app.people.packing import Packer
from app.people.understanding import Kind, Refusal, Row, SetAside
from tenants.db import db

_READING = """
CREATE TEMPORARY TABLE IF NOT EXISTS reading
  (line bigint, outcome text, reason text, key text, data jsonb, cells jsonb) ON COMMIT DROP;
TRUNCATE pg_temp.reading
"""
_COPY = "COPY pg_temp.reading (line, outcome, reason, key, data, cells) FROM STDIN"

FEW = 1_000  # lines that are looked up one by one sooner than a whole list is read for them
BLOCK = 2_000  # lines that are handed to the driver at once
Staged = tuple[int, Row, Sequence[str]]
Lined = Sequence[tuple[int, list[str]]]  # the number of a line in the file, and its cells


def stage(import_id: int, kind: Kind, rows: Sequence[Staged]) -> None:
    """Write each line (its number, how it was understood, its cells) as an import row with its final outcome.

    The cells as they came are kept only of what is refused or set aside.
    """
    if not rows:
        return
    connection = db.session.connection()
    connection.exec_driver_sql(_READING)
    copy_in(_COPY, (_copied(line, row, cells) for line, row, cells in rows))
    if kind.prepare is not None:
        kind.prepare(import_id)
    few = kind.bulk is not None and len(rows) < FEW
    with nullcontext() if few else joined_by_hash():
        db.session.execute(text(_insert(kind)), {"import_id": import_id})


@contextmanager
def with_memory() -> Iterator[None]:
    """Inside, the database may sort and group a whole file in memory: 64 MB for a sort, 128 for a hash."""
    db.session.execute(text("SET LOCAL work_mem = '64MB'"))
    yield
    db.session.execute(text("RESET work_mem"))


@contextmanager
def joined_by_hash() -> Iterator[None]:
    """Inside, tables are not joined row by row, and the check of a foreign key is planned once for all rows.

    A table that is just being filled has statistics of when it was empty; going by them the planner would
    read it once for each line. Measured: 90 s instead of 2 s for Dover Town's events. The role plans anew
    each time (`tenants/roles.sql`), the checks too: 3.6 s instead of 0.6 s for 100,000 people.
    """
    db.session.execute(text("SET LOCAL enable_nestloop = off"))
    db.session.execute(text("SET LOCAL plan_cache_mode = auto"))
    yield
    db.session.execute(text("RESET plan_cache_mode"))
    db.session.execute(text("SET LOCAL enable_nestloop = on"))


def copy_in(statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """COPY `rows` through the open transaction's own connection."""
    driver: Any = db.session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def copy_packed(packer: Packer, lines: Lined) -> tuple[int, Lined]:
    """COPY the plain ones of `lines` into the temporary table `packed`: how many rows; and the others."""
    columns = ", ".join(f"{name} {kind}" for name, kind in packer.columns.items())
    connection = db.session.connection()
    connection.exec_driver_sql("DROP TABLE IF EXISTS pg_temp.packed")
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE packed ({columns}) ON COMMIT DROP")
    odd: list[tuple[int, list[str]]] = []
    statement = f"COPY pg_temp.packed ({', '.join(packer.columns)}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for start in range(0, len(lines), BLOCK):
                copy.write("".join(_packed(packer, lines[start : start + BLOCK], odd)))
        copied = cursor.rowcount
    return copied, odd


def _packed(packer: Packer, lines: Lined, odd: list[tuple[int, list[str]]]) -> list[str]:
    texts, pack, width = [], packer.pack, packer.width
    for line, cells in lines:
        try:
            if len(cells) < width or any(map(str.strip, cells[width:])):
                raise Refusal
            texts.append(pack(line, cells))
        except (Refusal, SetAside):
            odd.append((line, cells))
    return texts


def _copied(line: int, row: Row, cells: Sequence[str]) -> tuple[Any, ...]:
    as_they_came = [cell.replace("\0", "") for cell in cells]
    return line, row.outcome, row.reason, row.key, json.dumps(row.data), json.dumps(as_they_came)


def _insert(kind: Kind) -> str:
    """One statement: what comes for the first time goes in by its key, what does not goes in as come twice.

    Whether a key came before is left to the unique index, not to a join: it is right under any statistics.
    """
    outcome, reason = kind.twice
    with_cells = "data || jsonb_build_object('cells', cells)"
    return f"""
WITH weighed AS MATERIALIZED ({kind.weigh_sql}),
added AS (
  INSERT INTO import_row (import_id, line, outcome, reason, key, data)
  SELECT :import_id, line, outcome, reason,
    CASE WHEN outcome IN ('refused', 'set aside') THEN NULL ELSE key END,
    CASE WHEN outcome IN ('refused', 'set aside') THEN {with_cells} ELSE data END
  FROM weighed ORDER BY line
  ON CONFLICT (tenant_id, import_id, key) DO NOTHING RETURNING line)
INSERT INTO import_row (import_id, line, outcome, reason, data)
SELECT :import_id, line, '{outcome}', '{reason}', {with_cells}
FROM weighed WHERE line NOT IN (SELECT line FROM added)
"""  # noqa: S608 - the kinds are those of this room
