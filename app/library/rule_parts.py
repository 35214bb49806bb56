"""Reads the parts of one rule from its dictionary, and says in plain words what is wrong with one.

What is read here may come from anybody's file: types, lengths and characters are all checked.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

LONGEST_NAME = 120  # characters
MOST_CODES = 500
MOST_WORDS = 50
MOST_MONTHS = 600
LARGEST = 10**6


class BadRule(ValueError):
    """A rule that cannot be read. `faults` says what to put right, each with its place."""

    def __init__(self, *faults: str) -> None:
        super().__init__("; ".join(faults))
        self.faults = list(faults)


@dataclass(frozen=True)
class CodeListName:
    """One version of a list of concepts, by name. What stands in it is kept with the people's data."""

    name: str
    version: str

    @property
    def as_json(self) -> dict[str, Any]:
        """The two parts of a rule that name the list."""
        return {"list": self.name, "version": self.version}


class Parts:
    """The parts of one rule. Every method gives one of them, or raises BadRule with what to write."""

    def __init__(self, data: Mapping[Any, Any], needed: set[str], may: set[str]) -> None:
        self.data = data
        keys = {str(key)[:40] for key in data} - {"kind"}
        kind = data["kind"]
        if missing := sorted(needed - keys):
            raise BadRule(f"Add {' and '.join(missing)} to the {kind} rule")
        if unknown := sorted(keys - needed - may):
            raise BadRule(f"Take out {' and '.join(unknown)}: the {kind} rule has no such part")

    def has(self, name: str) -> bool:
        """Whether the part was written."""
        return name in self.data

    def words(self, name: str) -> str:
        """A name in words, on one line."""
        return words(self.data[name], name)

    def listed(self, name: str, known: Sequence[str] = ()) -> tuple[str, ...]:
        """A list of words, each once: in the order of `known`, which then holds all that can be written."""
        value = self.data[name]
        if not isinstance(value, list) or not 0 < len(value) <= MOST_WORDS:
            raise BadRule(f"Write {name} as a list of 1 to {MOST_WORDS} entries")
        found = {words(entry, name) for entry in value}
        if known and not found <= set(known):
            raise BadRule(f"Write {name} as a list out of {', '.join(known)}")
        return tuple(entry for entry in known if entry in found) if known else tuple(sorted(found))

    def yes(self, name: str, otherwise: bool) -> bool:
        """True or false; `otherwise` where it was not written."""
        value = self.data.get(name, otherwise)
        if not isinstance(value, bool):
            raise BadRule(f"Write {name} as true or false")
        return value

    def months(self) -> int | None:
        """How many months to look back; None for ever."""
        value = self.data.get("within_months")
        if value is None:
            return None
        if not is_whole(value) or not 1 <= value <= MOST_MONTHS:
            raise BadRule(f"Write within_months as a whole number from 1 to {MOST_MONTHS}")
        return int(value)

    def number(self, name: str) -> Decimal | None:
        """A number from 0 with at most two decimals; None where it was not written."""
        return number(self.data[name], name) if self.has(name) else None

    def codes(self) -> tuple[str, ...]:
        """SNOMED CT codes, each once, in the order written: of `codes`, or the one of `code`."""
        value = [self.data["code"]] if self.has("code") else self.data.get("codes", [])
        if not isinstance(value, list) or len(value) > MOST_CODES or (not value and not self.has("list")):
            raise BadRule(f"Write codes as a list of SNOMED CT codes, at most {MOST_CODES}")
        return tuple(dict.fromkeys(snomed_code(code) for code in value))

    def code_list(self) -> CodeListName | None:
        """The list of codes that is meant, with its version; None where codes are written instead."""
        if self.has("list") != self.has("version"):
            raise BadRule("Write list and version together")
        if not self.has("list"):
            return None
        if self.has("codes") or self.has("code"):
            raise BadRule("Write codes, or a list and its version, not both")
        return CodeListName(self.words("list"), self.words("version"))


def words(value: Any, name: str) -> str:
    """`value` as words on one line, without what cannot be seen. Raises BadRule."""
    said = unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else ""
    if not said:
        raise BadRule("Write a name for the rule" if name == "name" else f"Write {name} in words")
    if len(said) > LONGEST_NAME or not said.isprintable():
        raise BadRule(f"Write {name} in at most {LONGEST_NAME} letters that can be seen, on one line")
    return said


def number(value: Any, name: str) -> Decimal:
    """`value` as a number from 0 with at most two decimals. Raises BadRule."""
    try:
        if (
            isinstance(value, bool)
            or not isinstance(value, str | int | float | Decimal)
            or len(f"{value}") > 20
        ):
            raise InvalidOperation
        found = Decimal(f"{value}")
        if not found.is_finite() or not 0 <= found < LARGEST or round(found, 2) != found:
            raise InvalidOperation
    except (InvalidOperation, ValueError):
        raise BadRule(f"Write {name} as a number from 0, with at most two decimals") from None
    return found + 0  # no minus before a zero


def snomed_code(value: Any) -> str:
    """`value` as a SNOMED CT code. Raises BadRule."""
    written = isinstance(value, str) or (is_whole(value) and 0 <= value < 10**18)
    code = str(value) if written else ""
    if not (code.isascii() and code.isdigit() and 6 <= len(code) <= 18):
        raise BadRule(f"Change {code[:30] or 'what stands there'}: a SNOMED CT code is 6 to 18 digits")
    return code


def is_whole(value: Any) -> bool:
    """Whether `value` is a whole number (true and false are none)."""
    return isinstance(value, int) and not isinstance(value, bool)


def plain(value: Decimal) -> str:
    """A number as it is read: 30, 27.5."""
    return f"{value.normalize():f}"


def json_number(value: Decimal) -> int | float:
    """A number as JSON has it."""
    return int(value) if value == int(value) else float(value)


def in_last(months: int | None) -> str:
    """How far back is looked, to be put behind something; nothing where it is for ever."""
    if months is None:
        return ""
    return " in the last month" if months == 1 else f" in the last {months} months"


def either(entries: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return _joined(list(entries), "or")


def both(entries: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return _joined(list(entries), "and")


def _joined(entries: list[str], word: str) -> str:
    return (
        ", ".join(entries[:-1]) + (f" {word} " if len(entries) > 1 else "") + (entries[-1] if entries else "")
    )
