"""The weeks to come of a programme: how many people each step will have at most, and what falls into them."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app import clock
from app.cohorts import showing
from app.cohorts.showing import Count
from app.outreach import calendar, turns
from app.outreach.calendar import DAY, Event
from app.outreach.forecast import Pace, Turns, forecast
from app.outreach.models import Blackout, Step
from app.outreach.sequence import Place, Where
from app.outreach.steps import steps_of
from app.programmes.models import Programme
from tenants.db import db

WEEKS = 6
NO = {"text": "no texts", "email": "no e-mails", "letter": "no letters", "call": "no calls"}


@dataclass(frozen=True)
class Planned:
    """How many people a step has in a week, at most."""

    step: Step
    people: Count


@dataclass(frozen=True)
class Week:
    """The days from `first` to `last`, what is planned on them, and what they meet."""

    first: dt.date
    last: dt.date
    planned: list[Planned]
    clashes: list[Event]
    others: list[Event]

    @property
    def days(self) -> str:
        """ "7 to 13 December 2026"."""
        return calendar.span(self.first, self.last)


@dataclass(frozen=True)
class Coming:
    """The weeks; how things stand now; and what the page has to say about both.

    `now` and `in_batches` are by step, `undecided` have still to be released or screened, `held_back` are
    held back for now, `afterwards` have their step on a day after these weeks (most of them have asked not to
    be asked before it): none of them are counted in the weeks. `unknown` says of what there are no dates.
    """

    weeks: list[Week]
    now: list[Planned]
    in_batches: list[Planned]
    undecided: Count
    held_back: Count
    afterwards: Count
    met: list[Event]
    unknown: list[str]


def coming_of(programme: Programme) -> Coming:
    """What the next weeks hold, from today (at a weekend, from Monday) to a Sunday."""
    steps, days = steps_of(programme), _days(clock.today())
    places = [place for _, place in turns.everybody(programme, steps)]
    quiet, left = _quiet_days(days[0], days[-1]), turns.left_today(steps)
    going = forecast([_pace(step) for step in steps], _turns(places, days[0]), days, _is_quiet(quiet), left)
    weeks = [_week(steps, going, week, quiet) for week in _weeks(days)]
    at = Counter((place.where, place.position) for place in places)
    of = Counter(place.where for place in places)
    return Coming(
        weeks,
        now=[_planned(step, at[Where.DUE, step.position]) for step in steps],
        in_batches=[_planned(step, at[Where.WAITING, step.position]) for step in steps],
        undecided=showing.alone(of[Where.UNDECIDED]),
        held_back=showing.alone(of[Where.HELD_BACK]),
        afterwards=showing.alone(sum(_is_after(place, days[-1]) for place in places)),
        met=_once(event for week in weeks for event in (*week.clashes, *week.others)),
        unknown=calendar.not_known(days[-1]),
    )


def _is_after(place: Place, last: dt.date) -> bool:
    return place.where is Where.LATER and place.on is not None and place.on > last


def _days(today: dt.date) -> list[dt.date]:
    first = today if today.weekday() < 5 else today + DAY * (7 - today.weekday())
    last = first + DAY * (6 - first.weekday() + 7 * (WEEKS - 1))
    return [first + DAY * number for number in range((last - first).days + 1)]


def _turns(places: Iterable[Place], first: dt.date) -> Turns:
    """How things stand: who waits in a batch or is due has the step on the first day, others on theirs."""
    stand: Turns = Counter()
    for place in places:
        if place.position is not None and place.where in (Where.WAITING, Where.DUE, Where.LATER):
            later = place.on if place.where is Where.LATER else None
            stand[place.position, max(later or first, first)] += 1
    return stand


def _pace(step: Step) -> Pace:
    days, who = frozenset(step.weekdays or ()), frozenset(step.who or ())
    working = bool(step.working_days)
    return Pace(step.position, step.channel, step.after_days, working, who, days, step.per_day)


def _quiet_days(first: dt.date, last: dt.date) -> list[Event]:
    """The PCN's own quiet days. Unlike all else in the calendar they keep messages back."""
    statement = select(Blackout).where(
        Blackout.removed_at.is_(None), Blackout.starts_on <= last, Blackout.ends_on >= first
    )
    rows = db.session.scalars(statement.order_by(Blackout.starts_on, Blackout.id))
    return [_event(row) for row in rows]


def _event(row: Blackout) -> Event:
    shut = ", ".join(words for channel, words in NO.items() if channel in row.channels)
    name = f"Quiet days ({row.why})"
    return Event(name, row.starts_on, row.ends_on, frozenset(row.channels), f"{shut} in any programme")


def _is_quiet(quiet: Sequence[Event]) -> Callable[[dt.date, str], bool]:
    return lambda day, channel: any(channel in one.affects and one.meets(day, day) for one in quiet)


def _weeks(days: Sequence[dt.date]) -> list[list[dt.date]]:
    """The days by their weeks, of which the first has begun."""
    weeks: dict[dt.date, list[dt.date]] = {}
    for day in days:
        weeks.setdefault(day - DAY * day.weekday(), []).append(day)
    return list(weeks.values())


def _week(
    steps: Sequence[Step], going: Counter[tuple[dt.date, int]], days: list[dt.date], quiet: list[Event]
) -> Week:
    first, last = days[0], days[-1]
    planned, clashes = [], []
    for step in steps:
        own = [day for day in days if going[day, step.position]]
        if own:
            planned.append(_planned(step, sum(going[day, step.position] for day in own)))
            clashes += [event for met in calendar.clashes(own, step.channel) for event in met]
    ours = [event for event in quiet if event.meets(first, last)]
    others = [event for event in calendar.events_in(first, last) if event not in clashes]
    return Week(first, last, planned, _once(clashes), ours + others)


def _once(events: Iterable[Event]) -> list[Event]:
    return sorted(dict.fromkeys(events), key=lambda event: (event.starts, event.name))


def _planned(step: Step, people: int) -> Planned:
    return Planned(step, showing.alone(people))
