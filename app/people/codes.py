"""What is known of measured values: names, units, limits and conversions. Data, with its sources.

Which SNOMED CT concepts are which measure: the code lists (`code_lists.py`). Limits between which a value is
plausible: domain.md 2.6; they are for adults, and a value outside them is set aside, never corrected.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

from app.people.code_lists import codes_ever

Conversion = Callable[[Decimal], Decimal]

# Exact by definition: the international yard and pound agreement of 1959.
POUND = Decimal("0.45359237")  # kg
STONE = 14 * POUND
INCH = Decimal("2.54")  # cm
FOOT = 12 * INCH


@dataclass(frozen=True)
class Measure:
    """A measured value: its name, the unit it is kept in, that unit's other names, its plausible limits.

    `others` are the units that it may come in besides, each with what makes a value of it one in its own;
    `unsaid` is the unit of a value that comes without one, where that is not its own.
    """

    name: str
    unit: str
    also: tuple[str, ...]
    lowest: Decimal
    highest: Decimal
    others: Mapping[str, Conversion] = field(default_factory=dict, compare=False, repr=False)
    unsaid: str = ""

    def plausible(self, value: Decimal) -> bool:
        """Whether a value in this measure's unit can be true."""
        return self.lowest <= value <= self.highest


def _ifcc(percent: Decimal) -> Decimal:
    """HbA1c in % (DCCT) as mmol/mol (IFCC), whole: 6.5% is 48 and 7.5% is 58. Source: domain.md 2.6."""
    return ((percent - Decimal("2.15")) * Decimal("10.929")).quantize(Decimal(1), rounding=ROUND_HALF_UP)


def _by(factor: Decimal, *names: str) -> dict[str, Conversion]:
    return {name: lambda value: value * factor for name in names}


_MMHG = ("mm[hg]", "mm hg", "mm of hg")
_BMI = Measure("BMI", "kg/m2", ("kg/m²", "kg/m^2", "kg/m**2", "kg/sq.m", "kg/sq m"), Decimal(10), Decimal(90))
_WEIGHT = Measure(
    "weight", "kg", ("kgs", "kilo", "kilos", "kilogram", "kilograms"), Decimal(25), Decimal(350),
    _by(STONE, "st", "stone", "stones") | _by(POUND, "lb", "lbs", "pound", "pounds")
    | _by(Decimal("0.001"), "g", "gram", "grams"),
)  # fmt: skip
_HEIGHT = Measure(
    "height", "cm", ("cms", "centimetre", "centimetres"), Decimal(120), Decimal(230),
    _by(Decimal(100), "m", "metre", "metres") | _by(FOOT, "ft", "foot", "feet", "'")
    | _by(INCH, "in", "inch", "inches", "ins", '"'),
)  # fmt: skip
_SYSTOLIC = Measure("systolic blood pressure", "mmHg", _MMHG, Decimal(50), Decimal(300))
_DIASTOLIC = Measure("diastolic blood pressure", "mmHg", _MMHG, Decimal(20), Decimal(200))
_HBA1C = Measure(
    "HbA1c", "mmol/mol", ("mmol/mol hb", "mmol/molhb"), Decimal(20), Decimal(200),
    dict.fromkeys(("%", "% hb", "%hb", "percent", "per cent"), _ifcc),
)  # fmt: skip
_ALL = (_BMI, _WEIGHT, _HEIGHT, _SYSTOLIC, _DIASTOLIC, _HBA1C)
_IN_PERCENT = "1019431000000105"  # the DCCT aligned HbA1c

MEASURES: dict[str, Measure] = {code: measure for measure in _ALL for code in codes_ever(measure.name)} | {
    _IN_PERCENT: replace(_HBA1C, unsaid="%")
}


class UnknownUnit(ValueError):
    """The value came in a unit that this measure is not known in."""


def in_its_unit(measure: Measure, value: Decimal, unit: str) -> Decimal:
    """`value` in the unit that the measure is kept in; raises UnknownUnit.

    Feet and stones with a fraction are not guessed at: 5.8 ft may be meant as five foot eight.
    """
    said = unit_name(unit) or measure.unsaid
    if said in ("", measure.unit.lower(), *measure.also):
        return value
    convert = measure.others.get(said)
    if convert is None or (said in IN_PARTS and value != int(value)):
        raise UnknownUnit
    return convert(value)


IN_PARTS = frozenset({"st", "stone", "stones", "ft", "foot", "feet", "'"})


def unit_name(written: str) -> str:
    """A unit as the tables here know it: small letters, one blank, no full stop at the end."""
    return " ".join(written.lower().split()).rstrip(".")


__all__ = ["IN_PARTS", "MEASURES", "Measure", "UnknownUnit", "in_its_unit", "unit_name"]
