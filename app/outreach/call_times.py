"""When somebody may be rung, when they asked to be, and which time of day to try next. Pure decisions.

Source of the hours, of at most 3 calls and of at most one a day: domain.md 5.5.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from app import clock, ringing
from app.outreach import hours

OPENS, CLOSES, CLOSES_IF_ASKED = ringing.OPENS, ringing.CLOSES, ringing.CLOSES_IF_ASKED
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


class Offered(NamedTuple):
    """The weekdays on which people are rung, and the parts of such a day, each from and until.

    On the PCN's `quiet` days nobody is rung.
    """

    days: Sequence[str] = DAYS
    slots: Mapping[str, tuple[dt.time, dt.time]] = SLOTS
    quiet: hours.QuietDays = ()


EVERY_TIME = Offered()


def offered(opens: dt.time | None, closes: dt.time | None, weekdays: Collection[int]) -> Offered:
    """What can be offered where people are rung on these weekdays (none means all) and within these hours.

    The evening is, where the hours reach into it. Hours that never meet those for calls are not heeded.
    """
    first, last = max(opens or OPENS, OPENS), min(closes or CLOSES, CLOSES_IF_ASKED)
    if first >= last:
        first, last = OPENS, CLOSES
    slots = {part: (max(first, begins), min(last, ends)) for part, (begins, ends) in SLOTS.items()}
    if first >= CLOSES:
        slots[ANY] = (first, last)
    days = [DAYS[day] for day in sorted(weekdays) if day < len(DAYS)]
    return Offered(days or DAYS, {part: slot for part, slot in slots.items() if slot[0] < slot[1]})


def next_slot(
    days: Collection[str], times: str, moment: dt.datetime, offered: Offered = EVERY_TIME
) -> dt.datetime:
    """When the next slot begins that a person named, or began if it is not over at `moment`; in UTC.

    `days` are names of weekdays (any that is `offered` where there is none), `times` one of the slots.
    """
    begins, ends = offered.slots.get(times, offered.slots[ANY])
    there = clock.local(moment)
    first = there.date() if there.time() < ends else there.date() + dt.timedelta(days=1)
    named = [day for day in days if day in offered.days] or offered.days
    return at(hours.next_working_day(first, frozenset(map(DAYS.index, named)), offered.quiet), begins)


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
