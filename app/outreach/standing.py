"""What holds for everybody in a programme at this moment, asked again before each message.

The statements are built once, because building one takes longer than asking it.
"""

from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from app import clock
from app.outreach.models import Batch, Blackout, Step
from app.outreach.rules import Sending
from app.programmes.models import Programme
from tenants.db import db
from tenants.models import PcnSettings

COLUMNS = ("sending_stopped_at", "most_contacts", "days_between", "send_from", "send_until")


def sending_of(programme_id: int, step: Step | None = None) -> Sending:
    """What holds for the whole programme now, within the hours and weekdays of `step`.

    Raises NoResultFound where the PCN has no such programme.
    """
    given = {"programme": programme_id, "today": clock.today()}
    return _sending(db.session.execute(_of_programme(), given).one(), step)


def standing_of(batch_id: int, step: Step) -> tuple[str, Sending]:
    """The state of a batch, and what holds for its programme now, in one statement."""
    row = db.session.execute(_of_batch(), {"batch": batch_id, "today": clock.today()}).one()
    return row.batch, _sending(row, step)


@cache
def _of_programme() -> Select[Any]:
    return _standing().where(Programme.id == bindparam("programme"))


@cache
def _of_batch() -> Select[Any]:
    its_programme = (Batch.tenant_id == Programme.tenant_id) & (Batch.programme_id == Programme.id)
    whole = _standing().add_columns(Batch.state.label("batch")).join(Batch, its_programme)
    return whole.where(Batch.id == bindparam("batch"))


def _standing() -> Select[Any]:
    closed = (
        select(func.array_agg(Blackout.channels))
        .where(
            Blackout.tenant_id == Programme.tenant_id,
            Blackout.removed_at.is_(None),
            Blackout.starts_on <= bindparam("today"),
            Blackout.ends_on >= bindparam("today"),
        )
        .correlate(Programme)
        .scalar_subquery()
    )
    kept = [getattr(PcnSettings, name) for name in COLUMNS]
    return (
        select(Programme.state.label("state"), closed.label("closed"), *kept)
        .select_from(Programme)
        .join(PcnSettings, PcnSettings.tenant_id == Programme.tenant_id)
    )


def _sending(row: Any, step: Step | None) -> Sending:
    sending = Sending(
        state=row.state,
        stopped=row.sending_stopped_at is not None,
        closed_to=frozenset(channel for channels in row.closed or () for channel in channels),
        most_contacts=row.most_contacts,
        days_between=row.days_between,
        opens=row.send_from,
        closes=row.send_until,
    )
    return sending if step is None else sending.narrowed(step.opens, step.closes, step.weekdays or ())
