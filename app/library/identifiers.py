"""What in a free text points at one person: it may not stand in anything that is shared."""

import re

_TEN_DIGITS = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")
_FIGURES = r"\d{1,2}[./ -]\d{1,2}[./ -]\d{2,4}|\d{4}-\d{2}-\d{2}"
_WORDS = r"\d{1,2}(?:st|nd|rd|th)? (?:of )?[A-Za-z]{3,9} \d{4}"
_BORN = re.compile(
    rf"\b(?:born|dob|d\.o\.b\.?|date of birth)\b[^\n\d]{{0,12}}(?:{_FIGURES}|{_WORDS})", re.IGNORECASE
)


def nhs_numbers_in(text: str) -> list[str]:
    """Every run of ten digits in `text` that is a valid NHS number, as it is written there.

    Source: NHS Data Dictionary, NHS NUMBER (modulus 11).
    """
    return [found.group() for found in _TEN_DIGITS.finditer(text) if _valid(re.sub(r"\D", "", found.group()))]


def _valid(digits: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False))
    return (11 - total % 11) % 11 == int(digits[9])


def births_in(text: str) -> list[str]:
    """Every date of birth in `text` that is called one ("born 3 May 1970")."""
    return [found.group() for found in _BORN.finditer(text)]


def identifiers_in(text: str) -> list[str]:
    """What must be taken out of `text` before it is shared; each an instruction that names it."""
    numbers = [f"Take out {number}: it looks like an NHS number" for number in nhs_numbers_in(text)]
    return numbers + [f"Take out “{born}”: it looks like a date of birth" for born in births_in(text)]
