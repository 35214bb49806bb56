"""Fields for numbers that say plainly what cannot be read."""

from typing import Any

from wtforms import DecimalField, IntegerField
from wtforms.validators import NumberRange

from app.fields import NHS, Needed, Optional
from app.library.rule_parts import MOST_MONTHS

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


def whole_field(label: str, needed: str, most: int, *more: Any, hint: str = "") -> IntegerField:
    """A whole number from 0 to `most` that must be given; `needed` says so."""
    within = NumberRange(0, most, f"Enter a number from 0 to {most}")
    return _Whole(label, [Needed(needed), within, *more], description=hint, widget=NHS("input", **NARROW))


def decimal_field(label: str, hint: str) -> DecimalField:
    """A number from 0 to 1,000, or None where it is left empty."""
    within = NumberRange(0, 1000, "Enter a number from 0 to 1,000")
    look = NHS("input", **NARROW | {"inputmode": "decimal"})
    return _Decimal(label, [Optional(), within], description=hint, places=None, widget=look)


def months_field(label: str, hint: str) -> IntegerField:
    """How many months back something counts; None where it counts however old it is."""
    within = NumberRange(
        1, MOST_MONTHS, f"Enter a number of months from 1 to {MOST_MONTHS}, or leave it empty"
    )
    look = NHS("input", **NARROW, suffix="months")
    return _Whole(label, [Optional(), within], description=hint, widget=look)
