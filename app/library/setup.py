"""A programme set-up: what a programme starts from, written as YAML in a library item.

`read_setup` reads one and names every fault by its place. Nothing in the file is run: it is loaded as plain
data, and what is not known is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

from app.library.cohort_rules import BadRule
from app.library.definitions import Definition, Node, read_definition
from app.library.models import KINDS
from app.library.setup_steps import TEMPLATE_KINDS, SetupStep, read_step

MEASURES = ("weight", "height", "systolic", "diastolic", "HbA1c")
TERMS = ("short", "medium", "long")
PARTS = ("name", "aim", "outcomes", "cohort", "steps", "menu", "measures", "includes")
LONGEST = 50_000  # characters
FIRST_STEP = "steps, number 1"


class BadSetup(ValueError):
    """A set-up that cannot be used. `faults` says what to put right, each with its place."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Setup:
    """A programme set-up that has been checked."""

    name: str
    aim: str
    outcomes: dict[str, list[str]]
    cohort: Definition
    steps: list[SetupStep]
    menu: list[dict[str, str]]
    measures: list[str]
    includes: list[dict[str, str]]

    @property
    def cohort_sentence(self) -> str:
        """Whom the programme is for, in one sentence."""
        return self.cohort.aloud

    @property
    def rules(self) -> list[Node]:
        """The steps of the cohort, in order."""
        return list(self.cohort.rules)

    @property
    def needs(self) -> list[tuple[str, str]]:
        """Kind and name of every library item that the set-up speaks of, each once, in order."""
        listed = [(item["kind"], item["name"]) for item in self.includes]
        return list(dict.fromkeys(listed + [(step.template_kind, step.template) for step in self.steps]))

    @property
    def as_json(self) -> dict[str, Any]:
        """The set-up as a programme keeps it; `setup_of` reads it again."""
        return {
            "name": self.name,
            "aim": self.aim,
            "outcomes": self.outcomes,
            "cohort": self.cohort.as_json,
            "steps": [step.as_json for step in self.steps],
            "menu": self.menu,
            "measures": self.measures,
            "includes": self.includes,
        }


@dataclass
class _Reader:
    """Takes the parts of a set-up one by one and gathers what is wrong with them."""

    data: dict[str, Any]
    kept: bool
    faults: list[str] = field(default_factory=list)

    def fault(self, place: str, message: str) -> None:
        self.faults.append(f"{place}: {message}")

    def words(self, data: dict[str, Any], key: str, place: str) -> str:
        value = data.get(key)
        if not isinstance(value, str) or not value.strip():
            self.fault(place, f"write {key} in words")
            return ""
        return value.strip()

    def listed(self, key: str, read: Callable[[dict[str, Any], str], Any]) -> list[Any]:
        value = self.data.get(key) or []
        if not isinstance(value, list):
            self.fault(key, "write a list, each entry starting with a hyphen")
            return []
        return [self._entry(entry, f"{key}, number {number}", read) for number, entry in enumerate(value, 1)]

    def _entry(self, entry: Any, place: str, read: Callable[[dict[str, Any], str], Any]) -> Any:
        if not isinstance(entry, dict):
            self.fault(place, "write its parts as name: value")
            return None
        return read(entry, place)


def read_setup(body: str) -> Setup:
    """The set-up that the YAML in `body` describes. Raises BadSetup with every fault found."""
    return _checked(_loaded(body), kept=False)


def faults_in_setup(body: str) -> list[str]:
    """What must be put right in `body` before it can be saved as a programme set-up; empty when nothing."""
    try:
        read_setup(body)
    except BadSetup as bad:
        return bad.faults
    return []


def setup_of(data: Any) -> Setup:
    """The set-up that `data`, as a programme keeps it, describes. Raises BadSetup."""
    return _checked(data, kept=True)


def _checked(data: Any, *, kept: bool) -> Setup:
    if not isinstance(data, dict):
        raise BadSetup([f"Write the parts of the set-up as name: value. The parts are {', '.join(PARTS)}"])
    reader = _Reader(data, kept)
    for part in sorted(str(key) for key in data if key not in PARTS):
        reader.fault(part, "take this out: a set-up has no such part")
    setup = Setup(
        name=reader.words(data, "name", "name"),
        aim=reader.words(data, "aim", "aim"),
        outcomes=_outcomes(reader),
        cohort=_cohort(reader),
        steps=reader.listed("steps", lambda entry, place: _step(reader, entry, place)),
        menu=reader.listed("menu", lambda entry, place: _offer(reader, entry, place)),
        measures=_measures(reader),
        includes=reader.listed("includes", lambda entry, place: _item(reader, entry, place)),
    )
    if reader.faults:
        raise BadSetup(reader.faults)
    return setup


def _loaded(body: str) -> Any:
    if len(body) > LONGEST:
        raise BadSetup([f"Make it shorter: a set-up has at most {LONGEST:,} characters"])
    try:
        if _refers_to_itself(body):
            raise BadSetup(["Take out * and & at the start of a value: write it out where it is needed"])
        return yaml.safe_load(body)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadSetup([f"Line {line}: this cannot be read as YAML. Check its colons and indents"]) from None
    except BadSetup:
        raise
    except (yaml.YAMLError, ValueError, RecursionError):
        raise BadSetup(["This cannot be read as YAML. Check it for unusual characters"]) from None


def _refers_to_itself(body: str) -> bool:
    """Whether `body` refers back to its own parts, which a few lines can blow up into gigabytes."""
    return any(isinstance(token, yaml.AliasToken | yaml.AnchorToken) for token in yaml.scan(body))


def _outcomes(reader: _Reader) -> dict[str, list[str]]:
    value = reader.data.get("outcomes") or {}
    if not isinstance(value, dict) or not set(value) <= set(TERMS):
        reader.fault("outcomes", "write short, medium and long, each with a list")
        return {}
    for term, listed in value.items():
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            reader.fault(f"outcomes, {term}", "write a list of sentences")
    return {term: list(value.get(term) or []) for term in TERMS}


def _cohort(reader: _Reader) -> Definition:
    cohort = reader.data.get("cohort")
    listed = cohort.get("rules") if isinstance(cohort, dict) else None
    if not isinstance(listed, list) or not listed:
        reader.fault("cohort", "write rules: and at least one rule under it")
        return Definition()
    try:
        return read_definition(cohort)
    except BadRule as bad:
        for fault in bad.faults:
            reader.fault(f"cohort, {fault.partition(': ')[0]}", fault.partition(": ")[2])
        return Definition()


def _step(reader: _Reader, entry: dict[str, Any], place: str) -> SetupStep:
    name, template = reader.words(entry, "name", place), reader.words(entry, "template", place)
    first = place == FIRST_STEP
    if first and reader.kept:  # programmes from before this was asked: the first step never waited
        entry = entry | {"after_days": 0}
    return read_step(entry, name, template, first, lambda message: reader.fault(place, message))


def _offer(reader: _Reader, entry: dict[str, Any], place: str) -> dict[str, str]:
    return {key: reader.words(entry, key, place) for key in ("name", "description")}


def _item(reader: _Reader, entry: dict[str, Any], place: str) -> dict[str, str]:
    if entry.get("kind") not in KINDS:
        reader.fault(place, f"write kind: {', '.join(KINDS)}")
    return {"kind": str(entry.get("kind")), "name": reader.words(entry, "name", place)}


def _measures(reader: _Reader) -> list[str]:
    value = reader.data.get("measures") or []
    if not isinstance(value, list) or not set(map(str, value)) <= set(MEASURES):
        reader.fault("measures", f"write a list out of {', '.join(MEASURES)}")
        return []
    return [str(one) for one in value]


__all__ = ["TEMPLATE_KINDS", "BadSetup", "Setup", "SetupStep", "faults_in_setup", "read_setup", "setup_of"]
