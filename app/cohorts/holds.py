"""What must be known before a person is contacted, as later rooms know it. They say so here."""

from collections.abc import Callable

from app.people.models import Person
from app.programmes.models import Participant

Holds = Callable[[Participant, Person], list[str]]
_HOLDS: list[Holds] = []


def offers(fn: Holds) -> Holds:
    """Register a function that gives what its room knows, each a sentence."""
    if fn not in _HOLDS:
        _HOLDS.append(fn)
    return fn


def holds_of(participant: Participant, person: Person) -> list[str]:
    """Everything that stops or limits contact with a participant, each a sentence."""
    return [hold for offer in _HOLDS for hold in offer(participant, person)]
