"""A whole definition of whom a programme is for: steps that all hold, groups, and whom it leaves out.

    {"rules": [node, …], "leave_out": [node, …]}

A node is a rule or a group `{"kind": "any of", "name": "…", "rules": [node, …]}`. Documented, with examples
that the tests read, in docs/cohort-definitions.md.

A rule holds, does not hold, or cannot be told because a value is missing. Groups follow: of "all of", one
that does not hold decides; of "any of", one that holds; of "none of", one that holds makes it fail. Only
where the missing values could still turn the outcome is the group itself missing (Kleene's logic, as in
SQL). Somebody is in the cohort when every step holds; somebody is left out only by what is known to hold.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.library.cohort_rules import RULES, BadRule, Rule, aloud, read_rule
from app.library.rule_parts import either, words

GROUPS = {"all of": "all of", "any of": "at least one of", "none of": "none of"}
DEEPEST = 3  # groups within groups
MOST_STEPS = 20
MOST_LEFT_OUT = 10
MOST_NODES = 100
LONGEST_FILE = 200_000  # characters


@dataclass(frozen=True)
class Group:
    """Rules and groups of which all, any or none must hold."""

    kind: str
    rules: tuple["Node", ...]
    name: str = ""

    @property
    def label(self) -> str:
        """Its name; without one, what stands in it."""
        listed = "; ".join(
            f"({rule.label})" if isinstance(rule, Group) else rule.label for rule in self.rules
        )
        return self.name or f"{self.kind}: {listed}"

    @property
    def aloud(self) -> str:
        """What somebody does who meets it, in brackets so that it is clear where it ends."""
        these = f"“{self.name}”" if self.name else "these"
        return f"meet {GROUPS[self.kind]} {these} ({'; '.join(f'they {rule.aloud}' for rule in self.rules)})"

    @property
    def as_json(self) -> dict[str, Any]:
        named = {"name": self.name} if self.name else {}
        return {"kind": self.kind, **named, "rules": [rule.as_json for rule in self.rules]}


Node = Rule | Group


@dataclass(frozen=True)
class Definition:
    """Whom a programme is for: `rules` are the steps, in order; `leave_out` its own exclusions."""

    rules: tuple[Node, ...] = ()
    leave_out: tuple[Node, ...] = ()

    @property
    def aloud(self) -> str:
        """The whole of it as one sentence."""
        return aloud(self.rules, self.leave_out)

    @property
    def as_json(self) -> dict[str, Any]:
        """What `read_definition` reads again."""
        left_out = {"leave_out": [rule.as_json for rule in self.leave_out]} if self.leave_out else {}
        return {"rules": [rule.as_json for rule in self.rules], **left_out}

    @property
    def labels(self) -> list[str]:
        """The label of each step, each different: where two are alike, with the number of the step."""
        return _different([rule.label for rule in self.rules], "rule")

    @property
    def leave_out_labels(self) -> list[str]:
        """The label of each of the programme's own exclusions, each different."""
        return _different([rule.label for rule in self.leave_out], "exclusion")

    @property
    def every_rule(self) -> Iterator[Rule]:
        """Every rule in it, those in groups too."""
        return _rules_in((*self.rules, *self.leave_out))


def _rules_in(nodes: tuple[Node, ...]) -> Iterator[Rule]:
    for node in nodes:
        if isinstance(node, Group):
            yield from _rules_in(node.rules)
        else:
            yield node


def _different(labels: list[str], word: str) -> list[str]:
    count = Counter(labels)
    told = [label if count[label] == 1 else f"{label} ({word} {i})" for i, label in enumerate(labels, 1)]
    if len(set(told)) == len(told):
        return told
    return [f"{label} ({word} {i})" for i, label in enumerate(told, 1)]  # somebody has named one so


def read_definition_file(text: str) -> Definition:
    """The definition that a JSON file holds. Raises BadRule with every fault found, each with its place."""
    if len(text) > LONGEST_FILE:
        raise BadRule(f"Make the file shorter: a definition has at most {LONGEST_FILE:,} characters")
    try:
        return read_definition(json.loads(text.removeprefix("\ufeff")))
    except json.JSONDecodeError as error:
        raise BadRule(
            f"Line {error.lineno}: this cannot be read as JSON. Check its commas and quotes"
        ) from None
    except (RecursionError, ValueError) as error:
        if isinstance(error, BadRule):
            raise
        raise BadRule("This cannot be read as JSON. Check its brackets and numbers") from None


def read_definition(data: Any) -> Definition:
    """The definition that `data` describes. Raises BadRule with every fault found, each with its place."""
    if not isinstance(data, Mapping):
        raise BadRule("Write the definition as rules and, where there are any, leave_out")
    reader = _Reader()
    for key in data:
        if key not in ("rules", "leave_out"):
            reader.faults.append(f"{str(key)[:40]}: Take this out: a definition has no such part")
    rules = reader.nodes(data.get("rules", []), "rule", MOST_STEPS)
    leave_out = reader.nodes(data.get("leave_out", []), "leave out, rule", MOST_LEFT_OUT)
    if reader.faults:
        raise BadRule(*reader.faults)
    return Definition(rules, leave_out)


class _Reader:
    """Reads nodes and gathers what is wrong with them, each fault with its place."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.left = MOST_NODES

    def nodes(self, data: Any, place: str, most: int, depth: int = 0) -> tuple[Node, ...]:
        """The nodes of a list whose entries stand at `place` 1, 2, …"""
        if not isinstance(data, list) or len(data) > most:
            self.faults.append(f"{place}s: Write a list of at most {most} rules")
            return ()
        read = [self.node(entry, f"{place} {number}", depth) for number, entry in enumerate(data, 1)]
        nodes = [node for node in read if node is not None]
        if len(set(nodes)) < len(nodes):
            self.faults.append(f"{place}s: Write each rule once")
        return tuple(nodes)

    def node(self, data: Any, place: str, depth: int) -> Node | None:
        """The rule or group at `place`; None where it has a fault."""
        self.left -= 1
        if self.left < 0:
            self.faults += [f"{place}: Take out rules: a definition has at most {MOST_NODES}"] * (
                self.left == -1
            )
            return None
        try:
            if isinstance(data, Mapping) and isinstance(data.get("kind"), str) and data["kind"] in GROUPS:
                return self._group(data, place, depth)
            if (
                not isinstance(data, Mapping)
                or not isinstance(data.get("kind"), str)
                or data["kind"] not in RULES
            ):
                raise BadRule(f"Write kind: {either([*RULES, *GROUPS])}")
            return read_rule(data)
        except BadRule as bad:
            self.faults += [f"{place}: {fault}" for fault in bad.faults]
            return None

    def _group(self, data: Mapping[Any, Any], place: str, depth: int) -> Group | None:
        if depth == DEEPEST:
            raise BadRule(f"Take this group out: groups go {DEEPEST} deep")
        if unknown := sorted(str(key)[:40] for key in data if key not in ("kind", "name", "rules")):
            raise BadRule(f"Take out {' and '.join(unknown)}: a group has no such part")
        if not data.get("rules"):
            raise BadRule("Add rules to the group, as a list")
        name = words(data["name"], "name") if data.get("name") else ""
        rules = self.nodes(data["rules"], f"{place}, rule", MOST_STEPS, depth + 1)
        return Group(str(data["kind"]), rules, name) if rules else None


__all__ = [
    "DEEPEST",
    "GROUPS",
    "LONGEST_FILE",
    "MOST_LEFT_OUT",
    "MOST_STEPS",
    "Definition",
    "Group",
    "Node",
    "read_definition",
    "read_definition_file",
]
