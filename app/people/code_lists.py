"""Code lists: the SNOMED CT concepts that stand for a condition or a measure, in versions, with sources.

The data is `reference/code_lists.yaml`, read once. A version never changes; its fingerprint proves it.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).resolve().parent / "reference" / "code_lists.yaml"
KINDS = ("condition", "measure", "pair", "care")


class UnknownCodeList(LookupError):
    """There is no list of that name, or not in that version; the message says which."""


@dataclass(frozen=True)
class Concept:
    """A SNOMED CT concept: its id and its term."""

    code: str
    term: str


@dataclass(frozen=True)
class CodeList:
    """One version of a list. `version` is its day, like 2026-11-22; `kind` one of KINDS."""

    name: str
    kind: str
    version: str
    source: str
    concepts: tuple[Concept, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The concepts' ids, in the order of the list."""
        return tuple(concept.code for concept in self.concepts)

    @property
    def fingerprint(self) -> str:
        """Twelve letters and digits that are others as soon as anything in the list is."""
        said = [self.name, self.kind, self.version, self.source, [[c.code, c.term] for c in self.concepts]]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]


def code_list(name: str, version: str | None = None) -> CodeList:
    """The list of that name in that version, or in its newest; raises UnknownCodeList."""
    versions = versions_of(name)
    for found in versions:
        if version in (None, found.version):
            return found
    raise UnknownCodeList(f"The code list “{name}” has no version {version}.")


def versions_of(name: str) -> tuple[CodeList, ...]:
    """Every version of the list of that name, newest first; raises UnknownCodeList."""
    try:
        return _read()[name]
    except KeyError:
        raise UnknownCodeList(f"There is no code list “{name}”.") from None


def code_lists(*kinds: str) -> tuple[CodeList, ...]:
    """Each list in its newest version, in the order of the file; those of `kinds` where any are given."""
    newest = (versions[0] for versions in _read().values())
    return tuple(found for found in newest if not kinds or found.kind in kinds)


def codes_ever(name: str) -> frozenset[str]:
    """Every code that any version of the list holds: what was once read as a measure stays one."""
    return frozenset(code for version in versions_of(name) for code in version.codes)


@cache
def _read() -> dict[str, tuple[CodeList, ...]]:
    entries: Iterable[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {entry["name"]: _versions(entry) for entry in entries}


def _versions(entry: dict[str, Any]) -> tuple[CodeList, ...]:
    found = (
        CodeList(
            entry["name"],
            entry["kind"],
            str(said["version"]),
            said["source"],
            tuple(Concept(concept["code"], concept["term"]) for concept in said["concepts"]),
        )
        for said in entry["versions"]
    )
    return tuple(sorted(found, key=lambda version: version.version, reverse=True))


__all__ = ["CodeList", "Concept", "UnknownCodeList", "code_list", "code_lists", "codes_ever", "versions_of"]
