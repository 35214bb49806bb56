"""Sections that later rooms put on a person's page."""

from collections.abc import Callable

from markupsafe import Markup

from app.people.models import Person
from app.programmes.models import Participant

Section = Callable[[Participant, Person], Markup | None]
_SECTIONS: list[Section] = []


def offers(fn: Section) -> Section:
    """Register a function that draws a section for a participant, or None; it asks `can()` itself."""
    if fn not in _SECTIONS:
        _SECTIONS.append(fn)
    return fn


def sections_of(participant: Participant, person: Person) -> list[Markup]:
    """The sections that other rooms have for a participant."""
    return [drawn for section in _SECTIONS if (drawn := section(participant, person)) is not None]
