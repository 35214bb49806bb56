"""How many people each step will have on each day to come, at most. Pure.

Reckoned as if every batch went out on the day on which it is due and reached everybody in it, and nobody
answered: so never fewer than there will be, but for those who are held back now and come back later.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from app.outreach import hours

DAY = dt.timedelta(days=1)
Turns = Counter[
    tuple[int, dt.date]
]  # people by the position of their step and the day since or on which it is theirs


class Pace(NamedTuple):
    """A step, as far as it bears on when it goes out and whom it passes on to."""

    position: int
    channel: str
    after_days: int = 0
    working_days: bool = False
    who: frozenset[str] = frozenset()
    weekdays: frozenset[int] = frozenset()
    per_day: int | None = None

    @property
    def is_for_reached(self) -> bool:
        """Whether it is for people whom the step before reached and who have not answered."""
        return not self.who or "no answer" in self.who

    def goes_out(self, day: dt.date) -> bool:
        """Whether it may go out on `day`, the PCN's quiet days aside."""
        return hours.next_working_day(day, self.weekdays or hours.ANY_DAY) == day


def forecast(
    paces: Sequence[Pace],
    turns: Turns,
    days: Sequence[dt.date],
    is_quiet: Callable[[dt.date, str], bool],
    left: Mapping[int, int],
) -> Counter[tuple[dt.date, int]]:
    """How many people go out with which step, by day and position, on `days`, which follow each other.

    `turns` is how things stand, `left` how many more the steps with a limit take on the first day.
    """
    pending, going = Counter(turns), Counter[tuple[dt.date, int]]()
    for day in days:
        for number, pace in enumerate(paces):
            if not pace.goes_out(day) or is_quiet(day, pace.channel):
                continue
            room = left.get(pace.position, pace.per_day) if day == days[0] else pace.per_day
            taken = _take(pending, pace.position, day, room)
            if taken:
                going[day, pace.position] += taken
                _pass_on(pending, paces[number + 1 :], day, taken)
    return going


def _take(pending: Turns, position: int, day: dt.date, room: int | None) -> int:
    """Take those whose turn it is off `pending`, at most `room`, the longest waiting first; how many."""
    taken = 0
    for key in sorted(key for key in pending if key[0] == position and key[1] <= day):
        some = pending[key] if room is None else min(pending[key], room - taken)
        pending[key] -= some
        taken += some
    return taken


def _pass_on(pending: Turns, later: Sequence[Pace], day: dt.date, people: int) -> None:
    """Those whom a step reached on `day` have the next step that is for such people."""
    for pace in later:
        if pace.is_for_reached:
            due = hours.days_after(day, pace.after_days, working=pace.working_days)
            pending[pace.position, due] += people
            return
