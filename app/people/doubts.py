"""Reasons to ask whether a file is the right one, found when all of it is read."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sqlalchemy import ColumnExpressionArgument, select, text

from app.people.columns import WrongFile, check_columns, listed, plain
from app.people.import_models import ImportFile
from app.people.kinds import KINDS
from app.people.mapping import mapping_of
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
    """The reasons in plain words; none where the file looks right.

    How few rows it has does not matter for its columns, nor for whom a whole extract leaves out.
    """
    doubts = [*_other_kind(found), *_other_columns(found)]
    if found.rows >= FEWEST:
        doubts += _doubts(found, found.counts)
    if found.whole:
        doubts += [*_many_gone(found.counts), *_much_shorter(found)]
    return doubts


def _other_kind(found: ImportFile) -> Iterator[str]:
    """Where another kind of file has all that it needs, and knows more of the columns."""
    known = {name: _known(found, name) for name in KINDS}
    likeliest = max(known, key=lambda name: known[name])
    if known[likeliest] > known[found.kind]:
        yield f"Its columns are those of another kind of file: {KINDS[likeliest].label}."


def _known(found: ImportFile, kind: str) -> int:
    """How many columns of a kind the file has; none where it lacks one that is needed."""
    said: Mapping[str, str] = mapping_of(found) if kind == found.kind else MappingProxyType({})
    try:
        return len(check_columns(found.cursor["titles"], KINDS[kind].columns, said))
    except WrongFile:
        return 0


def _other_columns(found: ImportFile) -> Iterator[str]:
    """Where a list has fewer than half of the columns of the last file that was saved from its source.

    Lists need one column or two, so that nearly any file could pass for one.
    """
    last = _last(found) if KINDS[found.kind].keeps_others else None
    before = [title.strip() for title in last.cursor.get("titles", []) if title.strip()] if last else []
    ours = {plain(name): one for one in KINDS[found.kind].columns for name in (one.title, *one.also)}
    here = {ours.get(plain(title), plain(title)) for title in found.cursor["titles"]}
    lacking = [title for title in before if ours.get(plain(title), plain(title)) not in here]
    if 2 * len(lacking) > len(before):
        yield f"It lacks most of the columns of the last file from this source: {listed(lacking)}."


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


def _hardly_known(found: ImportFile) -> Iterator[str]:
    known, people = db.session.execute(text(_KNOWN), {"import_id": found.id, "fewest": FEWEST}).one()
    if people >= FEWEST and 2 * known < people:
        yield f"Few of its people are in your practices’ lists already: {known:,} of {people:,}."


def _many_gone(counts: Json) -> Iterator[str]:
    gone, usable = counts.get("no longer in the list", 0), _usable(counts)
    if gone > usable and gone >= FEWEST:
        yield f"More would be marked as no longer in the list ({gone:,}) than are in it ({usable:,})."


def _much_shorter(found: ImportFile) -> Iterator[str]:
    """Held against the last whole extract of the same source."""
    last = _last(found, ImportFile.whole)
    usable, before_usable = _usable(found.counts), _usable(last.counts) if last else 0
    if 2 * usable < before_usable and before_usable >= FEWEST:
        noun = KINDS[found.kind].noun[1]
        yield (
            f"It is much shorter than the last whole extract: {usable:,} {noun}, and {before_usable:,} then."
        )


def _last(found: ImportFile, *wanted: ColumnExpressionArgument[bool]) -> ImportFile | None:
    """The last file that was saved from the same source."""
    before = select(ImportFile).where(
        ImportFile.source_id == found.source_id, ImportFile.id != found.id, ImportFile.state == "done",
        *wanted,
    )  # fmt: skip
    return db.session.scalars(before.order_by(ImportFile.finished_at.desc()).limit(1)).first()


def _usable(counts: Json) -> int:
    return sum(int(counts.get(outcome, 0)) for outcome in ("new", "changed", "unchanged", "waits"))
