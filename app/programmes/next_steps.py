"""What a programme needs next. Each room says what it sees; the programme's page asks them all."""

from collections.abc import Callable

from app.programmes.models import Programme
from app.programmes.today import Todo

Offer = Callable[[Programme], Todo | None]
_OFFERS: list[Offer] = []


def offers(fn: Offer) -> Offer:
    """Register a function that says what a programme needs next, or None; it asks `can()` itself."""
    if fn not in _OFFERS:
        _OFFERS.append(fn)
    return fn


def next_steps(programme: Programme) -> list[Todo]:
    """What is to be done next in `programme` by the person here."""
    return [todo for offer in _OFFERS if (todo := offer(programme)) is not None]


__all__ = ["Todo", "next_steps", "offers"]
