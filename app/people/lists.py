"""Lists of imports and of their lines, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app.outbox import Outbox
from app.people.import_models import ImportFile, ImportRow, Source
from tenants.db import db

PAGE = 25
LISTED = ("waits", "refused", "set aside")


@dataclass(frozen=True)
class Line:
    """A line as the person who brought the file sees it: its number and why it is not used. No identity."""

    number: int
    outcome: str
    reason: str


@dataclass(frozen=True)
class Lines:
    """One page of lines under a filter."""

    shown: Sequence[Line]
    count: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(-(-self.count // PAGE), 1)


def imports_page(page: int) -> tuple[Sequence[ImportFile], int]:
    """A page of the PCN's imports, newest first, and how many there are."""
    count = db.session.scalar(select(func.count()).select_from(ImportFile)) or 0
    newest = select(ImportFile).order_by(ImportFile.brought_at.desc(), ImportFile.id.desc())
    return db.session.scalars(newest.limit(PAGE).offset((page - 1) * PAGE)).all(), count


def lines_of(found: ImportFile, reason: str, page: int) -> Lines:
    """A page of the lines that wait, are refused or set aside, all or those of one reason."""
    wanted = [ImportRow.import_id == found.id, ImportRow.outcome.in_(_listed(found))]
    if reason:
        wanted.append(ImportRow.reason == reason)
    rows = (
        select(ImportRow.line, ImportRow.outcome, ImportRow.reason)
        .where(*wanted)
        .order_by(ImportRow.line)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    shown = [Line(line, outcome, why or "") for line, outcome, why in db.session.execute(rows)]
    return Lines(shown, _count(found, reason), page)


def _listed(found: ImportFile) -> tuple[str, ...]:
    """The outcomes whose lines are shown: once saved, what waits is in the queue and no longer here."""
    return LISTED[1:] if found.state in ("saving", "done") else LISTED


def _count(found: ImportFile, reason: str) -> int:
    """From the counts made when the file was read: the rows do not change after that."""
    reasons = found.counts.get("reasons", {})
    return sum(
        count
        for outcome in _listed(found)
        for why, count in reasons.get(outcome, {}).items()
        if reason in ("", why)
    )


def work_stopped(found: ImportFile) -> bool:
    """Whether the worker has given up on the file until somebody says to try again."""
    failed = select(Outbox.id).where(
        Outbox.kind.in_(("people.read", "people.save")),
        Outbox.failed_at.is_not(None),
        Outbox.payload["import_id"].as_integer() == found.id,
    )
    return db.session.scalars(failed.limit(1)).first() is not None


def files_of(source: Source) -> Sequence[ImportFile]:
    """The last files brought in from the source, newest first."""
    mine = select(ImportFile).where(ImportFile.source_id == source.id)
    return db.session.scalars(
        mine.order_by(ImportFile.brought_at.desc(), ImportFile.id.desc()).limit(PAGE)
    ).all()
