"""Who may go first: saving files and merging records take turns, one PCN at a time."""

from sqlalchemy import select, text

from app.people.import_models import ImportFile
from tenants import scope
from tenants.db import db

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('people.save ' || :tenant, 0))"


def is_saving() -> bool:
    """Whether any file of the PCN is being saved: not the moment to merge records."""
    saving = select(ImportFile.id).where(ImportFile.state == "saving")
    return db.session.scalars(saving.limit(1)).first() is not None


def one_at_a_time() -> None:
    """Let one at a time start to save a file of the PCN, or merge its records, until the transaction ends."""
    db.session.execute(text(_LOCK), {"tenant": str(scope.current().tenant)})
