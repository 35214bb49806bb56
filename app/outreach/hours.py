"""When texts, e-mails and calls go out: in the hours, Monday to Friday, never on a bank holiday in England.

Letters do not keep to this: they are handed over on any day.
Source of the holidays: the `holidays` library, England, checked against gov.uk/bank-holidays in the tests.
"""

import datetime as dt
from collections.abc import Sequence
from functools import cache, lru_cache

import holidays

from app import clock

Weekdays = frozenset[int]  # 0 is Monday; none at all means any
QuietDays = Sequence[tuple[dt.date, dt.date]]  # of a PCN: the first and the last of each
ANY_DAY: Weekdays = frozenset()
WORKING_DAYS: Weekdays = frozenset(range(5))


@cache
def _bank_holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("GB", subdiv="ENG")


@lru_cache(maxsize=64)  # asked of one moment for thousands of people
def day_of(moment: dt.datetime) -> dt.date:
    """The date in Kent at `moment`."""
    return clock.local(moment).date()


def is_working_day(day: dt.date) -> bool:
    """Whether `day` is neither at a weekend nor a bank holiday."""
    return day.weekday() < 5 and day not in _bank_holidays()


def next_working_day(day: dt.date, weekdays: Weekdays = ANY_DAY, quiet: QuietDays = ()) -> dt.date:
    """The first working day on or after `day` that falls on one of `weekdays` and is not `quiet`."""
    while not _is_wanted(day, weekdays) or quiet_until(quiet, day) is not None:
        day += dt.timedelta(days=1)
    return day


def quiet_until(quiet: QuietDays, day: dt.date) -> dt.date | None:
    """The last of the quiet days that `day` is one of; None where it is none."""
    return max((last for first, last in quiet if first <= day <= last), default=None)


def _is_wanted(day: dt.date, weekdays: Weekdays) -> bool:
    """Whether `day` is a working day among `weekdays`; all working days are, where those name none."""
    return is_working_day(day) and (day.weekday() in weekdays or not weekdays & WORKING_DAYS)


def days_after(day: dt.date, number: int, *, working: bool) -> dt.date:
    """The day `number` days after `day`; where `working`, only working days are counted.

    >>> days_after(dt.date(2026, 12, 24), 2, working=True)  # 25 and 28 December 2026 are bank holidays
    datetime.date(2026, 12, 30)
    """
    if not working:
        return day + dt.timedelta(days=number)
    for _ in range(number):
        day = next_working_day(day + dt.timedelta(days=1))
    return day


@lru_cache(maxsize=64)
def are_open(moment: dt.datetime, opens: dt.time, closes: dt.time, weekdays: Weekdays = ANY_DAY) -> bool:
    """Whether `moment` is on a wanted day, from `opens` on and before `closes`, by the clock in Kent."""
    there = clock.local(moment)
    return _is_wanted(there.date(), weekdays) and opens <= there.time() < closes


def next_open(
    moment: dt.datetime, opens: dt.time, closes: dt.time, weekdays: Weekdays = ANY_DAY
) -> dt.datetime:
    """The first moment from `moment` on at which messages may go out, in UTC."""
    if are_open(moment, opens, closes, weekdays):
        return moment
    there = clock.local(moment)
    day = there.date() if there.time() < opens else there.date() + dt.timedelta(days=1)
    return dt.datetime.combine(next_working_day(day, weekdays), opens, clock.LONDON).astimezone(dt.UTC)
