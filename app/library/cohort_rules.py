"""The rules that say whom a programme is for: read from data, and read aloud.

A rule is a small dictionary (`{kind: age, from: 40, to: 69}`). `read_rule` makes it one of the classes of
`person_rules` and `record_rules`; `as_json` gives the dictionary back. Groups of rules and whole definitions
stand in `definitions.py`. What a rule means in SQL stands in `app/cohorts/criteria.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from app.library.person_rules import (
    OLDEST,
    RELEASES,
    Age,
    AtPractice,
    Deprivation,
    Ethnicity,
    Needs,
    Sex,
)
from app.library.record_rules import (
    BodyMassIndex,
    Condition,
    InProgramme,
    KnownTo,
    LatestValue,
    ValueMissing,
)
from app.library.rule_parts import BadRule, CodeListName, Parts, both, either

EXCLUSIONS = ("died", "left the practice", "Type 1 opt-out")
EXCLUDED = ("have died", "have left the practice", "have a Type 1 opt-out")

Rule = (
    Age | Sex | Ethnicity | AtPractice | Deprivation | Needs
    | Condition | LatestValue | BodyMassIndex | ValueMissing | KnownTo | InProgramme
)  # fmt: skip
_CLASSES = (
    Age, Sex, Ethnicity, AtPractice, Deprivation, Condition, LatestValue, BodyMassIndex, ValueMissing,
    KnownTo, InProgramme, Needs,
)  # fmt: skip
RULES: dict[str, type[Rule]] = {each.KIND: each for each in _CLASSES}


class Said(Protocol):
    """What can be read aloud: a rule or a group of rules."""

    @property
    def aloud(self) -> str: ...


def read_rule(data: Any) -> Rule:
    """One rule from its dictionary. Raises BadRule with what to put right."""
    kind = data.get("kind") if isinstance(data, Mapping) else None
    if not isinstance(kind, str) or kind not in RULES:
        raise BadRule(f"Write kind: {either(RULES)}")
    rule = RULES[kind]
    return rule.read(Parts(data, rule.NEEDED, rule.MAY))


def read_rules(rules: Sequence[Any]) -> list[Rule]:
    """Rules from their dictionaries, in order. Raises BadRule at the first that cannot be read."""
    return [read_rule(rule) for rule in rules]


def aloud(rules: Sequence[Said], leave_out: Sequence[Said] = ()) -> str:
    """The whole definition as one sentence, the exclusions included."""
    wanted = both([rule.aloud for rule in rules]) or "are on the lists"
    left_out = either([*EXCLUDED, *(rule.aloud for rule in leave_out)])
    return f"People who {wanted}, leaving out those who {left_out}."


__all__ = [
    "EXCLUSIONS",
    "OLDEST",
    "RELEASES",
    "RULES",
    "Age",
    "AtPractice",
    "BadRule",
    "BodyMassIndex",
    "CodeListName",
    "Condition",
    "Deprivation",
    "Ethnicity",
    "InProgramme",
    "KnownTo",
    "LatestValue",
    "Needs",
    "Rule",
    "Sex",
    "ValueMissing",
    "aloud",
    "read_rule",
    "read_rules",
]
