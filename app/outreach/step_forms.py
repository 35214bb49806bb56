"""Forms for one step of a programme's sequence: what goes out, to whom, when, and at what pace."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any

from wtforms import Field, HiddenField
from wtforms.validators import Length, Optional, ValidationError

from app.fields import Form, Needed, radio_field, select_field, text_field, ticks_field
from app.library.setup_steps import (
    CHANNEL_WORDS,
    HANDED_OVER,
    MOST_DAYS,
    MOST_PER_DAY,
    WEEKDAYS,
    WHO,
    WHO_WORDS,
    SetupStep,
    narrowed,
)
from app.outreach import call_times
from app.outreach.step_changes import Pace
from app.render import time_of_day
from tenants.models import PcnSettings

TIME = re.compile(r"(\d{1,2})(?:[:.]?(\d{2}))?\s*([ap]m)?", re.ASCII)
ORDER = (
    *("name", "template", "who", "after_days", "until_days", "count"),
    *("weekdays", "opens", "closes", "per_day"),
)
LONGEST_NUMBER = 9  # digits
DAYS = (("all", "Every day"), ("working", "Working days only"))


class PaceForm(Form):
    """On which days and at what hours a step goes out, and how many a day."""

    ours = (dt.time.min, dt.time.max)  # within which anything goes out at all
    seen = HiddenField()
    weekdays = ticks_field(
        "On which days does it go out?",
        tuple((day, day) for day in WEEKDAYS),
        Needed("Choose at least one day"),
        hint="Never on a bank holiday or one of your quiet days.",
    )
    opens = text_field("Earliest time of day (optional)", Optional(), width="5")
    closes = text_field("Latest time of day (optional)", Optional(), width="5")
    per_day = text_field(
        "At most how many a day? (optional)",
        Optional(),
        hint="Who is too many today comes on the next day. Leave empty for no limit.",
        width="5",
        inputmode="numeric",
    )

    def __iter__(self) -> Iterator[Field]:
        """The fields in the order of the page, so that its errors are told in this order too."""
        return iter(sorted(super().__iter__(), key=lambda field: (*ORDER, field.name).index(field.name)))

    def fill(self, channel: str, own: PcnSettings) -> None:
        """Ask what can be asked of a step of that channel, in a PCN with these hours."""
        if channel in HANDED_OVER:
            del self.weekdays, self.opens, self.closes
            return
        ours = (call_times.OPENS, call_times.CLOSES) if channel == "call" else (own.send_from, own.send_until)
        whose = "the hours for calls" if channel == "call" else "your PCN’s own hours"
        self.ours, (opens, closes) = ours, map(time_of_day, ours)
        self.opens.description = f"For example, 9:30. Leave empty for {whose}, from {opens}."
        self.closes.description = f"Leave empty for {whose}, until {closes}."
        if channel == "call":
            self.weekdays.label.text = "On which days do people come on the call list?"
            latest = time_of_day(call_times.CLOSES_IF_ASKED)
            self.closes.description += f" After that, and until {latest}, only those who ask for it are rung."

    def show(self, step: SetupStep) -> None:
        """Put in what the step says now."""
        days = [WEEKDAYS[day] for day in step.weekdays] or list(WEEKDAYS)
        shown = {"weekdays": days, "per_day": "" if step.per_day is None else str(step.per_day)}
        times = {"opens": step.opens, "closes": step.closes}
        _put(self, shown | {part: f"{time:%-H:%M}" if time else "" for part, time in times.items()})

    def pace(self) -> Pace:
        """What was entered, once it is valid."""
        days = narrowed(self.weekdays.data or [], WEEKDAYS) if self.weekdays else ()
        opens, closes = (time_entered(field.data) if field else None for field in (self.opens, self.closes))
        return Pace(tuple(WEEKDAYS.index(day) for day in days), opens, closes, _number(self.per_day))

    def validate_opens(self, field: Field) -> None:
        """A time of day before we close: else our own hours would hold, and the step would say otherwise."""
        opens = time_entered(field.data)
        if opens is None:
            raise ValidationError("Enter the time from which it goes out, such as 9:30")
        if opens >= self.ours[1]:
            raise ValidationError(f"Enter a time before {time_of_day(self.ours[1])}, when your hours end")

    def validate_closes(self, field: Field) -> None:
        """A time of day after the one from which it goes out, and after we open."""
        closes, opens = time_entered(field.data), time_entered(self.opens.data)
        if closes is None:
            raise ValidationError("Enter the time until which it goes out, such as 17:00")
        if opens and opens >= closes:
            raise ValidationError("The latest time must be after the earliest time")
        if closes <= self.ours[0]:
            raise ValidationError(f"Enter a time after {time_of_day(self.ours[0])}, when your hours begin")

    def validate_per_day(self, field: Field) -> None:
        """A whole number."""
        _check_number(field, 1, MOST_PER_DAY)


class StepForm(PaceForm):
    """A whole step. The channel is chosen before and stays."""

    name = text_field(
        "What do you call this step?",
        Needed("Enter a name for the step"),
        Length(max=100, message="The name must be 100 characters or fewer"),
        hint="For example: first letter",
    )
    template = select_field("What is sent?", (), Needed("Choose what is sent"))
    who = ticks_field(
        "Whom is it for?",
        (),
        Needed("Choose whom it is for"),
        hint="Whoever has answered or opted out is never in it. Whom it is not for goes on to the next step.",
    )
    after_days = text_field(
        "How many days after the step before?",
        Needed("Enter after how many days it is due"),
        hint="Counted from the day on which that step reached the person. 0 is the same day.",
        width="3",
        inputmode="numeric",
    )
    until_days = text_field(
        "At the latest how many days after? (optional)",
        Optional(),
        hint="Whoever is contacted later than this is shown as late. Nobody is left out.",
        width="3",
        inputmode="numeric",
    )
    count = radio_field("Which days count?", DAYS, Needed("Choose which days count"), default="all")

    def ask(self, channel: str, position: int, templates: Mapping[str, bool], own: PcnSettings) -> None:
        """Ask what can be asked of the step at `position`; `templates` says by name which are approved."""
        self.fill(channel, own)
        named = CHANNEL_WORDS[channel].lower()
        self.template.label.text = "Which call script?" if channel == "call" else f"Which {named}?"
        listed = [
            (name, name if ready else f"{name} (not approved yet)") for name, ready in templates.items()
        ]
        self.template.choices = [("", "Choose"), *listed]
        if position == 1:
            del self.who, self.after_days, self.until_days, self.count
            return
        words = [WHO_WORDS[who].format(before=position - 1) for who in WHO]
        self.who.choices = [(who, said[0].upper() + said[1:]) for who, said in zip(WHO, words, strict=True)]

    def show(self, step: SetupStep) -> None:
        """Put in what the step says now."""
        super().show(step)
        shown: dict[str, Any] = {"name": step.name, "template": step.template}
        shown |= {"after_days": str(step.after_days), "count": "working" if step.working_days else "all"}
        shown |= {"until_days": "" if step.until_days is None else str(step.until_days)}
        _put(self, shown | {"who": list(step.who or WHO)})

    def said(self, channel: str) -> SetupStep:
        """What was entered, once it is valid."""
        pace, first = vars(self.pace()), self.who is None
        step = SetupStep(str(self.name.data), channel, str(self.template.data), 0, **pace)
        if first:
            return step
        days = (_number(self.after_days) or 0, _number(self.until_days), self.count.data == "working")
        who = narrowed(self.who.data or [], WHO)
        return SetupStep(step.name, channel, step.template, *days, who, **pace)

    def validate_after_days(self, field: Field) -> None:
        """A whole number of days."""
        _check_number(field, 0, MOST_DAYS)

    def validate_until_days(self, field: Field) -> None:
        """A whole number of days, not before the first."""
        _check_number(field, 0, MOST_DAYS)
        after = str(self.after_days.data)
        if after.isdecimal() and len(after) <= LONGEST_NUMBER and int(field.data) < int(after):
            raise ValidationError("The latest day must be the same as or after the first")


def time_entered(written: str | None) -> dt.time | None:
    """A time of day as people write it; None where it is none.

    >>> time_entered("9"), time_entered("9.30am"), time_entered("5pm"), time_entered("25")
    (datetime.time(9, 0), datetime.time(9, 30), datetime.time(17, 0), None)
    """
    found = TIME.fullmatch((written or "").strip().lower())
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + (12 if half == "pm" else 0) if half else hour
    return dt.time(hour, minute) if hour < 24 and minute < 60 else None


def _put(form: Form, shown: Mapping[str, Any]) -> None:
    for name, value in shown.items():
        if name in form:
            form[name].data = value


def _number(field: Field) -> int | None:
    return int(field.data) if field.data else None


def _check_number(field: Field, least: int, most: int) -> None:
    written = str(field.data)
    short = len(written) <= LONGEST_NUMBER
    if not (short and written.isascii() and written.isdigit()) or not least <= int(written) <= most:
        raise ValidationError(f"Enter a whole number from {least} to {most:,}")
