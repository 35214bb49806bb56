"""The PCN's quiet days for calls: nobody is rung on them, whoever asked for a call neither."""

import datetime as dt

from sqlalchemy import func, select

from app import clock
from app.outreach import call_times, hours
from app.outreach.call_models import Call
from app.outreach.hours import ANY_DAY, QuietDays, Weekdays
from app.outreach.models import Blackout
from tenants.db import db


def for_calls() -> QuietDays:
    """Those that are not over."""
    statement = select(Blackout.starts_on, Blackout.ends_on).where(
        Blackout.removed_at.is_(None), Blackout.ends_on >= clock.today(), Blackout.channels.contains(["call"])
    )
    return [(first, last) for first, last in db.session.execute(statement)]


def goes_on() -> dt.date | None:
    """The next day on which people are rung, where today is a quiet day; None where it is not."""
    days, today = for_calls(), clock.today()
    return hours.next_working_day(today, quiet=days) if hours.quiet_until(days, today) else None


def agreed_on(first: dt.date, last: dt.date) -> int:
    """How many people have a time agreed for a call on the days from `first` to `last`."""
    begins, ends = call_times.at(first, dt.time()), call_times.at(last + dt.timedelta(days=1), dt.time())
    agreed = select(func.count(Call.person_id.distinct())).where(
        Call.state == "due", Call.agreed_at >= begins, Call.agreed_at < ends
    )
    return db.session.scalar(agreed) or 0


def next_day_to_ring(day: dt.date, weekdays: Weekdays = ANY_DAY) -> dt.date:
    """The first day from `day` on, among `weekdays`, on which the PCN rings people."""
    return hours.next_working_day(day, weekdays, for_calls())
