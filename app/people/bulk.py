"""The plain lines of large files: packed, copied in, linked by the ten thousand, weighed when all is read."""

from collections.abc import Iterable, Mapping

from sqlalchemy import text

from app.people.import_models import ImportFile
from app.people.packing import Packer
from app.people.staging import Lined, Staged, copy_packed, joined_by_hash
from app.people.understanding import Bulk, Row, Settled
from tenants.db import Json, db


def take_in(found: ImportFile, bulk: Bulk, packer: Packer, read: Lined) -> tuple[list[Staged], Lined]:
    """Stage the plain lines of `read`. Returns those of them that are refused after all, and the others."""
    begun: Json = {"packed": 0, "staged": 0, "columns": [name.strip('"') for name in packer.columns]}
    found.cursor = begun | found.cursor
    copied, odd = copy_packed(packer, read)
    with joined_by_hash():
        staged, refused = bulk.link(found, copied)
    plain = len(read) - len(odd)
    found.read_rows += plain
    found.cursor = found.cursor | {
        "packed": found.cursor["packed"] + plain - len(refused),
        "staged": found.cursor["staged"] + staged,
    }
    return with_cells(refused, read), odd


def with_cells(rows: Mapping[int, Row], read: Iterable[tuple[int, list[str]]]) -> list[Staged]:
    """The rows with their cells, from among the lines of `read`."""
    return [(line, rows[line], cells) for line, cells in read if line in rows] if rows else []


def kept(settled: Settled) -> Json:
    """What the plain lines came to, as the cursor keeps it."""
    tally = {
        outcome: {reason or "": count for reason, count in reasons.items() if count}
        for outcome, reasons in settled.tally.items()
    }
    return {"tally": tally, "notes": dict(settled.notes)}


def clear(import_id: int, bulk: Bulk) -> None:
    """Take away what waited."""
    statement = f"DELETE FROM {bulk.table} WHERE import_id = :import_id"  # noqa: S608 - the tables are our own
    db.session.execute(text(statement), {"import_id": import_id})
