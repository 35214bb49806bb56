"""A PCN's programmes, and the one at an address."""

import datetime as dt
from collections.abc import Collection

from sqlalchemy import case, select

from app import clock
from app.here import here
from app.programmes.models import STATES, Programme
from tenants.db import db


def programme_at(programme_id: int) -> Programme:
    """The acting PCN's programme of that id; raises NotFound."""
    return db.get_or_404(Programme, (here.organisation.id, programme_id))


def programmes(states: Collection[str] = STATES) -> list[Programme]:
    """The acting PCN's programmes in one of `states`: live ones first, closed ones last, then by name."""
    order = case({"live": 0, "set-up": 1, "paused": 2, "closed": 3}, value=Programme.state)
    statement = select(Programme).where(Programme.state.in_(states)).order_by(order, Programme.name)
    return list(db.session.scalars(statement))


def week_of(programme: Programme) -> int | None:
    """Which week of the programme it is, the first being 1; None before it goes live."""
    if programme.live_at is None:
        return None
    return int((clock.today() - clock.local(programme.live_at).date()) / dt.timedelta(weeks=1)) + 1
