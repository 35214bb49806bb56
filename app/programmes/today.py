"""What waits for the person here. Each room says what it has; the page "Today" asks them all."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Todo:
    """Something that waits: `count` of `text` ("calls due today"), behind `href`.

    Where there is nothing to count (`count` 0), `text` is a whole instruction ("Start your first programme").
    What is `urgent` stands before all else, of whichever room it is.
    """

    text: str
    href: str
    count: int = 0
    hint: str = ""
    urgent: bool = False


Offer = Callable[[], list[Todo]]
_OFFERS: list[Offer] = []


def offers(fn: Offer) -> Offer:
    """Register a function that says what waits for the person here; it checks permissions with `can()`."""
    if fn not in _OFFERS:
        _OFFERS.append(fn)
    return fn


def waiting() -> list[Todo]:
    """All that waits for the person here: what is urgent, then in the order of the rooms on the spine."""
    return sorted((todo for offer in _OFFERS for todo in offer()), key=lambda todo: not todo.urgent)
