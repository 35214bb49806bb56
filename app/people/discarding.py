"""Leaving nothing of a file: cancelled, to be read again, or forgotten when its 30 days are over."""

from sqlalchemy import delete, update

from app import audit, clock, files
from app.people.bulk import clear
from app.people.import_models import ImportFile, ImportRow
from app.people.kinds import KINDS
from tenants.db import db

PURPOSE = "bringing in data"
OPEN = ("uploaded", "mapping", "checking", "checked")


def cancel(found: ImportFile) -> bool:
    """Leave nothing of an import that is not yet being saved but the fact. False where it is too late."""
    if found.state not in OPEN:
        return False
    empty(found)
    found.state, found.finished_at, found.counts = "cancelled", clock.now(), {}
    audit.record("cancelled", "import", found.id, purpose=PURPOSE)
    return True


def forget(found: ImportFile) -> None:
    """Delete the file's bytes, and the cells of its refused rows; their lines and reasons stay."""
    if found.state in OPEN:
        cancel(found)
        return
    _drop_file(found)
    mine = ImportRow.import_id == found.id
    db.session.execute(update(ImportRow).where(mine).values(data={}, key=None))
    audit.record("forgot", "import", found.id, purpose=PURPOSE)


def empty(found: ImportFile) -> None:
    """Delete the file and all that was read of it."""
    take_away(found)
    _drop_file(found)
    found.cursor = {}


def take_away(found: ImportFile) -> None:
    """Delete all that was read of the file."""
    db.session.execute(delete(ImportRow).where(ImportRow.import_id == found.id))
    staged = KINDS[found.kind].bulk
    if staged is not None:
        clear(found.id, staged)


def _drop_file(found: ImportFile) -> None:
    file_id, found.file_id = found.file_id, None
    db.session.flush()
    if file_id is not None:
        db.session.execute(delete(files.StoredFile).where(files.StoredFile.id == file_id))
