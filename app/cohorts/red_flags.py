"""Red flags: values that somebody looks at before anything else happens. Data with sources, and who has one.

A flag says what the published guidance says is done, and nothing about the treatment of a person. Thresholds
are signed off by a named clinician before live use (domain.md, marking).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.people.code_lists import code_list

# Diabetes of any type: one whose type the record does not say is diabetes too.
DIABETES = (*code_list("type 2 diabetes").codes, "46635009", "73211009")
HYPERTENSION = code_list("hypertension").codes


@dataclass(frozen=True)
class RedFlag:
    """`at_least` gives, for each measure, the value from which it holds; one of them is enough.

    It does not hold for those who have one of the conditions `unless` in their record.
    """

    name: str
    at_least: Mapping[str, Decimal]
    unless: tuple[str, ...]
    do: str
    source: str


SYSTOLIC, DIASTOLIC, HBA1C = "systolic blood pressure", "diastolic blood pressure", "HbA1c"

RED_FLAGS = (
    RedFlag(
        "Blood pressure 180/120 or more",
        {SYSTOLIC: Decimal(180), DIASTOLIC: Decimal(120)},
        (),
        "Clinical assessment on the same day.",
        "NICE NG136",
    ),
    RedFlag(
        "HbA1c 48 or more, no diabetes in the record",
        {HBA1C: Decimal(48)},
        DIABETES,
        "In the range of diabetes. Without symptoms, a second test confirms it.",
        "NICE PH38",
    ),
    RedFlag(
        "Blood pressure 140/90 or more, no hypertension in the record",
        {SYSTOLIC: Decimal(140), DIASTOLIC: Decimal(90)},
        HYPERTENSION,
        "Confirmed by blood pressure over a day, or measured at home.",
        "NICE NG136",
    ),
)


def flags_of(latest: Mapping[str, Decimal], conditions: Collection[str]) -> list[RedFlag]:
    """The flags that the latest value of each measure raises, for somebody with these conditions (codes).

    Somebody with a blood pressure of 180/120 or more is not told of 140/90 as well.
    """
    found = [
        flag for flag in RED_FLAGS if _is_raised(flag, latest) and not set(flag.unless) & set(conditions)
    ]
    measures = [set(flag.at_least) for flag in found]
    return [flag for n, flag in enumerate(found) if set(flag.at_least) not in measures[:n]]


def _is_raised(flag: RedFlag, latest: Mapping[str, Decimal]) -> bool:
    return any(name in latest and latest[name] >= lowest for name, lowest in flag.at_least.items())
