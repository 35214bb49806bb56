"""Forms of the care room: search, the sections of a conversation, the plan."""

from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import Field, HiddenField, StringField

from app import clock
from app.care.instruments import INSTRUMENTS, NOT_DONE, name_of, read
from app.care.rules import TOPICS, groups_of
from app.fields import (
    NHS,
    DateParts,
    Form,
    Needed,
    NotAfterToday,
    Optional,
    Tick,
    ValidationError,
    radio_field,
    select_field,
    text_field,
)
from tenants.db import Json

YES_NO = (("yes", "Yes"), ("no", "No"))
SUPPORT_ANSWERS = (("wants", "Wants this"), ("offered", "Offered, still thinking"), ("not now", "Not now"))
FORMATS = ("standard", "large print", "easy read", "braille", "audio", "BSL video", "e-mail")


def ticked(message: str) -> Any:
    """A validator: the box must be ticked."""

    def check(form: Form, field: Field) -> None:  # noqa: ARG001 - as WTForms calls it
        if not field.data:
            raise ValidationError(message)

    return check


class SearchForm(Form):
    """Who is looked for. Sent as part of the address, so it carries no token."""

    class Meta(Form.Meta):
        csrf = False

    q = text_field(
        "NHS number or name",
        Needed("Enter an NHS number or a name"),
        hint="For example, 999 123 4567 or Harpreet",
    )


class WhoForm(Form):
    """That the person is who we think they are: two items."""

    name = Tick("They told me their full name, and it matches", [ticked("Tick when their name matches")])
    born = Tick(
        "They told me their date of birth, and it matches", [ticked("Tick when their date of birth matches")]
    )


class ConsentForm(Form):
    """Consent to talk and, apart from it, to be measured."""

    talk = radio_field(
        "Are they happy to talk with you now?", YES_NO, Needed("Select whether they are happy to talk")
    )
    measure = radio_field(
        "May you talk about weight, and take measurements?",
        YES_NO,
        Needed("Select whether you may take measurements"),
        hint="Ask before you talk about or measure weight (NICE NG246).",
    )

    def validate_talk(self, field: Field) -> None:
        """Without their yes there is no conversation."""
        if field.data == "no":
            raise ValidationError("Pause the conversation: it can only go on when they are happy to talk")


class MattersForm(Form):
    """What matters to the person."""

    what_matters = text_field(
        "What matters to them, in their own words",
        Needed("Enter what matters to them"),
        hint="For example: I want to play with my grandson without getting out of breath.",
        component="textarea",
        rows="4",
    )


class LifeForm(Form):
    """What else bears on their health. Nothing is compulsory."""


for _topic, _label in TOPICS.items():
    setattr(LifeForm, _topic, text_field(_label, component="textarea", rows="2"))


class ValueField(StringField):
    """A measured value. `number` is it in the instrument's unit once the form was checked, or None."""

    number: Decimal | None = None


class Value:
    """A validator: the field holds a number that can be true, with a point or a comma, or nothing."""

    def __call__(self, form: Any, field: Any) -> None:
        field.number = None
        if not field.data:
            return
        key = str(field.short_name)
        try:
            typed = Decimal(field.data.replace(",", "."))
        except InvalidOperation:
            typed = Decimal("NaN")
        if not typed.is_finite():
            raise ValidationError(f"{name_of(key)} must be a number, like 72.5")
        try:
            field.number = read(key, typed, (form.unit.data or "") if key == "HbA1c" else "")
        except ValueError as error:
            raise ValidationError(str(error)) from None


class MeasurementForm(Form):
    """The values measured. Which fields there are, and which reasons are asked for, the programme decides."""

    measures: frozenset[str] = frozenset()
    taken_on = DateParts(
        "When were they measured?",
        [Needed("Enter the date they were measured"), NotAfterToday("The date must be today or in the past")],
        default=clock.today,
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Each value can be true, and the lower blood pressure is lower."""
        fine = bool(super().validate(extra_validators))
        upper, lower = self["systolic"], self["diastolic"]
        if upper.errors or lower.errors:
            return False
        if (upper.number is None) != (lower.number is None):
            empty = lower if lower.number is None else upper
            empty.errors = [f"Enter the {INSTRUMENTS[empty.short_name].name} too"]
            return False
        if upper.number is not None and lower.number >= upper.number:
            lower.errors = ["Diastolic blood pressure must be lower than systolic"]
            return False
        return fine

    def values(self) -> dict[str, Decimal]:
        """The values entered, by instrument, in the instrument's unit."""
        numbers = {key: self[key].number for key in INSTRUMENTS}
        return {key: number for key, number in numbers.items() if number is not None}

    def not_done(self) -> dict[str, str]:
        """Why a group was not measured, where nothing was entered for it."""
        entered = self.values()
        groups = groups_of(self.measures).items()
        return {
            name: self[f"not_done_{keys[0]}"].data
            for name, keys in groups
            if self[f"not_done_{keys[0]}"].data and not set(keys) <= set(entered)
        }


def measurement_form(measures: frozenset[str]) -> type[MeasurementForm]:
    """The form for a programme that measures `measures`."""
    fields: dict[str, Any] = {"measures": measures}
    for key, instrument in INSTRUMENTS.items():
        optional = "" if key in measures else " (optional)"
        look = NHS(
            "input",
            inputmode="decimal",
            classes="nhsuk-input--width-5",
            suffix=instrument.unit if key != "HbA1c" else "",
        )
        fields[key] = ValueField(f"{name_of(key)}{optional}", [Value()], widget=look)
    fields["unit"] = radio_field(
        "Unit of the HbA1c",
        (("mmol/mol", "mmol/mol"), ("%", "%")),
        Optional(),
        classes="nhsuk-radios--inline",
    )
    for name, keys in groups_of(measures).items():
        reasons = [("", "Select a reason"), *((reason, reason.capitalize()) for reason in NOT_DONE)]
        fields[f"not_done_{keys[0]}"] = select_field(f"If {name} was not measured, why?", reasons, Optional())
    return type("MeasurementForm", (MeasurementForm,), fields)


def support_form(menu: list[Json]) -> type[Form]:
    """The form with one question for each thing on a programme's menu of support."""
    fields = {
        f"offer_{number}": radio_field(
            str(offer["name"]), SUPPORT_ANSWERS, Optional(), hint=str(offer.get("description") or ""),
            classes="nhsuk-radios--inline",
        )
        for number, offer in enumerate(menu)
    }  # fmt: skip
    return type("SupportForm", (Form,), fields)


class FlagForm(Form):
    """That somebody was told of a blood pressure that cannot wait."""

    told = text_field(
        "Who did you tell, and what was agreed?", Needed("Enter who you told about the blood pressure")
    )


class PlanForm(Form):
    """The plan, apart from its goals. It may be saved half done."""

    what_matters = text_field("What matters to them, in their own words", component="textarea", rows="4")
    who_is_involved = text_field(
        "Who is involved", hint="The person, and anyone they want with them.", component="textarea", rows="2"
    )
    review_on = DateParts("When will you look at the plan together again?", [Optional()])
    copy_given_on = DateParts(
        "When were they given a copy?", [Optional(), NotAfterToday("The date must be today or in the past")]
    )
    copy_format = select_field("Format of the copy", [(name, name.capitalize()) for name in FORMATS])

    def validate_review_on(self, field: Field) -> None:
        """A review lies ahead."""
        if field.data and field.data < clock.today():
            raise ValidationError("The review date must be today or in the future")


class GoalForm(Form):
    """One goal and the first action towards it. Left empty it is no goal."""

    goal_id = HiddenField()
    words = text_field("Their goal, in their own words", component="textarea", rows="2")
    action = text_field("First action")
    action_by = text_field("Who does it?")
    by_when = DateParts("By when?", [Optional()])

    def is_empty(self) -> bool:
        """Whether nothing at all was entered."""
        return not (
            self.words.data or self.action.data or self.action_by.data or any(self.by_when.words or [])
        )

    def validate_words(self, field: Field) -> None:
        """An action belongs to a goal."""
        if not field.data and (self.action.data or self.action_by.data or self.by_when.data):
            raise ValidationError("Enter the goal in their own words")
