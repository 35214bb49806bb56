"""What happens in the weeks to come that bears on reaching people, from `reference/calendar.yaml`.

Warnings only. What blocks sending are the PCN's own quiet days and, for all but letters, weekends and bank
holidays.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from app import clock
from app.outreach import hours
from app.render import date as in_words

FILE = Path(__file__).resolve().parent / "reference" / "calendar.yaml"
# Within so many days after a message people ring back or are rung. Source: domain facts, section 6.
CALLS_FROM, CALLS_TO = 5, 14
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Event:
    """Something that lasts from `starts` to `ends`, both included, `give_or_take` days earlier or later."""

    name: str
    starts: dt.date
    ends: dt.date
    affects: frozenset[str]
    says: str
    sure: str = ""
    give_or_take: int = 0

    def meets(self, first: dt.date, last: dt.date) -> bool:
        """Whether it may fall on a day from `first` to `last`, both included."""
        slack = dt.timedelta(days=self.give_or_take)
        return self.starts - slack <= last and first <= self.ends + slack

    @property
    def days(self) -> str:
        """ "10 December 2026 to 5 January 2027", or the one day."""
        return f"{'about ' if self.give_or_take else ''}{span(self.starts, self.ends)}"

    @property
    def sentence(self) -> str:
        """What it is, when, and what that means for us."""
        said = f"{self.name}, {self.days}: {self.says}."
        return f"{said} A day earlier or later, by the moon." if self.give_or_take else said


@dataclass(frozen=True)
class Series:
    """Events of one name, of which all are known up to `until`."""

    name: str
    events: tuple[Event, ...]
    until: dt.date
    source: str


def span(first: dt.date, last: dt.date) -> str:
    """Two days as people write them: "7 to 13 December 2026".

    >>> span(dt.date(2026, 12, 28), dt.date(2027, 1, 3))
    '28 December 2026 to 3 January 2027'
    """
    if first == last:
        return in_words(first)
    if first.year != last.year:
        return f"{in_words(first)} to {in_words(last)}"
    if first.month != last.month:
        return f"{first.day} {first:%B} to {in_words(last)}"
    return f"{first.day} to {in_words(last)}"


@cache
def series() -> tuple[Series, ...]:
    """What the file holds."""
    return tuple(_series(entry) for entry in yaml.safe_load(FILE.read_text(encoding="utf-8")))


def _series(entry: dict[str, Any]) -> Series:
    alike = (frozenset(entry["affects"]), entry["says"], entry["sure"], entry.get("give_or_take", 0))
    events = (Event(entry["name"], day["from"], day["to"], *alike) for day in entry["dates"])
    return Series(entry["name"], tuple(events), entry["until"], entry["source"])


def events() -> list[Event]:
    """Every event of the file, the earliest first."""
    return sorted((event for one in series() for event in one.events), key=lambda event: event.starts)


def events_in(first: dt.date, last: dt.date) -> list[Event]:
    """What falls on days from `first` to `last`: from the file, bank holidays, and clocks that change."""
    days = [first + DAY * number for number in range((last - first).days + 1)]
    reckoned = [event for day in days for event in (*_bank_holiday(day), *_clock_change(day))]
    return [event for event in events() if event.meets(first, last)] + reckoned


def _bank_holiday(day: dt.date) -> list[Event]:
    if day.weekday() > 4 or hours.is_working_day(day):
        return []
    return [Event("Bank holiday", day, day, frozenset(), "no text or e-mail goes out and nobody is rung")]


def _clock_change(day: dt.date) -> list[Event]:
    before, after = (
        dt.datetime.combine(when, dt.time(), clock.LONDON).utcoffset() or dt.timedelta()
        for when in (day, day + DAY)
    )
    if before == after:
        return []
    way = "forward" if after > before else "back"
    return [Event(f"Clocks go {way}", day, day, frozenset(), "times agreed for calls are by the new time")]


def clashes_on(days: Iterable[dt.date], channel: str) -> list[str]:
    """What a sending by `channel` on `days` meets, in sentences: itself, and the calls that come of it."""
    own, later = clashes(days, channel)
    ahead = f"In {CALLS_FROM} to {CALLS_TO} days, when people ring or are rung: "
    return [event.sentence for event in own] + [ahead + event.sentence for event in later]


def clashes(days: Iterable[dt.date], channel: str) -> tuple[list[Event], list[Event]]:
    """What a sending by `channel` on `days` meets; and what, besides, the calls meet that come of it."""
    days, known = list(days), events()
    own = [event for event in known if channel in event.affects and _is_met(event, days, 0, 0)]
    others = [event for event in known if "call" in event.affects and event not in own]
    later = [event for event in others if _is_met(event, days, CALLS_FROM, CALLS_TO)]
    return own, ([] if channel == "call" else later)


def _is_met(event: Event, days: Collection[dt.date], first: int, last: int) -> bool:
    return any(event.meets(day + first * DAY, day + last * DAY) for day in days)


def not_known(last: dt.date) -> list[str]:
    """Of what we have no dates up to `last`, each with the day after which there are none."""
    known = [(one.name, one.until) for one in series() if one.until < last]
    return [f"{name}: we have no dates after {in_words(until)}." for name, until in known]
