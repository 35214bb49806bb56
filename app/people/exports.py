"""Refused rows as a file that can be mended and brought in again."""

import csv
import io

from sqlalchemy import select

from app.people.models import ImportFile, ImportRow
from app.people.rules import formula_safe
from tenants.db import db

ADDED = ("Line in the file", "Why it was refused")


def refused_rows(found: ImportFile) -> tuple[str, int]:
    """The refused rows as CSV text, with the line and the reason in two more columns, and their number.

    No cell begins with what a spreadsheet would run as a formula.
    """
    statement = (
        select(ImportRow.line, ImportRow.reason, ImportRow.data["cells"])
        .where(ImportRow.import_id == found.id, ImportRow.outcome == "refused")
        .order_by(ImportRow.line)
    )
    titles = found.cursor["titles"]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([formula_safe(title) for title in (*titles, *ADDED)])
    count = 0
    for line, reason, cells in db.session.execute(statement):
        level = [*cells[: len(titles)], *[""] * (len(titles) - len(cells))]
        writer.writerow([formula_safe(str(cell)) for cell in (*level, line, reason)])
        count += 1
    return out.getvalue(), count
