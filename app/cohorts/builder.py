"""A definition changed one step at a time: what stands where, and putting a rule in, out or elsewhere.

Works on a definition as it is kept: `{"rules": [node, …], "leave_out": [node, …]}`, where a node is a rule
or a group with `rules` of its own. A place is written as a path, "rules.2.0": the list, then a number in it,
from 0, then a number in the group that stands there. Nothing here changes what it is given.
"""

import copy
import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.library.definitions import GROUPS
from tenants.db import Json

LISTS = ("rules", "leave_out")
GROUP_WORDS = {
    "all of": "All of them must hold",
    "any of": "At least one of them must hold",
    "none of": "None of them may hold",
}
LONGEST_PLACE = 40  # characters


class NoSuchPlace(LookupError):
    """The definition has nothing at that place."""


@dataclass(frozen=True)
class Step:
    """A rule or group as it is listed: where it stands, how deep in groups, and which way it can move."""

    place: str
    depth: int
    node: Json
    first: bool
    last: bool

    @property
    def is_group(self) -> bool:
        """Whether rules stand inside it."""
        return is_group(self.node)

    @property
    def key(self) -> str:
        """What stays the same of it when it moves within its list, for the focus to follow it."""
        said = json.dumps([self.place.rpartition(".")[0], self.node], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:10]

    @property
    def number(self) -> str:
        """Its number as people count: "3", and inside a group "3.1"."""
        return ".".join(str(int(part) + 1) for part in self.place.split(".")[1:])


def is_group(node: Json) -> bool:
    """Whether `node` is a group of rules."""
    return node.get("kind") in GROUPS


def mark_of(definition: Json, on: dt.date) -> str:
    """What a page puts into its forms, to notice that the definition or its day was changed meanwhile."""
    said = json.dumps([definition, on.isoformat()], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def steps_of(definition: Json, part: str) -> list[Step]:
    """Every rule and group of one of the LISTS as they are read aloud, a group before its rules."""
    return list(_walk(definition.get(part, []), part, 0))


def _walk(nodes: list[Json], path: str, depth: int) -> Iterator[Step]:
    for number, node in enumerate(nodes):
        place = f"{path}.{number}"
        yield Step(place, depth, node, number == 0, number == len(nodes) - 1)
        if is_group(node):
            yield from _walk(node["rules"], place, depth + 1)


def at(definition: Json, place: str) -> Json:
    """The rule or group at `place`. Raises NoSuchPlace."""
    siblings, number = _found(definition, place)
    return siblings[number]


def depth_of(place: str) -> int:
    """How many groups a list stands in: 0 for "rules", 1 for the list of the group at "rules.2"."""
    return place.count(".")


def check_list(definition: Json, into: str) -> None:
    """Raises NoSuchPlace unless rules can be put into `into`: one of LISTS, or the place of a group."""
    _list_at(copy.deepcopy(definition), into)


def added(definition: Json, into: str, node: Json) -> Json:
    """The definition with `node` at the end of the list `into`: one of LISTS, or the place of a group."""
    changed = copy.deepcopy(definition)
    _list_at(changed, into).append(node)
    return changed


def replaced(definition: Json, place: str, node: Json) -> Json:
    """The definition with `node` at `place`. Raises NoSuchPlace."""
    changed = copy.deepcopy(definition)
    siblings, number = _found(changed, place)
    siblings[number] = node
    return changed


def removed(definition: Json, place: str) -> Json:
    """The definition without what stands at `place`; a group goes with its last rule. Raises NoSuchPlace."""
    changed = copy.deepcopy(definition)
    siblings, number = _found(changed, place)
    del siblings[number]
    parent = place.rpartition(".")[0]
    return removed(changed, parent) if "." in parent and not siblings else changed


def moved(definition: Json, place: str, by: int) -> Json:
    """The definition with what stands at `place` moved `by` places, as far as its list goes."""
    changed = copy.deepcopy(definition)
    siblings, number = _found(changed, place)
    node = siblings.pop(number)
    siblings.insert(max(0, number + by), node)
    return changed


def _found(definition: Json, place: str) -> tuple[list[Json], int]:
    """The list that `place` stands in, and its number there."""
    above, _, last = place.rpartition(".")
    siblings = _list_at(definition, above)
    return siblings, _number(last, siblings)


def _list_at(definition: Json, path: str) -> list[Json]:
    part, *numbers = path.split(".")
    if part not in LISTS or len(path) > LONGEST_PLACE:
        raise NoSuchPlace(path)
    nodes: list[Json] = definition.setdefault(part, [])
    for number in numbers:
        node = nodes[_number(number, nodes)]
        if not is_group(node):
            raise NoSuchPlace(path)
        nodes = node["rules"]
    return nodes


def _number(text: str, nodes: list[Any]) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < len(nodes)):
        raise NoSuchPlace(text)
    return int(text)
