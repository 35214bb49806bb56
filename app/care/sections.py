"""What later rooms put on a person's page: sections, and consents to share."""

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


# What somebody agreed to share: each a sentence, and whether it still holds.
Consents = Callable[[Participant], list[tuple[str, bool]]]
_CONSENTS: list[Consents] = []


def tells_consents(fn: Consents) -> Consents:
    """Register a function that says what a participant agreed to share, newest first."""
    if fn not in _CONSENTS:
        _CONSENTS.append(fn)
    return fn


def consents_of(participant: Participant) -> list[tuple[str, bool]]:
    """What a participant agreed to share, as sentences, each with whether it still holds."""
    return [told for tells in _CONSENTS for told in tells(participant)]
