"""When somebody may be rung, when they asked to be, and which time of day to try next. Pure decisions.

Source of the hours, of at most 3 calls and of at most one a day: domain.md 5.5.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from app import clock
from app.outreach import hours

OPENS, CLOSES = dt.time(9), dt.time(18)
CLOSES_IF_ASKED = dt.time(20)  # only for somebody who asked to be rung in the evening
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
ANY = "at any time"
# The parts of a day on which people ask to be rung, each from and until.
SLOTS: dict[str, tuple[dt.time, dt.time]] = {
    "in the morning": (OPENS, dt.time(12)),
    "in the afternoon": (dt.time(12), CLOSES),
    "in the evening": (CLOSES, CLOSES_IF_ASKED),
    ANY: (OPENS, CLOSES),
}
# The parts of a day that are tried one after the other.
TRIED = ("in the morning", "in the afternoon")
HALF_HOURS = tuple(f"{hour:02d}:{minute:02d}" for hour in range(9, 20) for minute in (0, 30))


def at(day: dt.date, time: dt.time) -> dt.datetime:
    """That time of that day in Kent, in UTC."""
    return dt.datetime.combine(day, time, clock.LONDON).astimezone(dt.UTC)


def next_slot(days: Sequence[str], times: str, moment: dt.datetime) -> dt.datetime:
    """When the next slot begins that a person named, or began if it is not over at `moment`; in UTC.

    `days` are names of weekdays (any working day where there is none), `times` one of SLOTS.
    """
    begins, ends = SLOTS.get(times, SLOTS[ANY])
    there = clock.local(moment)
    first = there.date() if there.time() < ends else there.date() + dt.timedelta(days=1)
    weekdays = frozenset(DAYS.index(day) for day in days if day in DAYS) or frozenset(range(7))
    return at(hours.next_working_day(first, weekdays), begins)


def agreed_on(day: dt.date, time: str) -> dt.datetime:
    """When a call agreed for `day` is to be made: `time` is one of SLOTS or of HALF_HOURS; in UTC."""
    begins = dt.time.fromisoformat(time) if time in HALF_HOURS else SLOTS.get(time, SLOTS[ANY])[0]
    return at(day, begins)


def closes_for(agreed_at: dt.datetime | None, day: dt.date) -> dt.time:
    """Until when a person may be rung on `day`: later where they asked for an evening call on that day."""
    there = clock.local(agreed_at) if agreed_at else None
    evening = there is not None and there.date() == day and there.time() >= CLOSES
    return CLOSES_IF_ASKED if evening else CLOSES


def part_of_day(moment: dt.datetime) -> str:
    """Morning or afternoon, as `moment` is in Kent."""
    return TRIED[clock.local(moment).time() >= SLOTS["in the afternoon"][0]]


def another_time(tried: Iterable[dt.datetime]) -> str | None:
    """The part of the day to try next: the one tried least, the latest last; None where nothing was tried.

    >>> another_time([dt.datetime(2026, 11, 16, 10, tzinfo=dt.UTC)])
    'in the afternoon'
    """
    parts = [part_of_day(moment) for moment in sorted(tried)]
    if not parts:
        return None
    return min(TRIED, key=lambda part: (parts.count(part), part == parts[-1]))
