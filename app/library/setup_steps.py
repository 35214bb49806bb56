"""One step of a set-up's sequence: what may be said of it, read with its faults, kept, and read aloud."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.render import time_of_day

CHANNELS = ("text", "email", "letter", "call")
TEMPLATE_KINDS = {"text": "text", "email": "e-mail", "letter": "letter", "call": "call script"}
CHANNEL_WORDS = {"text": "Text", "email": "E-mail", "letter": "Letter", "call": "Call"}
# Whom of those that the step before was for, each worded to follow "To" or "At once to".
WHO_WORDS = {
    "no answer": "those whom step {before} reached and who have not answered",
    "could not be reached": "those whom step {before} could not be sent to",
    "not delivered": "those whose step {before} could not be delivered",
}
WHO = tuple(WHO_WORDS)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
WEEKEND = ("Saturday", "Sunday")
PARTS = (
    *("name", "channel", "template", "after_days", "until_days", "working_days"),
    *("who", "weekdays", "opens", "closes", "per_day"),
)
HANDED_OVER = frozenset({"letter"})  # leaves when somebody hands it over, whatever the day and hour
MOST_DAYS = 365
MOST_PER_DAY = 10_000

Fault = Callable[[str], None]


@dataclass(frozen=True)
class SetupStep:
    """One step of reaching people, with the name of the library item that it sends.

    `after_days` to `until_days` (open where None) count from the day the step before reached the person.
    Empty `who` is all who have not answered, empty `weekdays` (0 is Monday) every working day, and without
    `opens` and `closes` the PCN's own hours hold.
    """

    name: str
    channel: str
    template: str
    after_days: int
    until_days: int | None = None
    working_days: bool = False
    who: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    opens: dt.time | None = None
    closes: dt.time | None = None
    per_day: int | None = None

    @property
    def template_kind(self) -> str:
        """The kind of library item that the step sends."""
        return TEMPLATE_KINDS[self.channel]

    def aloud(self, position: int) -> str:
        """Whom the step is for and when, in sentences; `position` counts from 1."""
        return step_aloud(self, position)

    @property
    def as_json(self) -> dict[str, Any]:
        """The step as a programme keeps it: what is not said is left out."""
        said = {
            "until_days": self.until_days,
            "working_days": self.working_days or None,
            "who": list(self.who) or None,
            "weekdays": [WEEKDAYS[day] for day in self.weekdays] or None,
            "opens": f"{self.opens:%H:%M}" if self.opens else None,
            "closes": f"{self.closes:%H:%M}" if self.closes else None,
            "per_day": self.per_day,
        }
        always = {"name": self.name, "channel": self.channel, "template": self.template}
        told = {part: value for part, value in said.items() if value is not None}
        return always | {"after_days": self.after_days} | told


def read_step(entry: dict[str, Any], name: str, template: str, first: bool, fault: Fault) -> SetupStep:
    """The step that `entry` describes; `fault` is told of whatever must be put right in it.

    Of the first step nothing may be said that counts from the step before.
    """
    for part in sorted(str(key) for key in entry if key not in PARTS):
        fault(f"take out {part}: a step has no such part")
    channel = entry.get("channel")
    if channel not in CHANNELS:
        fault("write channel: text, email, letter or call")
    step = SetupStep(name, str(channel), template, *_days(entry, fault), *_limits(entry, fault))
    if first and (step.after_days or step.until_days or step.working_days or step.who):
        fault("write after_days: 0 and no until_days, working_days or who: no step comes before the first")
    if step.channel in HANDED_OVER and (step.weekdays or step.opens or step.closes):
        fault("take out weekdays, opens and closes: a letter leaves when somebody hands it over")
    return step


def _days(entry: dict[str, Any], fault: Fault) -> tuple[int, int | None, bool]:
    after, working = _number(entry.get("after_days"), 0, MOST_DAYS), entry.get("working_days")
    until = _number(entry.get("until_days"), after or 0, MOST_DAYS)
    if after is None:
        fault(f"write after_days as a number from 0 to {MOST_DAYS}")
    if until is None and entry.get("until_days") is not None:
        fault(f"write until_days as a number from after_days to {MOST_DAYS}, or leave it out")
    if working is not None and not isinstance(working, bool):
        fault("write working_days: true or false")
    return after or 0, until, working is True


def _limits(entry: dict[str, Any], fault: Fault) -> tuple[Any, ...]:
    opens, closes = _time(entry, "opens", fault), _time(entry, "closes", fault)
    if opens and closes and opens >= closes:
        fault("write opens as a time before closes")
    most = _number(entry.get("per_day"), 1, MOST_PER_DAY)
    if most is None and entry.get("per_day") is not None:
        fault(f"write per_day as a number from 1 to {MOST_PER_DAY:,}, or leave it out")
    return _who(entry, fault), _weekdays(entry, fault), opens, closes, most


def _number(value: Any, least: int, most: int) -> int | None:
    """`value` where it is a whole number within the limits."""
    fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    return value if fits else None


def _listed(entry: dict[str, Any], part: str) -> list[str] | None:
    """The words of a list, None where it is none."""
    value = entry.get(part)
    listed = [] if value is None else value
    return listed if isinstance(listed, list) and all(isinstance(one, str) for one in listed) else None


def _who(entry: dict[str, Any], fault: Fault) -> tuple[str, ...]:
    listed = _listed(entry, "who")
    if listed is None or not set(listed) <= set(WHO):
        fault(f"write who as a list out of {', '.join(WHO)}")
        return ()
    return narrowed(listed, WHO)


def _weekdays(entry: dict[str, Any], fault: Fault) -> tuple[int, ...]:
    listed = _listed(entry, "weekdays")
    weekend = [day for day in WEEKEND if day in (listed or ())]
    if weekend:
        fault(f"take out {' and '.join(weekend)} of weekdays: nobody is texted, e-mailed or rung at weekends")
    elif listed is None or not set(listed) <= set(WEEKDAYS):
        fault(f"write weekdays as a list out of {', '.join(WEEKDAYS)}")
    else:
        return tuple(WEEKDAYS.index(day) for day in narrowed(listed, WEEKDAYS))
    return ()


def narrowed(chosen: Sequence[str], out_of: Sequence[str]) -> tuple[str, ...]:
    """Those of `out_of` that were chosen, in its order; none where all were, which narrows nothing."""
    kept = tuple(one for one in out_of if one in chosen)
    return () if len(kept) == len(out_of) else kept


def _time(entry: dict[str, Any], part: str, fault: Fault) -> dt.time | None:
    value = entry.get(part)
    if value is None:
        return None
    read = time_of(value) if isinstance(value, str) else None
    if read is None:  # without quotes YAML takes 9:00 for a number
        fault(f'write {part} as a time in quotes, such as "09:00"')
    return read


def time_of(written: str) -> dt.time | None:
    """A time of day written as 9:00 or 17:30; None where it is none.

    >>> time_of("9:00"), time_of("24:00"), time_of("nine")
    (datetime.time(9, 0), None, None)
    """
    hours, colon, minutes = written.strip().partition(":")
    digits = hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit()
    if not (colon and digits and len(hours) <= 2 and len(minutes) == 2):
        return None
    return dt.time(int(hours), int(minutes)) if int(hours) < 24 and int(minutes) < 60 else None


def step_aloud(step: SetupStep, position: int) -> str:
    """Whom a step is for and when, in sentences; `position` counts from 1.

    >>> ring = SetupStep("Ring", "call", "Script", 5, 7, working_days=True, who=("no answer",), per_day=40)
    >>> step_aloud(ring, 2)
    'Call on working day 5 to 7 after step 1 reached them, to those who have not answered. At most 40 a day.'
    """
    channel = CHANNEL_WORDS[step.channel]
    if position == 1:
        return " ".join((f"{channel} to everybody whose practice has released its people.", *_narrower(step)))
    before = position - 1
    others = [WHO_WORDS[who].format(before=before) for who in step.who if who != "no answer"]
    said = []
    if not step.who or "no answer" in step.who:
        said.append(f"{channel} {_when(step, before)}, to those who have not answered.")
    if not step.who:
        others = [f"those whom step {before} could not reach"]
    if others:
        said.append(f"{'At once' if said else channel + ' at once'} to {' and '.join(others)}.")
    return " ".join((*said, *_narrower(step)))


def hours_missed(step: SetupStep, opens: dt.time, closes: dt.time, latest: dt.time) -> str:
    """What is not so of the hours that a step names, where it goes out from `opens` to `closes`, or until
    `latest` where a step asks for it.

    Empty where it goes out in all of its hours. Hours of which nothing is left are not heeded.

    >>> early = SetupStep("Early", "text", "Text", 0, opens=dt.time(7), closes=dt.time(8))
    >>> hours_missed(early, dt.time(9), dt.time(18), dt.time(18))
    'names 7am to 8am, of which nothing is left within 9am to 6pm. It goes out from 9am to 6pm instead'
    """
    first, last = step.opens or opens, step.closes or closes
    if opens <= first < last <= latest:
        return ""
    within = max(first, opens), min(last, latest)
    if within[0] < within[1]:
        return f"names {_span(first, last)}. It goes out from {_span(*within)} only"
    said, ours = _span(first, last) if first < last else " ".join(_times(step)), _span(opens, closes)
    return f"names {said}, of which nothing is left within {ours}. It goes out from {ours} instead"


def _span(first: dt.time, last: dt.time) -> str:
    return f"{time_of_day(first)} to {time_of_day(last)}"


def _when(step: SetupStep, before: int) -> str:
    working, reached = "working " if step.working_days else "", f"after step {before} reached them"
    if step.until_days is not None:
        until = f" to {step.until_days}" if step.until_days > step.after_days else ""
        return f"on {working}day {step.after_days}{until} {reached}"
    if step.after_days:
        return f"{step.after_days} {working}day{'' if step.after_days == 1 else 's'} {reached}"
    return f"as soon as step {before} has reached them"


def _narrower(step: SetupStep) -> list[str]:
    parts = [part for part in (_days_aloud(step.weekdays), " ".join(_times(step))) if part]
    said = [f"Only {', '.join(parts)}."] if parts else []
    return [*said, f"At most {step.per_day:,} a day."] if step.per_day else said


def _times(step: SetupStep) -> list[str]:
    opens = [f"from {time_of_day(step.opens)}"] if step.opens else []
    return opens + ([f"until {time_of_day(step.closes)}"] if step.closes else [])


def _days_aloud(days: tuple[int, ...]) -> str:
    """ "on Mondays", "Monday to Wednesday", "on Mondays and Fridays"; empty for every working day."""
    if not days:
        return ""
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{WEEKDAYS[days[0]]} to {WEEKDAYS[days[-1]]}"
    names = [f"{WEEKDAYS[day]}s" for day in days]
    return f"on {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f"on {names[0]}"
