"""Work that must happen because a row changed.

A row here is written in the same transaction as the change (`leave`). The relay in `worker.py` puts ids on
the queue; a worker locks the row, does the work and marks it done in one commit (`run`), so the effects in
the database happen once however often the queue delivers. Redis may vanish: the relay asks again.
"""

import datetime as dt
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import CheckConstraint, Identity, Index, UniqueConstraint, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from app import audit, clock
from tenants import scope
from tenants.db import Base, Json, db
from tenants.models import Organisation

ATTEMPTS = 5
BETWEEN_ORGANISATIONS = "referral.answered"


class Outbox(Base):
    """One piece of work. It runs as `org_id`; `written_by` is the organisation that left it there."""

    __tablename__ = "outbox"
    __policies__ = ("org", "written_by_add", "relay")

    org_id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, server_default=text("app.org()")
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    written_by: Mapped[int] = mapped_column(server_default=text("app.org()"))
    kind: Mapped[str]
    label: Mapped[str]
    payload: Mapped[Json] = mapped_column(default=dict)
    dedup_key: Mapped[str]
    created_at: Mapped[dt.datetime]
    run_after: Mapped[dt.datetime]
    queued_at: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    done_at: Mapped[dt.datetime | None]
    failed_at: Mapped[dt.datetime | None]
    error: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("org_id", "kind", "dedup_key"),
        CheckConstraint(f"written_by = org_id or kind = '{BETWEEN_ORGANISATIONS}'", name="own_or_answer"),
        Index(
            "ix_outbox_org_id_run_after",
            "org_id",
            "run_after",
            postgresql_where=text("done_at is null and failed_at is null"),
        ),
    )


class WorkerBeat(Base):
    """When a worker was last alive, so that `/readyz` can say whether anybody works."""

    __tablename__ = "worker_beat"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]


@dataclass(frozen=True)
class Later:
    """A handler's answer that the work goes on: run the same row again at `at`, not counted as a try."""

    at: dt.datetime


Handler = Callable[[Json], Later | None]
HANDLERS: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does work of `kind`. It takes the payload, and must not commit."""

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return register


def leave(
    kind: str,
    label: str,
    payload: Json,
    *,
    key: str,
    run_after: dt.datetime | None = None,
    for_org: int | None = None,
) -> None:
    """Leave work to be done after this transaction commits.

    `label` says in plain words what it is, `key` makes it unique within its kind (the same work left twice
    is left once), `for_org` addresses it to another organisation (only the answer to a referral may be).
    """
    moment = clock.now()
    values = {
        "org_id": for_org or scope.current().org,
        "kind": kind,
        "label": label,
        "payload": payload,
        "dedup_key": key,
        "created_at": moment,
        "run_after": run_after or moment,
    }
    db.session.execute(postgresql.insert(Outbox).values(**values).on_conflict_do_nothing().inline())


def leave_anew(kind: str, label: str, payload: Json, *, key: str, run_after: dt.datetime) -> None:
    """Leave work that comes back: it begins anew where it was done, and is let alone where it goes on."""
    own = (Outbox.org_id == scope.current().org, Outbox.kind == kind, Outbox.dedup_key == key)
    again = {"payload": payload, "run_after": run_after, "done_at": None, "queued_at": None, "attempts": 0}
    db.session.execute(update(Outbox).where(*own, Outbox.done_at.is_not(None)).values(**again))
    leave(kind, label, payload, key=key, run_after=run_after)


def run(org_id: int, outbox_id: int) -> str:
    """Do one piece of work as its organisation. Returns "done", "later", "failed", or "nothing to do"."""
    organisation = _organisation(org_id)
    if organisation is None:
        return "nothing to do"
    with scope.as_acting(organisation.acting()), audit.by("Background worker"):
        row = _claim(outbox_id)
        if row is None:
            return "nothing to do"
        try:
            answer = HANDLERS[row.kind](row.payload)
        except Exception as error:
            db.session.rollback()
            return _failed(outbox_id, error)
        return _finished(row, answer)


def try_again(outbox_id: int) -> bool:
    """Put failed work of the acting organisation back in line. False where there is none of that id."""
    statement = (
        update(Outbox)
        .where(Outbox.id == outbox_id, Outbox.failed_at.is_not(None))
        .values(failed_at=None, attempts=0, queued_at=None, run_after=clock.now())
    )
    return bool(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]


def _organisation(org_id: int) -> Organisation | None:
    with scope.as_acting(scope.NOBODY):
        organisation = db.session.get(Organisation, org_id)
        if organisation is not None:
            db.session.expunge(organisation)
        return organisation


def _claim(outbox_id: int) -> Outbox | None:
    statement = (
        select(Outbox)
        .where(
            Outbox.org_id == scope.current().org,
            Outbox.id == outbox_id,
            Outbox.done_at.is_(None),
            Outbox.failed_at.is_(None),
            Outbox.run_after <= clock.now(),
        )
        .with_for_update(skip_locked=True)
    )
    return db.session.scalars(statement).one_or_none()


def _finished(row: Outbox, answer: Later | None) -> str:
    if answer is None:
        row.done_at, row.payload = clock.now(), {}  # a mail's link and text are kept no longer than needed
    else:
        row.run_after, row.queued_at, row.attempts = answer.at, None, 0
    row.error = None
    db.session.commit()
    return "done" if answer is None else "later"


def _failed(outbox_id: int, error: Exception) -> str:
    row = _claim(outbox_id)
    if row is None:
        return "nothing to do"
    row.attempts += 1
    row.error = _reason(error)
    row.queued_at = None
    row.run_after = clock.now() + dt.timedelta(seconds=2**row.attempts)
    if row.attempts >= ATTEMPTS:
        row.failed_at = clock.now()
    db.session.commit()
    return "failed"


def _reason(error: Exception) -> str:
    """What went wrong and where, without the values that were being worked on."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    said = str(error) if isinstance(error, WorkCannotBeDone) else type(error).__name__
    return f"{said} ({place.name}, line {place.lineno})"


class WorkCannotBeDone(RuntimeError):
    """Raised by a handler with a sentence fit for the PCN manager to read."""
