"""How what lists say, and what was moved, is put on a page."""

import datetime as dt
import re

from app.people.candidates import said_of
from app.render import count, date

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

# What rows of other tables are called, one and several.
_ROWS = {
    "coded_event": ("coded entry", "coded entries"),
    "set_aside_value": ("value set aside", "values set aside"),
    "source_entry": ("entry of a list", "entries of lists"),
    "link_decision": ("decision on a row", "decisions on rows"),
    "contact_choice": ("opt-out", "opt-outs"),
    "participant": ("place in a programme", "places in programmes"),
    "contact": ("message or letter", "messages and letters"),
    "person": ("record merged before", "records merged before"),
}


def written_day(value: str) -> str:
    """A day kept as year-month-day as pages write it; anything else as it is.

    >>> written_day("2026-11-02"), written_day("Podiatry")
    ('2 November 2026', 'Podiatry')
    """
    return date(dt.date.fromisoformat(value)) if _DAY.fullmatch(value) else value


def capitalize_first(words: str) -> str:
    """The words with a capital first letter, and all others as they are.

    >>> capitalize_first("the NHS number")
    'The NHS number'
    """
    return words[:1].upper() + words[1:]


def rows_of(number: int, table: str) -> str:
    """ "12 coded entries", "1 call"."""
    plain = table.replace("_", " ")
    return count(number, *_ROWS.get(table, (plain, plain + "s")))


FILTERS = {
    "said": said_of, "written_day": written_day, "capitalize_first": capitalize_first, "rows_of": rows_of,
}  # fmt: skip
