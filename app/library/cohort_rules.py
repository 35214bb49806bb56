"""The rules that say whom a programme is for: read from data, and read aloud.

A rule is a small dictionary in a programme set-up (`{kind: age, from: 40, to: 69}`). `read_rule` makes it one
of the four classes here; `as_json` gives the dictionary back. What a rule means in SQL stands in
`app/cohorts/criteria.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

EXCLUSIONS = ("died", "left the practice", "Type 1 opt-out")
OLDEST = 120
DECILES = range(1, 11)
RELEASES = (2019, 2025)


class BadRule(ValueError):
    """A rule that cannot be read; says what to put right."""


@dataclass(frozen=True)
class Age:
    """Aged `start` to `end` whole years on the day, both included."""

    start: int
    end: int

    @property
    def label(self) -> str:
        return f"age {self.start} to {self.end}"

    @property
    def aloud(self) -> str:
        return f"are aged {self.start} to {self.end}"

    @property
    def as_json(self) -> dict[str, Any]:
        return {"kind": "age", "from": self.start, "to": self.end}


@dataclass(frozen=True)
class Deprivation:
    """Living in a small area of these deciles of one release of the English Indices of Deprivation."""

    release: int
    deciles: tuple[int, ...]

    @property
    def label(self) -> str:
        return f"{self._part} (IMD decile {self._listed})" if self._part else f"IMD decile {self._listed}"

    @property
    def aloud(self) -> str:
        part = f"in the {self._part} of areas" if self._part else "in areas"
        return f"live {part} (IMD {self.release}, decile {self._listed})"

    @property
    def _listed(self) -> str:
        return _or([str(decile) for decile in self.deciles])

    @property
    def _part(self) -> str | None:
        return {(1,): "most deprived tenth", (1, 2): "most deprived fifth"}.get(self.deciles)

    @property
    def as_json(self) -> dict[str, Any]:
        return {"kind": "deprivation", "release": self.release, "deciles": list(self.deciles)}


@dataclass(frozen=True)
class LatestValue:
    """The latest plausible value of `code` on or before the day is `at_least` or more."""

    code: str
    name: str
    at_least: Decimal

    @property
    def label(self) -> str:
        return f"latest {self.name} {_number(self.at_least)} or more"

    @property
    def aloud(self) -> str:
        return f"have a latest {self.name} of {_number(self.at_least)} or more"

    @property
    def as_json(self) -> dict[str, Any]:
        number = int(self.at_least) if self.at_least == int(self.at_least) else float(self.at_least)
        return {"kind": "latest value", "code": self.code, "name": self.name, "at_least": number}


@dataclass(frozen=True)
class Condition:
    """Any of `codes` is in the record on or before the day."""

    name: str
    codes: tuple[str, ...]

    @property
    def label(self) -> str:
        return self.name

    @property
    def aloud(self) -> str:
        return f"have {self.name} in their record"

    @property
    def as_json(self) -> dict[str, Any]:
        return {"kind": "condition", "name": self.name, "codes": list(self.codes)}


Rule = Age | Deprivation | LatestValue | Condition

_KEYS = {
    "age": {"from", "to"},
    "deprivation": {"release", "deciles"},
    "latest value": {"code", "name", "at_least"},
    "condition": {"name", "codes"},
}


def read_rule(data: Any) -> Rule:
    """One rule from its dictionary. Raises BadRule with what to put right."""
    if not isinstance(data, Mapping) or data.get("kind") not in _KEYS:
        raise BadRule("Write kind: age, deprivation, latest value or condition")
    kind = str(data["kind"])
    keys = {str(key) for key in data} - {"kind"}
    if missing := sorted(_KEYS[kind] - keys):
        raise BadRule(f"Add {' and '.join(missing)} to the {kind} rule")
    if unknown := sorted(keys - _KEYS[kind]):
        raise BadRule(f"Take out {' and '.join(unknown)}: the {kind} rule has no such part")
    return _READ[kind](data)


def read_rules(rules: Sequence[Any]) -> list[Rule]:
    """Rules from their dictionaries, in order. Raises BadRule at the first that cannot be read."""
    return [read_rule(rule) for rule in rules]


def aloud(rules: Sequence[Rule]) -> str:
    """The whole definition as one sentence, the exclusions included."""
    left_out = "leaving out those who have died, have left the practice or have a Type 1 opt-out"
    return f"People who {_and([rule.aloud for rule in rules]) or 'are on the lists'}, {left_out}."


def _age(data: Mapping[str, Any]) -> Age:
    start, end = data["from"], data["to"]
    if not _whole(start) or not _whole(end) or not 0 <= start <= end <= OLDEST:
        raise BadRule(f"Write from and to as whole years, from not above to, and to at most {OLDEST}")
    return Age(start, end)


def _deprivation(data: Mapping[str, Any]) -> Deprivation:
    deciles = data["deciles"]
    if data["release"] not in RELEASES:
        raise BadRule("Write release: 2025 or 2019, the release of the deprivation index")
    if not isinstance(deciles, list) or not deciles or not all(_whole(d) and d in DECILES for d in deciles):
        raise BadRule("Write deciles as a list of numbers from 1, the most deprived, to 10")
    return Deprivation(data["release"], tuple(sorted(set(deciles))))


def _latest(data: Mapping[str, Any]) -> LatestValue:
    try:
        at_least = Decimal(str(data["at_least"]))
    except InvalidOperation:
        raise BadRule("Write at_least as a number") from None
    if not at_least.is_finite() or not 0 <= at_least < 10**6 or isinstance(data["at_least"], bool):
        raise BadRule("Write at_least as a number from 0")
    return LatestValue(_code(data["code"]), _name(data["name"]), at_least)


def _condition(data: Mapping[str, Any]) -> Condition:
    codes = data["codes"]
    if not isinstance(codes, list) or not codes:
        raise BadRule("Write codes as a list of SNOMED CT codes")
    return Condition(_name(data["name"]), tuple(_code(code) for code in codes))


_READ: dict[str, Callable[[Mapping[str, Any]], Rule]] = {
    "age": _age,
    "deprivation": _deprivation,
    "latest value": _latest,
    "condition": _condition,
}


def _code(value: Any) -> str:
    code = str(value)
    if not (code.isascii() and code.isdigit() and 6 <= len(code) <= 18):
        raise BadRule(f"Change {code}: a SNOMED CT code is 6 to 18 digits")
    return code


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadRule("Write a name for the rule")
    return value.strip()


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _or(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + (" or " if len(words) > 1 else "") + words[-1]


def _and(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + (words[-1] if words else "")
