"""What is measured in a conversation, and which values cannot wait.

Units, limits and conversions are those of coded values (`people/codes.py`). The limits catch slips of the
hand; they say nothing about anybody's health. Red flags are shown as published.
"""

from dataclasses import dataclass
from decimal import Decimal

from app.people.codes import MEASURES, Measure, in_its_unit

INSTRUMENTS: dict[str, Measure] = {
    "weight": MEASURES["27113001"],
    "height": MEASURES["50373000"],
    "systolic": MEASURES["271649006"],
    "diastolic": MEASURES["271650006"],
    "HbA1c": MEASURES["999791000000106"],
}

# What is measured together, and so is also left out together: name → instruments.
GROUPS: dict[str, tuple[str, ...]] = {
    "weight": ("weight",),
    "height": ("height",),
    "blood pressure": ("systolic", "diastolic"),
    "HbA1c": ("HbA1c",),
}

NOT_DONE = (
    "they did not want to be measured",
    "no equipment or space today",
    "measured elsewhere in the last month",
    "not suitable today",
)


@dataclass(frozen=True)
class SameDay:
    """From which blood pressure on a clinician assesses the person the same day (mmHg)."""

    systolic: Decimal
    diastolic: Decimal
    source: str


SAME_DAY = SameDay(Decimal(180), Decimal(120), "NICE NG136, as in domain.md 2.6")


def needs_assessment_today(systolic: Decimal | None, diastolic: Decimal | None) -> bool:
    """Whether a blood pressure (mmHg) is 180/120 or more in either part. Source: NICE NG136.

    >>> needs_assessment_today(Decimal(150), Decimal(120))
    True
    """
    return (systolic or Decimal()) >= SAME_DAY.systolic or (diastolic or Decimal()) >= SAME_DAY.diastolic


def name_of(key: str) -> str:
    """An instrument's name as a sentence begins with it."""
    return INSTRUMENTS[key].name[0].upper() + INSTRUMENTS[key].name[1:]


def read(key: str, value: Decimal, unit: str = "") -> Decimal:
    """`value` in the instrument's own unit. Raises ValueError with an instruction where it cannot be true."""
    measure = INSTRUMENTS[key]
    kept = in_its_unit(measure, value, unit)
    if measure.plausible(kept):
        return kept
    if unit == "%":
        raise ValueError(f"Check the HbA1c: {value}% cannot be right")
    wrong = f"{name_of(key)} must be between {measure.lowest} and {measure.highest} {measure.unit}"
    raise ValueError(f"{wrong}. If the result is in %, select %" if key == "HbA1c" else wrong)
