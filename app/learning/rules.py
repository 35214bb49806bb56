"""What a learning page is made of, what may not stand in it, and how its figures are written."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.cohorts.plans import Step
from app.library.identifiers import identifiers_in
from app.library.rules import placeholders_of
from app.suppression import OUTSIDE
from tenants.db import Json


@dataclass(frozen=True)
class Section:
    """One part of the write-up: its key in the row, its heading, and what helps to write it."""

    key: str
    heading: str
    hint: str
    needed: bool = False


# In the order of the write-ups that the service comes from.
SECTIONS = (
    Section("aim", "Aim", "What did you want to change, and for whom?", needed=True),
    Section("data", "Data we used", "Which sources were linked, and what did they show?"),
    Section("who", "Who it was for", "Who was in the cohort, and why them?"),
    Section("offered", "What people were offered", "The menu of support, in plain words."),
    Section("inequalities", "How we addressed inequalities", "Who is usually missed, and what did you do?"),
    Section("did", "What we did", "The steps, and who did them.", needed=True),
    Section("results", "What came of it", "Write ((engaged)) for a number: it is filled in.", needed=True),
    Section("challenges", "What was hard", "What got in the way?"),
    Section("learning", "What we learnt", "What would you do again, and what differently?", needed=True),
    Section("next", "What comes next", "What happens now, and who could take it up?"),
)

_NUMBERS = "[1-7]|one|two|three|four|five|six|seven"
_PEOPLE = "people|persons?|patients?|participants?|residents?|men|man|women|woman|members?"
_FEW = re.compile(rf"\b(?:{_NUMBERS})\s+(?:of the\s+)?(?:{_PEOPLE})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Figure:
    """One number as others may see it: a count, its denominator and the share; None where it is hidden."""

    name: str
    kind: str
    count: int | None
    of: int | None
    of_name: str

    @property
    def shown(self) -> str:
        """The count in words. Hidden is not zero."""
        return _in_words(self.count)

    @property
    def percent(self) -> int | None:
        """The share in percent, of the rounded numbers; None where one is hidden or there is nobody."""
        return None if self.count is None or not self.of else round(100 * self.count / self.of)

    @property
    def as_json(self) -> Json:
        """The figure as it is published."""
        return {
            "name": self.name,
            "kind": self.kind,
            "count": self.count,
            "of": self.of,
            "of_name": self.of_name,
            "shown": self.shown,
            "percent": self.percent,
        }


def figures(counts: Iterable[tuple[str, str, int]]) -> list[Figure]:
    """`counts` (name, kind, how many) as others may see them, each out of the first.

    Counts from 1 to 7 are hidden, others rounded to the nearest 5; zero stays zero.
    Source: NHS England, disclosure control for HES and ECDS (domain.md 4.4).
    """
    rows = list(counts)
    first = rows[0] if rows else ("", "", 0)
    whole = OUTSIDE.shown(first[2])
    return [Figure(name, kind, OUTSIDE.shown(count), whole, first[0].lower()) for name, kind, count in rows]


def narrowing(steps: Iterable[Step]) -> list[Json]:
    """How a cohort came about: each step's label, how many it took out and how many were left, in words."""
    return [{"label": step.label, "lost": step.lost.words, "left": step.left.words} for step in steps]


def _in_words(count: int | None) -> str:
    """A safe count as it is written. Hidden is not zero."""
    return f"{count:,}" if count is not None else f"fewer than {OUTSIDE.highest + 1}"


def values_of(shown: Iterable[Figure]) -> dict[str, str]:
    """What each placeholder of a learning page is filled with."""
    return {figure.kind: figure.shown for figure in shown}


def faults_in(text: str, known: Iterable[str], names: Iterable[str] = ()) -> list[str]:
    """What must be put right in `text` before it is saved; each fault an instruction.

    `known` are the placeholders there are, `names` the names of people who may not be mentioned.
    """
    faults = [_unknown(name, known) for name in sorted(placeholders_of(text) - set(known))]
    faults += identifiers_in(text)
    faults += [
        f"Take out “{name}”: it is the name of somebody in this programme" for name in named_in(text, names)
    ]
    return faults + [
        f"Take out “{few}”: so few could be recognised. Write a placeholder such as ((engaged))"
        for few in few_in(text)
    ]


def _unknown(name: str, known: Iterable[str]) -> str:
    listed = ", ".join(f"(({each}))" for each in known)
    return f"Change (({name})): there is no figure of that name. You can use {listed}"


def named_in(text: str, names: Iterable[str]) -> list[str]:
    """Those of `names` that stand in `text`, without regard to case."""
    words = " ".join(re.sub(r"[^\w'’-]+", " ", text.casefold()).split())
    padded = f" {words} "
    return sorted({name for name in names if f" {name.casefold()} " in padded})


def few_in(text: str) -> list[str]:
    """Every mention in `text` of fewer than 8 people ("three people")."""
    return [found.group() for found in _FEW.finditer(text)]


def missing(sections: Mapping[str, str]) -> list[Section]:
    """The sections that must say something before a page is shared, and do not."""
    return [section for section in SECTIONS if section.needed and not sections.get(section.key, "").strip()]
