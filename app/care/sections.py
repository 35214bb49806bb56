"""Sections that later rooms put on a person's page, and what the person agreed to share there."""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from app.people.models import Person
from app.programmes.models import Participant


@dataclass(frozen=True)
class Section:
    """A section as drawn, and each consent that stands behind it: a sentence, and whether it still holds."""

    drawn: Markup
    consents: tuple[tuple[str, bool], ...] = ()


Draws = Callable[[Participant, Person], Section | None]
_SECTIONS: list[Draws] = []


def offers(fn: Draws) -> Draws:
    """Register a function that makes a section for a participant, or None; it asks `can()` itself."""
    if fn not in _SECTIONS:
        _SECTIONS.append(fn)
    return fn


def sections_of(participant: Participant, person: Person) -> list[Section]:
    """The sections that other rooms have for a participant."""
    return [section for draws in _SECTIONS if (section := draws(participant, person)) is not None]
