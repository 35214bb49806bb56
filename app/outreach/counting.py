"""What is counted when a batch is built: messages, their parts, and whose are worth reading first.

The parts of a text are counted of whole texts as they will go out, but each text that is alike only once.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from app import clock
from app.fonts import cannot_print
from app.library import sms
from app.library.models import LibraryItem
from app.library.rules import placeholders_of
from app.outreach import links
from app.outreach.facts import Candidate, address_of, known_of
from app.outreach.rules import can_be_rung
from app.outreach.wording import Letterhead, text_with, wants_large_print
from tenants import scope
from tenants.db import Json

Going = Sequence[tuple[Candidate, LibraryItem]]

# How a text to one person can differ from a text to another, by the placeholder that makes the difference.
_DIFFER: dict[str, Callable[[Candidate], Hashable]] = {
    "first name": lambda one: one.given_name,
    "practice": lambda one: one.practice,
    "interpreter": lambda one: one.facts.interpreter,
    "large print": lambda one: wants_large_print(one.facts),
    "follow-up": lambda one: one.facts.status != "identified",
    "can be rung": lambda one: can_be_rung(one.facts),
}
_ALIKE = frozenset(
    {"pcn", "programme", "sender name", "sender phone", "sender address", "privacy address", "reply link"}
)


def counted(channel: str, going: Going, head: Letterhead) -> Json:
    """The number of parts, letters or e-mails, and who has the shortest and the longest first name.

    Of letters also how many names and addresses our typefaces cannot print.
    """
    by_name = sorted((one for one, _ in going), key=lambda one: len(one.given_name))
    samples = [one.participant_id for one in by_name[:1] + by_name[-1:]]
    if channel == "letter":
        unprintable = sum(bool(cannot_print(address_of(one.person))) for one, _ in going)
        return {"units": len(going), "samples": samples, "unprintable": unprintable}
    if channel != "text":
        return {"units": len(going), "samples": samples}
    parts = _parts(going, head)
    return {"units": sum(size * people for size, people in parts), "samples": samples} | {
        "most_parts": max((size for size, _ in parts), default=0)
    }


def _parts(going: Going, head: Letterhead) -> list[tuple[int, int]]:
    """How many parts the texts have that are alike, and how many there are of them."""
    by_template = {template: _differing(template) for template in {template for _, template in going}}
    keys = [(template, *by_template[template](one)) for one, template in going]
    alike, example = Counter(keys), dict(zip(keys, going, strict=True))
    known = known_of([one.participant_id for one, _ in example.values()])
    # The link differs in letters that all count alike, never in length.
    link = links.address_of(f"{scope.current().tenant}-{'x' * links.SECRET_LENGTH}")
    day = clock.today()
    return [
        (sms.parts_of(text_with(link, template.body, known[one.participant_id], head, day)), alike[key])
        for key, (one, template) in example.items()
    ]


def _differing(template: LibraryItem) -> Callable[[Candidate], tuple[Hashable, ...]]:
    """What tells, of one person, what makes the text to them another than the text to the next."""
    used = placeholders_of(template.body)
    if used - _DIFFER.keys() - _ALIKE:
        return lambda one: (one.participant_id,)
    asked = [_DIFFER[name] for name in sorted(used & _DIFFER.keys())]
    return lambda one: tuple(of(one) for of in asked)
