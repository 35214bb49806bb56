"""Fails a transaction that changed somebody's row and put nothing into the audit trail."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from tenants.db import TenantSession
from tenants.policies import UNPOLICED, mapped_tables

CHANGE = re.compile(r'^\s*(?:WITH .*?\b)?(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.I | re.S)

# Rows that are not somebody's: queue entries, sessions, and lines read but not yet saved.
QUIET = {
    "outbox", "signed_in", "credential", "worker_beat", "audit_event", "import_row", "file_chunk",
    "staged_person", "staged_event",
}  # fmt: skip

# Of each thread by itself: two that seed at once must not leave the guard off for all that follows.
_on: ContextVar[bool] = ContextVar("guard", default=True)


def is_on() -> bool:
    """Whether a silent change fails here."""
    return _on.get()


@contextmanager
def seeding() -> Iterator[None]:
    """Inside, rows may be put in place without an audit event."""
    before = _on.get()
    _on.set(False)
    try:
        yield
    finally:
        _on.set(before)


@event.listens_for(Engine, "before_cursor_execute")
def _note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:
    changed = CHANGE.match(statement)
    info = conn.info.get("oast_session")
    if changed and info is not None:
        info.setdefault("changed", set()).add(changed.group(1))


@event.listens_for(TenantSession, "after_begin")
def _begin(session: Session, transaction: Any, connection: Any) -> None:
    if transaction.nested:
        return
    connection.info["oast_session"] = session.info
    session.info["changed"] = set()


@event.listens_for(TenantSession, "after_commit")
def _committed(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint: what is done in it may be recorded after it
    changed = session.info.pop("changed", set())
    if not is_on() or "audit_event" in changed:
        return
    policed = {name for name in mapped_tables() if name not in UNPOLICED} - QUIET
    silent = changed & policed
    assert not silent, f"{sorted(silent)} changed and nothing was recorded in the audit trail"
