"""What of bringing in data waits, in one statement: agreements, files, stopped work, rows to link."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.outbox import Outbox
from app.people import linking
from app.people.import_models import ImportFile, Source
from app.people.sources import Standing, grouped, with_agreements
from tenants.db import db


@dataclass(frozen=True)
class Waiting:
    """How each source stands; how many files wait to be saved or have columns to name; what else waits."""

    standings: Mapping[Source, Standing]
    to_save: int = 0
    to_name: int = 0
    stopped: int = 0
    to_link: int = 0

    @property
    def files(self) -> int:
        """How many files wait for somebody."""
        return self.to_save + self.to_name


def waiting_in_data() -> Waiting:
    """What waits now. A PCN without a source has nothing that waits."""
    rows = db.session.execute(with_agreements().add_columns(*_counts())).all()
    if not rows:
        return Waiting({})
    return Waiting(grouped((row[0], row[1]) for row in rows), *rows[0][2:])


def _counts() -> tuple[Any, ...]:
    stopped = select(func.count(Outbox.id)).where(
        Outbox.kind.in_(("people.read", "people.save")), Outbox.failed_at.is_not(None)
    )
    to_link = select(func.count()).select_from(linking.waiting().order_by(None).subquery())
    return _in_state("checked"), _in_state("mapping"), stopped.scalar_subquery(), to_link.scalar_subquery()


def _in_state(state: str) -> Any:
    return select(func.count(ImportFile.id)).where(ImportFile.state == state).scalar_subquery()
