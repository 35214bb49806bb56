"""When messages go out: between two times of day, from Monday to Friday, never on a bank holiday in England.

Source of the holidays: the `holidays` library, England, checked against gov.uk/bank-holidays in the tests.
"""

import datetime as dt
from functools import cache

import holidays

from app import clock


@cache
def _bank_holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("GB", subdiv="ENG")


def day_of(moment: dt.datetime) -> dt.date:
    """The date in Kent at `moment`."""
    return clock.local(moment).date()


def is_working_day(day: dt.date) -> bool:
    """Whether `day` is neither at a weekend nor a bank holiday."""
    return day.weekday() < 5 and day not in _bank_holidays()


def next_working_day(day: dt.date, weekdays: frozenset[int] = frozenset(range(7))) -> dt.date:
    """The first working day on or after `day` that falls on one of `weekdays` (0 is Monday)."""
    wanted = weekdays if weekdays & frozenset(range(5)) else frozenset(range(7))
    while not (is_working_day(day) and day.weekday() in wanted):
        day += dt.timedelta(days=1)
    return day


def are_open(moment: dt.datetime, opens: dt.time, closes: dt.time) -> bool:
    """Whether `moment` is on a working day, from `opens` on and before `closes`, by the clock in Kent."""
    there = clock.local(moment)
    return is_working_day(there.date()) and opens <= there.time() < closes


def next_open(moment: dt.datetime, opens: dt.time, closes: dt.time) -> dt.datetime:
    """The first moment from `moment` on at which messages may go out, in UTC."""
    if are_open(moment, opens, closes):
        return moment
    there = clock.local(moment)
    day = there.date() if there.time() < opens else there.date() + dt.timedelta(days=1)
    return dt.datetime.combine(next_working_day(day), opens, clock.LONDON).astimezone(dt.UTC)
