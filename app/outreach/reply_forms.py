"""The questions of the reply page. Whoever is asked answers once, so each page asks one thing."""

import datetime as dt
from typing import Any

from wtforms.validators import Length

from app.fields import Form, Needed, ValidationError, radio_field, text_field, ticks_field
from app.outreach.call_times import ANY, Offered
from app.render import time_of_day

LANGUAGE = "another language"


class ReplyForm(Form):
    """A question of the reply page: without a token, because the page needs no cookie (see `reply_views`)."""

    class Meta:
        csrf = False


class AnswerForm(ReplyForm):
    """The first question of the reply page."""

    answer = radio_field(
        "Would you like to talk to us?",
        [
            ("yes, call me", "Yes, call me"),
            ("yes, another way", "Yes, but I need it another way"),
            ("not now", "Not now, ask me later"),
            ("no thank you", "No thank you"),
        ],
        Needed("Choose one answer"),
        fieldset={"legend": {"size": "m"}},
    )


def _in_words(part: str, begins: dt.time, ends: dt.time) -> str:
    """A part of a day: "Morning (9am to midday)"."""
    return f"{part.split()[-1].capitalize()} ({time_of_day(begins)} to {time_of_day(ends)})"


class TimesForm(ReplyForm):
    """When a person would like to be called."""

    days = ticks_field("Which days are good for you?", [], hint="You can choose more than one, or none.")
    times = radio_field("What time of day?", [], Needed("Choose a time of day"))

    def offer(self, offered: Offered) -> None:
        """Ask for the days and times at which people are rung, and no others."""
        self.days.choices = [(day, day) for day in offered.days]
        parts = [part for part in offered.slots if part != ANY]
        self.times.choices = [(part, _in_words(part, *offered.slots[part])) for part in parts]
        if len(parts) > 1:
            self.times.choices.append((ANY, "Any time"))


class AnotherWayForm(ReplyForm):
    """How a person would like to hear from us."""

    ways = ticks_field(
        "What do you need?",
        [
            ("large print", "Large print"),
            (LANGUAGE, "Another language"),
            ("an interpreter", "Someone to translate or sign for me"),
            ("someone to speak for me", "Someone to speak for me"),
        ],
        Needed("Choose what you need"),
        hint="You can choose more than one.",
    )
    language = text_field(
        "Which language?",
        Length(max=40, message="Make the language 40 letters or fewer"),
        hint="Fill this in if you need another language. You can write it in your own language.",
        width="20",
        autocomplete="off",
    )

    def validate_language(self, field: Any) -> None:
        """Who needs another language is asked which."""
        if LANGUAGE in (self.ways.data or []) and not field.data:
            raise ValidationError("Write which language you need")

    @classmethod
    def of(cls, said: list[str]) -> "AnotherWayForm":
        """The form with what was said before."""
        named = [way.partition(": ")[2] for way in said if way.startswith(LANGUAGE)]
        return cls(ways=[way.partition(": ")[0] for way in said], language="".join(named))

    def said(self) -> list[str]:
        """What was ticked, the language named behind a colon; whoever names one needs it, ticked or not."""
        others = [way for way in self.ways.data or [] if way != LANGUAGE]
        return [*others, f"{LANGUAGE}: {self.language.data}"] if self.language.data else others


class LaterForm(ReplyForm):
    """When a person would like to be asked again."""

    months = radio_field(
        "When should we ask you again?",
        [("1", "In 1 month"), ("3", "In 3 months"), ("6", "In 6 months")],
        Needed("Choose when we should ask you again"),
    )
