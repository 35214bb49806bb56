"""Where an item is in use. Rooms that use items say so here; the item's page asks them all."""

from collections.abc import Callable
from dataclasses import dataclass

from app.library.models import LibraryItem


@dataclass(frozen=True)
class Use:
    """A place where an item is used, such as a programme. `href` is empty for those who may not go there."""

    text: str
    href: str


Offer = Callable[[LibraryItem], list[Use]]
_OFFERS: list[Offer] = []


def offers(fn: Offer) -> Offer:
    """Register a function that says where an item is used."""
    if fn not in _OFFERS:
        _OFFERS.append(fn)
    return fn


def uses_of(item: LibraryItem) -> list[Use]:
    """Everywhere that any version given as `item` is used."""
    return [use for offer in _OFFERS for use in offer(item)]
