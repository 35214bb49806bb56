"""Whether what a list says of somebody and what the practices know of somebody are one person. Pure.

The rule: an NHS number first; else any three of given name, family name, date of birth and postcode, for
exactly one person; never a person with another NHS number. An NHS number alone does not link where the rest
speaks against it. Source: NHS service manual, "Ask users for their NHS number": do not match on the number
alone (domain.md 2.1); peers.md 18 to 21.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.people import rules

AGREES, DIFFERS, NOT_GIVEN = "agrees", "differs", "not given"
ITEMS = {
    "given_name": "given name",
    "family_name": "family name",
    "born": "date of birth",
    "postcode": "postcode",
}
ENOUGH = 3
MOST_CANDIDATES = 10  # of whom too little is known to choose; more than these nobody can go through

NOT_LISTED = "person not in the list"
NOBODY = "nobody in the lists matches"
TOO_LITTLE = "too little is given to tell who it is"
SEVERAL = "several people match"
UNSURE = "only two details agree"
CONTRADICTED = "the NHS number is of somebody whose details differ"

# Words of a family name that say nothing by themselves.
_PARTICLES = frozenset(
    {
        "al",
        "bin",
        "da",
        "de",
        "del",
        "den",
        "der",
        "di",
        "dos",
        "du",
        "el",
        "la",
        "le",
        "mac",
        "mc",
        "van",
        "von",
    }
)


@dataclass(frozen=True)
class Said:
    """Who a row says it is about, or who a person is: empty texts and None where it is not given."""

    given_name: str = ""
    family_name: str = ""
    born: dt.date | None = None
    postcode: str = ""
    nhs_number: str = ""


@dataclass(frozen=True)
class Candidate:
    """A person whom a row may be about. `numbers` are the NHS numbers of all records of that person."""

    id: int
    said: Said
    numbers: frozenset[str]


@dataclass(frozen=True)
class Compared:
    """A candidate with what agrees, differs or is not given, by item."""

    candidate: Candidate
    items: Mapping[str, str]

    @property
    def agreeing(self) -> int:
        """How many of the four items agree."""
        return sum(how == AGREES for how in self.items.values())

    @property
    def differing(self) -> int:
        """How many of the four items are given on both sides and differ."""
        return sum(how == DIFFERS for how in self.items.values())

    @property
    def words(self) -> str:
        """What agrees, as "given name, family name and postcode"."""
        *first, last = [ITEMS[item] for item, how in self.items.items() if how == AGREES] or ["nothing"]
        return f"{', '.join(first)} and {last}" if first else last


@dataclass(frozen=True)
class Verdict:
    """Whom a row is about and by what; or why it waits; or, with `refused`, why it is about nobody."""

    person_id: int | None = None
    how: str = ""
    reason: str = ""
    refused: bool = False


def judge(said: Said, candidates: Iterable[Candidate]) -> Verdict:
    """Whom the row is about, among the people who may be it."""
    if said.nhs_number:
        return _by_number(said, candidates)
    compared = [compare(said, candidate) for candidate in candidates]
    strong = [one for one in compared if one.agreeing >= ENOUGH]
    best = [one for one in strong if not one.differing] or strong
    if len(best) == 1:
        return Verdict(best[0].candidate.id, best[0].words)
    if best:
        return Verdict(reason=SEVERAL)
    unsure = [one for one in compared if possible(one)]
    if len(unsure) > MOST_CANDIDATES:
        return Verdict(reason=TOO_LITTLE, refused=True)
    return Verdict(reason=UNSURE) if unsure else Verdict(reason=NOBODY, refused=True)


def _by_number(said: Said, candidates: Iterable[Candidate]) -> Verdict:
    for candidate in candidates:
        if said.nhs_number in candidate.numbers:
            compared = compare(said, candidate)
            if not compared.differing or compared.agreeing >= 2:
                return Verdict(candidate.id, "NHS number")
            return Verdict(reason=CONTRADICTED)
    return Verdict(reason=NOT_LISTED, refused=True)


def possible(compared: Compared) -> bool:
    """Whether somebody might say that it is this person: three agree, or two and nothing differs."""
    return compared.agreeing >= ENOUGH or (compared.agreeing == 2 and not compared.differing)


def may_be(said: Said, candidate: Candidate) -> bool:
    """Whether the row's NHS number, where it has one, is one of the candidate's."""
    return not said.nhs_number or said.nhs_number in candidate.numbers


def ranked(said: Said, candidates: Iterable[Candidate]) -> list[Compared]:
    """Those whom the row may be about, the likeliest first; never one with another NHS number."""
    compared = [compare(said, candidate) for candidate in candidates if may_be(said, candidate)]
    wanted = [one for one in compared if possible(one) or said.nhs_number in one.candidate.numbers]
    return sorted(wanted, key=lambda one: (-one.agreeing, one.differing, one.candidate.id))


def compare(said: Said, candidate: Candidate) -> Compared:
    """What agrees, differs or is not given, item by item. Names may have changed places."""
    person = candidate.said
    given = _known(said.given_name, person.given_name, given_names_agree)
    family = _known(said.family_name, person.family_name, family_names_agree)
    if AGREES not in (given, family) and _changed_places(said, person):
        given = family = AGREES
    return Compared(
        candidate,
        {
            "given_name": given,
            "family_name": family,
            "born": _same(said.born, person.born),
            "postcode": _same(_close(said.postcode), _close(person.postcode)),
        },
    )


def _known(left: str, right: str, agree: Callable[[str, str], bool]) -> str:
    if not words_of(left) or not words_of(right):
        return NOT_GIVEN
    return AGREES if agree(left, right) else DIFFERS


def _same(left: object, right: object) -> str:
    if not left or not right:
        return NOT_GIVEN
    return AGREES if left == right else DIFFERS


def _close(postcode: str) -> str:
    return "".join(postcode.upper().split())


def _changed_places(said: Said, person: Said) -> bool:
    """Whether the names stand the other way round. Initials do not count for that."""
    ours = words_of(said.given_name), words_of(said.family_name)
    theirs = words_of(person.family_name), words_of(person.given_name)
    return all(ours) and ours == theirs and min(len("".join(words)) for words in ours) > 1


def given_names_agree(left: str, right: str) -> bool:
    """Whether two given names are one: the same, one of several names, or the initials of the other."""
    ours, theirs = words_of(left), words_of(right)
    return _same_words(ours, theirs) or _initials_of(ours, theirs) or _initials_of(theirs, ours)


def family_names_agree(left: str, right: str) -> bool:
    """Whether two family names are one: the same, in another order, or one part of a double name."""
    return _same_words(words_of(left), words_of(right))


def _same_words(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    if "".join(ours) == "".join(theirs):
        return True
    fewer, more = sorted((set(ours), set(theirs)), key=len)
    return bool(_telling(fewer)) and fewer <= more


def _telling(words: Collection[str]) -> set[str]:
    return {word for word in words if len(word) > 1 and word not in _PARTICLES}


def _initials_of(short: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Whether `short` is nothing but the first initials of `names`: "J", or "J L" of Jean-Luc."""
    initials = "".join(name[0] for name in names)
    return all(len(word) == 1 for word in short) and initials.startswith("".join(short))


@lru_cache(maxsize=20_000)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name without case, accents, apostrophes and hyphens."""
    return tuple(rules.name_key(name).split())
