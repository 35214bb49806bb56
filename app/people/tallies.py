"""How many lines of a file have each outcome, and why."""

from sqlalchemy import func, select, text

from app.people.import_models import ImportFile, ImportRow
from tenants.db import Json, db

OUTCOMES = ("new", "changed", "unchanged", "waits", "refused", "set aside")
_NOTES = """
SELECT note, count(*) FROM import_row, jsonb_array_elements_text(data->'notes') note
WHERE import_id = :import_id AND outcome IN ('new', 'changed', 'unchanged') GROUP BY note ORDER BY note
"""


def counts_of(found: ImportFile) -> Json:
    """How many lines have each outcome, why they are not used, and what is missing from the rest."""
    counts: Json = dict.fromkeys(OUTCOMES, 0) | {"reasons": {}, "notes": {}}
    tally = (
        select(ImportRow.outcome, ImportRow.reason, func.count())
        .where(ImportRow.import_id == found.id)
        .group_by(ImportRow.outcome, ImportRow.reason)
        .order_by(func.count().desc(), ImportRow.reason)
    )
    for outcome, reason, count in db.session.execute(tally):
        _add(counts, outcome, reason, count)
    settled = found.cursor.get("settled", {})
    for outcome, reasons in settled.get("tally", {}).items():
        for reason, count in reasons.items():
            _add(counts, outcome, reason, count)
    for note, count in db.session.execute(text(_NOTES), {"import_id": found.id}):
        counts["notes"][note] = count
    counts["notes"] |= settled.get("notes", {})
    return counts


def _add(counts: Json, outcome: str, reason: str | None, count: int) -> None:
    counts[outcome] += count
    if reason:
        reasons = counts["reasons"].setdefault(outcome, {})
        reasons[reason] = reasons.get(reason, 0) + count
