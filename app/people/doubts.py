"""Reasons to ask whether a file is the right one, found when all of it is read."""

from collections.abc import Iterator

from sqlalchemy import select, text

from app.people.kinds import KINDS
from app.people.models import ImportFile
from tenants.db import Json, db

FEWEST = 20  # rows; what is shorter is seen at a glance
NOT_OURS = "unknown practice"
NOT_LISTED = "person not in the list"
# Of the practices in the file that have a list here: how many of its people are on it, and of how many.
_KNOWN = """
SELECT count(p.id), count(*) FROM staged_person s LEFT JOIN person p ON p.nhs_number = s.nhs_number
WHERE s.import_id = :import_id
  AND s.practice_id IN (SELECT practice_id FROM person GROUP BY practice_id HAVING count(*) >= :fewest)
"""


def doubts_of(found: ImportFile) -> list[str]:
    """The reasons in plain words; none where the file looks right or is short."""
    return list(_doubts(found, found.counts)) if found.rows >= FEWEST else []


def _doubts(found: ImportFile, counts: Json) -> Iterator[str]:
    refused, reasons = counts["refused"], counts["reasons"].get("refused", {})
    if 2 * refused > found.rows:
        yield f"Most of its rows are refused: {refused:,} of {found.rows:,}."
    strangers = reasons.get(NOT_OURS, 0)
    if 10 * strangers > found.rows:
        yield f"{strangers:,} of its {found.rows:,} rows are of practices that are not in your PCN."
    unknown = reasons.get(NOT_LISTED, 0)
    if 2 * unknown > found.rows:
        yield f"Few of its people are in your practices’ lists: {unknown:,} of {found.rows:,} rows are not."
    if found.kind == "people":
        yield from _hardly_known(found)
    if found.whole:
        yield from _many_gone(counts)
        yield from _much_shorter(found)


def _hardly_known(found: ImportFile) -> Iterator[str]:
    known, people = db.session.execute(text(_KNOWN), {"import_id": found.id, "fewest": FEWEST}).one()
    if people >= FEWEST and 2 * known < people:
        yield f"Few of its people are in your practices’ lists already: {known:,} of {people:,}."


def _many_gone(counts: Json) -> Iterator[str]:
    gone, usable = counts.get("no longer in the list", 0), _usable(counts)
    if gone > usable:
        yield f"More would be marked as no longer in the list ({gone:,}) than are in it ({usable:,})."


def _much_shorter(found: ImportFile) -> Iterator[str]:
    """Held against the last whole extract of the same source."""
    before = select(ImportFile.counts).where(
        ImportFile.source_id == found.source_id, ImportFile.id != found.id, ImportFile.state == "done",
        ImportFile.whole,
    )  # fmt: skip
    last = db.session.scalars(before.order_by(ImportFile.finished_at.desc()).limit(1)).first()
    if last is None:
        return
    usable, before_usable = _usable(found.counts), _usable(last)
    if 2 * usable < before_usable:
        noun = KINDS[found.kind].noun[1]
        yield (
            f"It is much shorter than the last whole extract: {usable:,} {noun}, and {before_usable:,} then."
        )


def _usable(counts: Json) -> int:
    return sum(int(counts.get(outcome, 0)) for outcome in ("new", "changed", "unchanged", "waits"))
