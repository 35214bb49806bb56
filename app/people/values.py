"""How a measured value is read as it was written: numbers, units in the cell, stones and feet, pairs. Pure.

A value that cannot be read with certainty is not guessed at. It is set aside with the reason.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from app.people.code_lists import code_list, codes_ever
from app.people.codes import MEASURES, Measure, UnknownUnit, in_its_unit, unit_name

CENT = Decimal("0.01")
LARGEST = Decimal(10) ** 8
PAIRS = codes_ever("blood pressure")

_NOT_A_NUMBER = "value is not a number"
_NUMBER = r"\d+(?:[.,]\d+)?"
_WITH_UNIT = re.compile(rf"""({_NUMBER})\s*([a-z%'"].*)""", re.I)
_STONES = re.compile(rf"(\d+)\s*(?:st|stones?)\.?\s*(?:({_NUMBER})\s*(?:lbs?|pounds?)?\.?)?", re.I)
_FEET = re.compile(
    rf"""(\d+)\s*(?:'|ft|foot|feet)\.?\s*(?:({_NUMBER})\s*(?:"|ins?|inch|inches)?\.?)?""", re.I
)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "′": "'", "`": "'", "”": '"', "“": '"', "″": '"'})
_PAIR = re.compile(r"(\d{2,3})\s*(?:/|over|\\)\s*(\d{2,3})\s*(?:mm\s*\[?hg\]?)?", re.I)
# What the unit column may say beside a value that has its units in the cell.
_IMPERIAL = {
    "weight": {"", "st", "stone", "stones", "lb", "lbs", "st lb", "st lbs", "st/lb", "stones and pounds"},
    "height": {"", "ft", "feet", "in", "inches", "'", '"', "ft in", "ft/in", "feet and inches"},
}
_IN_PARTS = {"weight": (_STONES, "st", "lb", 14), "height": (_FEET, "ft", "in", 12)}


class CannotUse(ValueError):
    """The value is to be set aside; the message is the reason, in the words of the report."""


@dataclass(frozen=True)
class Half:
    """One of the two values of a pair, as the event that it becomes."""

    code: str
    term: str
    value: Decimal
    unit: str


def read(measure: Measure, written: str, unit: str) -> Decimal:
    """The value in the measure's own unit, to two places; raises CannotUse with the reason."""
    try:
        found = _in_its_unit(measure, written, unit)
    except UnknownUnit:
        raise CannotUse(f"{measure.name} in an unknown unit") from None
    if not measure.plausible(found):
        raise CannotUse(f"implausible {measure.name}")
    return found.quantize(CENT)


def _in_its_unit(measure: Measure, written: str, unit: str) -> Decimal:
    try:
        return in_its_unit(measure, number_of(written), unit)
    except CannotUse:
        return _with_its_unit(measure, written.translate(_QUOTES).strip(), unit)


def _with_its_unit(measure: Measure, written: str, unit: str) -> Decimal:
    """A value whose cell holds its unit. A column that names another unit makes it doubtful."""
    if (parts := _in_parts(measure, written, unit)) is not None:
        return parts
    found = _WITH_UNIT.fullmatch(written)
    if found is None:
        raise CannotUse(_NOT_A_NUMBER)
    number = number_of(found[1])
    meant = in_its_unit(measure, number, found[2])
    if unit_name(unit) and meant != in_its_unit(measure, number, unit):
        raise UnknownUnit
    return meant


def _in_parts(measure: Measure, written: str, unit: str) -> Decimal | None:
    """Stones and pounds in kg, feet and inches in cm; None where it is not written so."""
    pattern, whole, part, most = _IN_PARTS.get(measure.name, (None, "", "", 0))
    found = pattern.fullmatch(written) if pattern else None
    if found is None:
        return None
    small = number_of(found[2] or "0")
    if unit_name(unit) not in _IMPERIAL[measure.name] or small >= most:
        raise UnknownUnit
    return in_its_unit(measure, Decimal(found[1]), whole) + in_its_unit(measure, small, part)


def number_of(written: str) -> Decimal:
    """The number, with a point or a comma before its decimals; raises CannotUse."""
    comma = written.count(",") == 1 and "." not in written
    try:
        number = Decimal(written.replace(",", ".") if comma else written)
    except InvalidOperation:
        raise CannotUse(_NOT_A_NUMBER) from None
    if "_" in written or not number.is_finite() or abs(number) >= LARGEST:
        raise CannotUse(_NOT_A_NUMBER)
    return number


def pair_of(written: str, unit: str) -> tuple[Half, Half]:
    """A blood pressure written like 140/90 as its systolic and diastolic value; raises CannotUse.

    Both must be plausible and the diastolic the lower. Source: domain.md 2.6.
    """
    found = _PAIR.fullmatch(written.strip())
    if found is None:
        raise CannotUse("blood pressure is not a pair like 140/90")
    systolic, diastolic = (_half(name, n, unit) for name, n in zip(_HALVES, found.groups(), strict=True))
    if diastolic.value >= systolic.value:
        raise CannotUse("diastolic blood pressure is not below the systolic")
    return systolic, diastolic


_HALVES = ("systolic blood pressure", "diastolic blood pressure")


def _half(name: str, written: str, unit: str) -> Half:
    concept = code_list(name).concepts[0]
    measure = MEASURES[concept.code]
    return Half(concept.code, concept.term, read(measure, written, unit), measure.unit)


def original_of(written: str, unit: str, value: Decimal) -> str | None:
    """The value as it came, where it is kept otherwise; None where it came as it is kept."""
    try:
        number = number_of(written)
    except CannotUse:
        return written.strip()
    return None if number.quantize(CENT) == value else f"{written.strip()} {unit}".strip()


__all__ = ["PAIRS", "CannotUse", "Half", "number_of", "original_of", "pair_of", "read"]
