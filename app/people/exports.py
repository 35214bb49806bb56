"""Refused rows as a file that can be mended and brought in again."""

import csv
import io
from collections.abc import Sequence

from sqlalchemy import select

from app.people import rules
from app.people.columns import WrongFile
from app.people.import_models import ImportFile, ImportRow
from app.people.kinds import KINDS
from app.people.mapping import places
from app.people.models import Person
from app.people.rules import formula_safe
from tenants.db import db

ADDED = ("Line in the file", "Why it was refused")


def refused_rows(found: ImportFile) -> tuple[str, int]:
    """The refused rows as CSV text, with the line and the reason in two more columns, and their number.

    No cell begins with what a spreadsheet would run as a formula. Rows of people whose record is restricted
    are left out: their address and phone are shown nowhere, and without them the row would wipe them out.
    """
    statement = (
        select(ImportRow.line, ImportRow.reason, ImportRow.data["cells"])
        .where(ImportRow.import_id == found.id, ImportRow.outcome == "refused")
        .order_by(ImportRow.line)
    )
    titles, restricted = found.cursor["titles"], _Restricted(found)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([formula_safe(title) for title in (*titles, *ADDED)])
    count = 0
    for line, reason, cells in db.session.execute(statement):
        if restricted.is_about(cells):
            continue
        level = [*cells[: len(titles)], *[""] * (len(titles) - len(cells))]
        writer.writerow([formula_safe(str(cell)) for cell in (*level, line, reason)])
        count += 1
    return out.getvalue(), count


class _Restricted:
    """Knows rows of restricted people: by the flag in the row, or by an NHS number that is known as one's."""

    def __init__(self, found: ImportFile) -> None:
        try:
            self.places = places(found, found.cursor["titles"], KINDS[found.kind])
        except WrongFile:
            self.places = {}
        self.numbers = set(db.session.scalars(select(Person.nhs_number).where(Person.sensitive)))

    def is_about(self, cells: Sequence[str]) -> bool:
        """Whether the row must be shown to nobody."""
        if "sensitive" in self.places and rules.is_flagged(self._cell(cells, "sensitive")):
            return True
        try:
            return rules.nhs_number_of(self._cell(cells, "nhs_number")) in self.numbers
        except rules.Unreadable:
            return False

    def _cell(self, cells: Sequence[str], name: str) -> str:
        place = self.places.get(name, len(cells))
        return cells[place] if place < len(cells) else ""
