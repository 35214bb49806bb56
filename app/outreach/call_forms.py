"""The form of a call: what came of it."""

import datetime as dt
from typing import Any

from wtforms.validators import Length

from app import clock
from app.fields import (
    DateParts,
    Needed,
    OnceForm,
    Optional,
    StopValidation,
    ValidationError,
    radio_field,
    select_field,
    text_field,
    ticks_field,
)
from app.outreach import call_times, hours, quiet
from app.outreach.call_models import ALERTS, BARRIERS, OUTCOMES
from app.outreach.call_outcomes import ASKS_BARRIER, TRY_AGAIN
from app.render import date, time_of_day

IDENTITY = ("full name", "date of birth", "address or postcode")
# Those after which a day to ring again makes sense.
RINGS_AGAIN = TRY_AGAIN | {"spoke: wants time"}
NOT_SPOKEN_TO = TRY_AGAIN | {"wrong number", "number dead", "deceased reported"}
MAY_SAY_NEVER = frozenset({"spoke: declined", "asked not to be contacted"})
MUST_SAY = frozenset(ALERTS) - {"deceased reported", "moved away"}


def times_of_day() -> list[tuple[str, str]]:
    """Each part of a day and each half hour at which a call can be agreed, in words."""
    parts = [
        (part, part.removeprefix("in the ").removeprefix("at ").capitalize()) for part in call_times.SLOTS
    ]
    clocks = [(half, _half_hour(dt.time.fromisoformat(half))) for half in call_times.HALF_HOURS]
    return [*parts[-1:], *parts[:-1], *clocks]


def _half_hour(time: dt.time) -> str:
    asked = " (only if they asked for it)" if time >= call_times.CLOSES else ""
    return f"{time_of_day(time)}{asked}"


class NeededAfter:
    """The field must be filled in after some outcomes of a call; the message is an instruction."""

    def __init__(self, outcomes: set[str], message: str) -> None:
        self.outcomes = outcomes
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        if form.outcome.data in self.outcomes and not field.raw_data:
            field.errors = []
            raise StopValidation(self.message)


def check_day(field: Any) -> None:
    """A day to ring is not over, and one on which we ring."""
    if field.data and field.data < clock.today():
        raise StopValidation("The day to ring again must be today or later")
    if field.data and not hours.is_working_day(field.data):
        raise StopValidation("Choose a day to ring again that is not at a weekend or a bank holiday")
    if field.data and hours.quiet_until(quiet.for_calls(), field.data):
        raise StopValidation(
            f"Choose another day to ring again: {date(field.data)} is one of your PCN’s quiet days"
        )


class CallForm(OnceForm):
    """What came of ringing somebody."""

    identity = ticks_field(
        "What did they tell you correctly?",
        [(item, item.capitalize()) for item in IDENTITY],
        hint="You need 2 of the 3 before you say anything about health or the programme.",
    )
    outcome = radio_field(
        "What came of the call?",
        [(o, o.capitalize()) for o in OUTCOMES],
        Needed("Choose what came of the call"),
    )
    barrier = select_field(
        "What stood in the way?",
        [("", "Choose one"), *((barrier, barrier.capitalize()) for barrier in BARRIERS)],
        hint="If they said no or want time.",
    )
    never = radio_field(
        "If they said no, may we ask again?",
        [("no", "Yes, another time"), ("yes", "No, do not ask again in this programme")],
        NeededAfter({"spoke: declined"}, "Choose whether we may ask again"),
        Optional(),
        hint="Nobody rings them again by itself. If they name a day, choose “Spoke: wants time” instead.",
    )
    call_back_on = DateParts(
        "Ring again on",
        [NeededAfter({"spoke: wants time"}, "Enter the day on which you agreed to ring again"), Optional()],
        description="If you agreed a day, like 14 3 2027.",
    )
    call_back_time = select_field("At what time?", times_of_day, hint="If you agreed a day.")
    note = text_field(
        "Note",
        Length(max=1000, message="Make the note 1,000 characters or fewer"),
        hint="What the next person who rings needs to know; after a concern, what you heard.",
        component="textarea",
        rows=3,
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**({"call_back_time": call_times.ANY} | given))

    def validate_identity(self, field: Any) -> None:
        """Somebody whom we have spoken to was known to be the person."""
        if str(self.outcome.data).startswith("spoke") and len(field.data or []) < 2:
            raise ValidationError("Tick at least 2 things that they told you correctly")

    def validate_barrier(self, field: Any) -> None:
        """Who says no or wants time is asked what stands in the way."""
        if self.outcome.data in ASKS_BARRIER and not field.data:
            raise ValidationError("Choose what stood in the way")
        if self.outcome.data in NOT_SPOKEN_TO and field.data:
            raise ValidationError("Leave this empty, because you did not speak to the person")

    def validate_never(self, field: Any) -> None:
        """Whoever wants not to be asked again has said no: it is never left aside."""
        if field.data == "yes" and self.outcome.data and self.outcome.data not in MAY_SAY_NEVER:
            raise ValidationError(
                "Choose “Spoke: declined” as what came of the call, or that we may ask again"
            )

    def validate_call_back_on(self, field: Any) -> None:
        """A day to ring again is to come, one on which we ring, and goes with what came of the call."""
        check_day(field)
        outcome = self.outcome.data
        if field.data and outcome == "interpreter needed":
            raise ValidationError(
                "Leave the day empty: on the next page you say when the interpreter is booked"
            )
        if field.data and outcome and outcome not in RINGS_AGAIN:
            raise ValidationError(
                f"Leave the day empty, because nobody rings again after “{outcome.capitalize()}”; or choose "
                "“Spoke: wants time”"
            )

    def validate_note(self, field: Any) -> None:
        """Who has to act on a concern must read what was heard."""
        if self.outcome.data in MUST_SAY and not field.data:
            raise ValidationError("Write what you heard, for those who have to act on it")

    def said(self) -> dict[str, Any]:
        """What was entered, as `calls.record` takes it."""
        again = self.outcome.data in RINGS_AGAIN and self.call_back_on.data is not None
        return {
            "outcome": self.outcome.data,
            "barrier": self.barrier.data or None,
            "identity": self.identity.data or [],
            "note": self.note.data or "",
            "call_back_on": self.call_back_on.data if again else None,
            "call_back_time": self.call_back_time.data if again else "",
            "never": self.never.data == "yes",
        }
