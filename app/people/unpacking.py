"""What comes as a workbook is kept as the text that it is read as: the same lines, encrypted, as long."""

import io

from app import files
from app.people import workbooks
from app.people.import_models import ImportFile
from app.people.understanding import Kind
from tenants import scope
from tenants.db import db


def as_text(found: ImportFile, kind: Kind) -> None:
    """Put the sheet that is read in the place of a stored workbook; what is text stays. Raises WrongFile."""
    stored = db.session.get_one(files.StoredFile, (scope.current().tenant, found.file_id))
    head = next(files.chunks_of(stored), b"")
    if not workbooks.is_workbook(head):
        return
    if stored.size > workbooks.MOST_BYTES:
        raise workbooks.too_large()
    sheet = workbooks.read(io.BytesIO(files.content(stored)), kind.columns)
    text = files.store(stored.name, "text/csv", sheet.csv(), stored.expires_at)
    found.file_id = text.id
    found.cursor = found.cursor | {"sheet": [sheet.name, sheet.others, sheet.errors]}
    db.session.flush()
    db.session.delete(stored)
