"""The stages of bringing in a file: stored, read in chunks, previewed, saved in chunks; or cancelled.

Each function works in the open transaction and commits nothing. How far it has come is in the row itself
(`read_rows`, `cursor`), so a worker that dies between two chunks loses at most the chunk it was in.
"""

import datetime as dt
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import delete, func, select

from app import audit, clock, files, outbox
from app.people import reading
from app.people.bulk import clear
from app.people.columns import NeedsMapping, WrongFile
from app.people.discarding import OPEN, PURPOSE, cancel, empty, forget, take_away
from app.people.doubts import doubts_of
from app.people.import_models import ImportFile, ImportRow, Source
from app.people.kinds import KINDS
from app.people.sources import NoAgreement, check_agreed
from app.people.staging import joined_by_hash
from app.people.staleness import fingerprint, is_stale
from app.people.tallies import OUTCOMES, counts_of
from app.people.turns import is_saving, one_at_a_time
from app.people.understanding import Bulk, Kind
from tenants import scope
from tenants.db import db

KEPT = dt.timedelta(days=30)
SAVED_AT_ONCE = 10_000
SAVED_IN_BULK = 250_000  # lines


class Stale(RuntimeError):
    """Something else was saved since the file was read, so that its preview may no longer be true."""


class Doubtful(RuntimeError):
    """There are reasons to ask whether this is the right file, and nobody has answered."""


def pieces_of(stream: BinaryIO) -> Iterator[bytes]:
    """The bytes of `stream` in pieces of the size that files are stored in."""
    while piece := stream.read(files.CHUNK):
        yield piece


def open_import(
    source: Source,
    file_name: str,
    pieces: Iterable[bytes],
    *,
    data_date: dt.date,
    by: str,
    form_key: str = "",
    whole: bool = False,
) -> ImportFile:
    """Store a file and the row of its import, ready to be read. `data_date` is when the extract was taken.

    Raises NoAgreement where no agreement with the source is in date today.
    """
    check_agreed(source, clock.today())
    stored = files.store(Path(file_name).name[:200], "text/csv", pieces, clock.now() + KEPT)
    found = ImportFile(
        kind=source.kind,
        source=source.name,
        source_id=source.id,
        whole=whole,
        doubts=[],
        file_id=stored.id,
        file_name=stored.name,
        state="uploaded",
        counts={},
        cursor={},
        form_key=form_key or secrets.token_urlsafe(12),
        data_date=data_date,
        brought_by=by,
        brought_at=clock.now(),
    )
    db.session.add(found)
    db.session.flush()
    _leave_forgetting(found)
    audit.record("brought in", "import", found.id, purpose=PURPOSE, kind=source.kind, size=stored.size)
    return found


def leave_reading(found: ImportFile) -> None:
    """Leave the file to be read by the worker."""
    attempt = found.cursor.get("attempt", 1)
    outbox.leave(
        "people.read", f"Reading {found.file_name}", {"import_id": found.id}, key=f"{found.id} {attempt}"
    )


def leave_saving(found: ImportFile) -> None:
    """Leave what was previewed to be saved by the worker."""
    outbox.leave("people.save", f"Saving {found.file_name}", {"import_id": found.id}, key=str(found.id))


def _leave_forgetting(found: ImportFile) -> None:
    when = found.brought_at + KEPT
    label = f"Forgetting {found.file_name}"
    outbox.leave("people.forget", label, {"import_id": found.id}, key=str(found.id), run_after=when)


def locked(import_id: int) -> ImportFile | None:
    """The import of that id, locked until the transaction ends; None where there is none."""
    key = (scope.current().tenant, import_id)
    return db.session.get(ImportFile, key, with_for_update=True, populate_existing=True)


def read_on(found: ImportFile) -> bool:
    """Read the next chunk. True while there is more; a file that is wholly wrong ends as failed."""
    if found.state == "uploaded":
        found.cursor = found.cursor | {"weighed_against": fingerprint(found)}
    try:
        more = reading.next_chunk(found)
    except NeedsMapping:
        found.state = "mapping"
        audit.record("asked for the columns", "import", found.id, purpose=PURPOSE)
        return False
    except WrongFile as wrong:
        empty(found)
        found.state, found.problem, found.finished_at = "failed", str(wrong), clock.now()
        audit.record("refused", "import", found.id, purpose=PURPOSE)
        return False
    if not more:
        _checked(found)
    audit.record("read", "import", found.id, purpose=PURPOSE, count=found.read_rows)
    return more


def _checked(found: ImportFile) -> None:
    found.state, found.rows, found.counts = "checked", found.read_rows, counts_of(found)
    gone = KINDS[found.kind].gone
    if found.whole and gone is not None:
        found.counts = found.counts | {"no longer in the list": gone(found)}
    found.doubts = doubts_of(found)


def vouch(found: ImportFile, by: str) -> bool:
    """`by` says that this is the right file, whatever its doubts. False where there is nothing to answer."""
    if found.state != "checked" or not found.doubts or found.vouched_by:
        return False
    found.vouched_by = by
    audit.record("vouched for", "import", found.id, purpose=PURPOSE, doubts=len(found.doubts))
    return True


def start_saving(found: ImportFile) -> None:
    """From preview to saving.

    Raises Stale where what the preview was weighed against has changed since, Doubtful where nobody has said
    that it is the right file, NoAgreement where the agreement with its source is no longer in date.
    """
    one_at_a_time()
    if found.source_id is not None:
        check_agreed(db.session.get_one(Source, (scope.current().tenant, found.source_id)), clock.today())
    if found.doubts and not found.vouched_by:
        raise Doubtful
    if is_stale(found):
        raise Stale
    found.state = "saving"
    found.cursor = found.cursor | {"saved_line": 0, "saved": 0}
    audit.record("approved", "import", found.id, purpose=PURPOSE, count=to_save(found))


def to_save(found: ImportFile) -> int:
    """How many rows saving will add or change, or put in the queue."""
    return sum(int(found.counts.get(outcome, 0)) for outcome in KINDS[found.kind].saved_outcomes)


def save_on(found: ImportFile) -> bool:
    """Save the next chunk of exactly what was previewed. True while there is more."""
    kind, after = KINDS[found.kind], found.cursor["saved_line"]
    upto = _end_of_chunk(found, kind, after)
    if upto is None:
        _saved(found, kind)
        return False
    with joined_by_hash():
        if kind.bulk is not None:
            saved = kind.bulk.save(found, after, upto)
        else:
            saved = kind.save(found.id, after, upto) if kind.save else 0
    found.cursor = found.cursor | {"saved_line": upto, "saved": found.cursor["saved"] + saved}
    audit.record("saved", found.kind, found.id, purpose=PURPOSE, count=saved)
    return True


def _end_of_chunk(found: ImportFile, kind: Kind, after: int) -> int | None:
    """The last line of the next chunk to save, None where all is saved."""
    if kind.bulk is None:
        return _line_after(found.id, after, kind.saved_outcomes)
    last: int = found.cursor["line"]
    return min(after + SAVED_IN_BULK, last) if after < last else None


def _line_after(import_id: int, after: int, outcomes: Sequence[str]) -> int | None:
    ahead = (
        select(ImportRow.line)
        .where(
            ImportRow.import_id == import_id,
            ImportRow.line > after,
            ImportRow.outcome.in_(outcomes),
        )
        .order_by(ImportRow.line)
        .limit(SAVED_AT_ONCE)
        .subquery()
    )
    last: int | None = db.session.scalar(select(func.max(ahead.c.line)))
    return last


def _saved(found: ImportFile, kind: Kind) -> None:
    if kind.finish is not None:
        kind.finish(found)
    found.state, found.finished_at = "done", clock.now()
    kept = ImportRow.outcome.in_(("refused", "set aside"))
    db.session.execute(delete(ImportRow).where(ImportRow.import_id == found.id, ~kept))
    if kind.bulk is not None:
        _leave_clearing(found, kind.bulk)
    audit.record("finished", "import", found.id, purpose=PURPOSE, count=found.cursor["saved"])


def _leave_clearing(found: ImportFile, bulk: Bulk) -> None:
    """What waited is taken away: a little at once, much of it by the worker, so that nobody waits."""
    if found.cursor.get("staged", 0) <= SAVED_AT_ONCE:
        clear(found.id, bulk)
        return
    label = f"Clearing up after {found.file_name}"
    outbox.leave("people.clear", label, {"import_id": found.id}, key=str(found.id))


def read_again(found: ImportFile) -> bool:
    """Go back to before the file was read. False where there is nothing to read again."""
    if found.state not in ("mapping", "checked") or found.file_id is None:
        return False
    take_away(found)
    found.state, found.read_rows, found.counts = "uploaded", 0, {}
    found.doubts, found.vouched_by = [], None
    sheet = {"sheet": found.cursor["sheet"]} if "sheet" in found.cursor else {}
    found.cursor = {"attempt": found.cursor.get("attempt", 1) + 1} | sheet
    audit.record("read again", "import", found.id, purpose=PURPOSE)
    leave_reading(found)
    return True


def bring_in(
    source: Source,
    file: Path | bytes,
    file_name: str,
    data_date: dt.date,
    by: str,
    *,
    save: bool = True,
    whole: bool = False,
) -> ImportFile:
    """Take a file through all its stages at once, in the open transaction of the acting PCN; commits nothing.

    Ends "done", "failed" (see `problem`), or with `save=False` "checked". Raises NoAgreement.
    """
    found = open_import(source, file_name, _pieces(file), data_date=data_date, by=by, whole=whole)
    while read_on(found):
        pass
    if found.state == "checked" and save:
        start_saving(found)
        while save_on(found):
            pass
    db.session.flush()
    return found


def _pieces(file: Path | bytes) -> Iterator[bytes]:
    if isinstance(file, bytes):
        for start in range(0, len(file), files.CHUNK):
            yield file[start : start + files.CHUNK]
        return
    with file.open("rb") as stream:
        yield from pieces_of(stream)


__all__ = [
    "OPEN", "OUTCOMES", "PURPOSE", "Doubtful", "NoAgreement", "Stale", "bring_in", "cancel", "forget",
    "is_saving", "is_stale", "leave_reading", "leave_saving", "locked", "open_import", "pieces_of",
    "read_again", "read_on", "save_on", "start_saving", "to_save", "vouch",
]  # fmt: skip
