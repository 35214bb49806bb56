"""What is known of coded values: names, units, limits and conversions. Data, with its sources.

SNOMED CT concept ids: domain.md 2.5. Limits between which a value is plausible: domain.md 2.6; they are for
adults, and a value outside them is set aside, never corrected.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

PERCENT = "%"


@dataclass(frozen=True)
class Measure:
    """A measured value: its name, the unit it is kept in, that unit's other names, its plausible limits."""

    name: str
    unit: str
    also: tuple[str, ...]
    lowest: Decimal
    highest: Decimal

    def plausible(self, value: Decimal) -> bool:
        """Whether a value in this measure's unit can be true."""
        return self.lowest <= value <= self.highest


def _measure(name: str, unit: str, also: tuple[str, ...], lowest: int, highest: int) -> Measure:
    return Measure(name, unit, also, Decimal(lowest), Decimal(highest))


_BMI = _measure("BMI", "kg/m2", ("kg/m²", "kg/m^2", "kg/sq.m"), 10, 90)
_WEIGHT = _measure("weight", "kg", ("kgs", "kilograms"), 25, 350)
_HEIGHT = _measure("height", "cm", ("centimetres",), 120, 230)
_SYSTOLIC = _measure("systolic blood pressure", "mmHg", ("mm[hg]", "mm hg"), 50, 300)
_DIASTOLIC = _measure("diastolic blood pressure", "mmHg", ("mm[hg]", "mm hg"), 20, 200)
_HBA1C = _measure("HbA1c", "mmol/mol", (), 20, 200)

MEASURES: dict[str, Measure] = {
    "60621009": _BMI,
    "27113001": _WEIGHT,
    "50373000": _HEIGHT,
    "271649006": _SYSTOLIC,
    "72313002": _SYSTOLIC,
    "271650006": _DIASTOLIC,
    "1091811000000102": _DIASTOLIC,
    "999791000000106": _HBA1C,
    "1049321000000109": _HBA1C,
    "1049301000000100": _HBA1C,
}


class UnknownUnit(ValueError):
    """The value came in a unit that this measure is not known in."""


def in_its_unit(measure: Measure, value: Decimal, unit: str) -> Decimal:
    """`value` in the unit that the measure is kept in; raises UnknownUnit.

    HbA1c in % (DCCT) becomes mmol/mol (IFCC), whole: (% - 2.15) × 10.929, so that 6.5% is 48 and 7.5% is 58.
    Height in metres becomes centimetres. Source: domain.md 2.6.
    """
    said = unit.strip().lower()
    if said in ("", measure.unit.lower(), *measure.also):
        return value
    if measure is _HBA1C and said.startswith(PERCENT):
        converted = (value - Decimal("2.15")) * Decimal("10.929")
        return converted.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    if measure is _HEIGHT and said in ("m", "metres"):
        return value * 100
    raise UnknownUnit


__all__ = ["MEASURES", "Measure", "UnknownUnit", "in_its_unit"]
