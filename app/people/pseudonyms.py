"""Random pseudonyms, which say nothing of the person."""

import secrets

from sqlalchemy import text

from tenants.db import db

LETTERS = b"23456789ABCDEFGHJKMNPQRSTVWXYZ"  # letters and digits that are not mistaken for each other
LENGTH = 6
_LETTER_OF = bytes(LETTERS[byte % len(LETTERS)] for byte in range(256))
_TAKEN = """
SELECT made FROM unnest(CAST(:made AS text[])) made
WHERE EXISTS (SELECT 1 FROM person WHERE pseudonym = made)
"""


def pseudonyms(count: int) -> list[str]:
    """So many random pseudonyms like P-7KQ2M9."""
    random = secrets.token_bytes(count * LENGTH).translate(_LETTER_OF).decode()
    return [f"P-{random[start : start + LENGTH]}" for start in range(0, len(random), LENGTH)]


def new_pseudonyms(count: int) -> list[str]:
    """So many different ones that nobody of the PCN has."""
    found: dict[str, None] = {}
    while len(found) < count:
        made = pseudonyms(count - len(found))
        taken = set(db.session.scalars(text(_TAKEN), {"made": made}))
        found |= dict.fromkeys(one for one in made if one not in taken)
    return list(found)
