"""What a person needs so that information reaches them, and their numbers as people write them."""

import re

from app.languages import LANGUAGES
from app.people.models import Person

# As the practices' systems write it → as we say it.
WAYS = {"SMS": "Text message", "Telephone": "Phone call"}


def language(code: str) -> str:
    """The name of a language; its code where we have no name for it."""
    return LANGUAGES.get(code, code)


def way(written: str) -> str:
    """A preferred way of contact in plain words.

    >>> way("SMS")
    'Text message'
    """
    return WAYS.get(written, written)


def telephone(written: str) -> str:
    """A telephone number in groups that can be read aloud. What is no United Kingdom number stays as written.

    Source: Ofcom, numbers for use in drama, as printed there.

    >>> telephone("07700900123"), telephone("00 353 1 555")
    ('07700 900123', '00 353 1 555')
    """
    digits = re.sub(r"\s", "", written)
    return f"{digits[:5]} {digits[5:]}" if re.fullmatch(r"07\d{9}|01\d{9}", digits) else written


def communication_needs(person: Person) -> dict[str, str]:
    """What the person needs so that information reaches them; empty where nothing is recorded.

    Source: Accessible Information Standard (DAPB1605). Language is shown with it though it stands outside it.
    """
    needs = {
        "Information format": person.information_format,
        "Language": language(person.language) if person.language not in ("en", "") else "",
        "Interpreter": "Needs an interpreter" if person.interpreter else "",
        "Preferred contact": way(person.preferred_contact),
    }
    return {name: value for name, value in needs.items() if value}
