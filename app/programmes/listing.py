"""A PCN's programmes, and the one at an address."""

import datetime as dt

from sqlalchemy import select

from app import clock
from app.here import here
from app.programmes.models import Programme
from tenants.db import db


def programme_at(programme_id: int) -> Programme:
    """The acting PCN's programme of that id; raises NotFound."""
    return db.get_or_404(Programme, (here.organisation.id, programme_id))


def programmes() -> list[Programme]:
    """The acting PCN's programmes, by name."""
    return list(db.session.scalars(select(Programme).order_by(Programme.name)))


def week_of(programme: Programme) -> int | None:
    """Which week of the programme it is, the first being 1; None before it goes live."""
    if programme.live_at is None:
        return None
    return int((clock.today() - clock.local(programme.live_at).date()) / dt.timedelta(weeks=1)) + 1
