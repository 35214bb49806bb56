"""NICE's classes of body mass index, as data: each version with its day and its source.

A version that a definition may have named never changes; new guidance is a new version.
"""

from decimal import Decimal
from typing import NamedTuple

BMI_CLASSES = ("overweight", "obesity", "obesity class 2", "obesity class 3")

# Letters of the 16+1 ethnic categories for which NICE's lower thresholds hold: South Asian, Chinese, other
# Asian, Black African and African-Caribbean family backgrounds, those of mixed ones included. Middle Eastern
# has no category of its own in the 16+1, so it cannot be told. To be confirmed by the clinical lead.
LOWER_FOR = "HJKLRMNPDEF"


class BmiThresholds(NamedTuple):
    """Where each class begins in kg/m2, in general and for the family backgrounds of LOWER_FOR."""

    source: str
    general: dict[str, Decimal]
    lower: dict[str, Decimal]


def _each(*limits: str) -> dict[str, Decimal]:
    return dict(zip(BMI_CLASSES, map(Decimal, limits), strict=True))


_VERSIONS = {
    "2025-01-14": BmiThresholds(
        "NICE NG246 (January 2025), section 1.9; NG7, glossary",  # domain.md 2.6
        _each("25", "30", "35", "40"),
        _each("23", "27.5", "32.5", "37.5"),
    ),
}
BMI_VERSIONS = tuple(sorted(_VERSIONS))


def bmi_thresholds(version: str, name: str) -> tuple[Decimal, Decimal]:
    """Where the class begins in kg/m2 by that version: in general, and for the backgrounds of LOWER_FOR."""
    found = _VERSIONS[version]
    return found.general[name], found.lower[name]


def bmi_source(version: str) -> str:
    """Where that version of the thresholds comes from."""
    return _VERSIONS[version].source
