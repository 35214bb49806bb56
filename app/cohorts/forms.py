"""Forms of the cohort's pages."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from wtforms import DecimalField, IntegerField
from wtforms.validators import Length, NumberRange, ValidationError

from app.cohorts.release import BASES
from app.fields import NHS, DateParts, Form, Needed, NotAfterToday, radio_field, text_field, ticks_field
from app.library.cohort_rules import OLDEST, Age, Deprivation, LatestValue, Rule
from tenants.models import Practice

NARROW = {"classes": "nhsuk-input--width-4", "inputmode": "numeric"}


class _Whole(IntegerField):
    """A whole number; what is none gets one clear message."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number, or say what to enter."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Enter a whole number, like 40") from None


class _Decimal(DecimalField):
    """A number with or without decimals; what is none gets one clear message."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number, or say what to enter."""
        try:
            super().process_formdata(valuelist)
            if self.data is not None and not self.data.is_finite():
                raise ValueError
        except ValueError:
            self.data = None
            raise ValueError("Enter a number, like 30 or 27.5") from None


class DefinitionForm(Form):
    """The numbers of a definition's rules, and the day. `form_for` adds the fields of each rule."""

    on = DateParts(
        "Day on which people are counted",
        [
            Needed("Enter the day on which people are counted"),
            NotAfterToday("The day must not be in the future"),
        ],
        description="Ages and values are looked at as they were on this day. For example, 2 11 2026",
    )
    rules: Sequence[Rule] = ()

    def changed_rules(self) -> list[Rule]:
        """The rules with the numbers that were entered."""
        return [self._changed(rule, number) for number, rule in enumerate(self.rules)]

    def _changed(self, rule: Rule, number: int) -> Rule:
        match rule:
            case Age():
                return Age(self[f"from_{number}"].data, self[f"to_{number}"].data)
            case Deprivation():
                deciles = tuple(sorted(int(decile) for decile in self[f"deciles_{number}"].data))
                return Deprivation(rule.release, deciles)
            case LatestValue():
                return replace(rule, at_least=Decimal(self[f"at_least_{number}"].data))
            case _:
                return rule


def form_for(rules: Sequence[Rule], on: dt.date, formdata: Any = None, **options: Any) -> DefinitionForm:
    """The form of these rules. With `formdata` given it holds what was entered there."""
    fields = {name: field for number, rule in enumerate(rules) for name, field in _fields(rule, number)}
    made = type("DefinitionFormOfRules", (DefinitionForm,), {**fields, "rules": rules})
    data = {"on": on} | {name: value for n, rule in enumerate(rules) for name, value in _values(rule, n)}
    form: DefinitionForm = made(formdata, data=data, **options)
    return form


def _fields(rule: Rule, number: int) -> Iterable[tuple[str, Any]]:
    match rule:
        case Age():
            yield f"from_{number}", _whole("Age from", "Enter the youngest age")
            yield f"to_{number}", _whole("Age to", "Enter the oldest age", _NotBelow(f"from_{number}"))
        case Deprivation():
            choices = [(str(n), f"{n}{' (most deprived)' if n == 1 else ''}") for n in range(1, 11)]
            label = f"Deprivation deciles (IMD {rule.release})"
            classes = {"classes": "nhsuk-checkboxes--small oast-columns"}
            yield (
                f"deciles_{number}",
                ticks_field(label, choices, Needed("Choose at least one decile"), **classes),
            )
        case LatestValue():
            yield (
                f"at_least_{number}",
                _Decimal(
                    f"Latest {rule.name}, at least",
                    [
                        Needed(f"Enter the lowest {rule.name}"),
                        NumberRange(0, 1000, "Enter a number from 0 to 1,000"),
                    ],
                    places=None,
                    widget=NHS("input", **NARROW | {"inputmode": "decimal"}),
                ),
            )


def _values(rule: Rule, number: int) -> Iterable[tuple[str, Any]]:
    match rule:
        case Age():
            yield from ((f"from_{number}", rule.start), (f"to_{number}", rule.end))
        case Deprivation():
            yield f"deciles_{number}", [str(decile) for decile in rule.deciles]
        case LatestValue():
            yield f"at_least_{number}", rule.at_least


def _whole(label: str, needed: str, *more: Any) -> IntegerField:
    within = NumberRange(0, OLDEST, f"Enter an age from 0 to {OLDEST}")
    return _Whole(label, [Needed(needed), within, *more], widget=NHS("input", **NARROW))


class _NotBelow:
    """The number must not be below that of another field."""

    def __init__(self, other: str) -> None:
        self.other = other

    def __call__(self, form: Any, field: Any) -> None:
        lowest = form[self.other].data
        if lowest is not None and field.data is not None and field.data < lowest:
            raise ValidationError(f"Enter {lowest} or more, or lower the youngest age")


def kept_values(form: DefinitionForm) -> list[tuple[str, str]]:
    """Names and values that, sent again, give the same form: what was tried and is to be saved."""
    day: dt.date = form.on.data
    kept = [("on-day", str(day.day)), ("on-month", str(day.month)), ("on-year", str(day.year))]
    for field in form:
        if field.name in ("on", "csrf_token"):
            continue
        values = field.data if isinstance(field.data, list) else [field.data]
        kept += [(field.name, str(value)) for value in values]
    return kept


class FreezeForm(Form):
    """A confirmation without fields."""


class ReleaseForm(Form):
    """Which of the person's own practices lets its people be contacted, and on what basis."""

    practice = radio_field("Practice", [], Needed("Choose the practice"))
    basis = radio_field("Basis", [(basis, basis) for basis in BASES], Needed("Choose the basis"))

    def of(self, practices: Sequence[Practice]) -> "ReleaseForm":
        """The form with the practices that may be chosen."""
        _choose(self.practice, practices)
        return self


class WithdrawForm(Form):
    """Which practice takes its release back, and why."""

    practice = radio_field("Practice", [], Needed("Choose the practice"))
    reason = text_field(
        "Why?",
        Needed("Enter why the release is taken back"),
        Length(max=500, message="The reason must be 500 characters or fewer"),
        component="textarea",
        rows="3",
    )

    def of(self, practices: Sequence[Practice]) -> "WithdrawForm":
        """The form with the practices that may be chosen."""
        _choose(self.practice, practices)
        return self


def _choose(field: Any, practices: Sequence[Practice]) -> None:
    field.choices = [(str(practice.id), practice.name) for practice in practices]
    if len(practices) == 1 and field.data is None:
        field.data = str(practices[0].id)
