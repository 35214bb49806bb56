"""What a line of a file turns out to be, before the database is asked about it."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.people.columns import Column
from app.people.models import ImportFile
from tenants.db import Json

REFUSED, SET_ASIDE = "refused", "set aside"


@dataclass
class Row:
    """A line as understood. Without an `outcome` the database still decides: new, changed or unchanged."""

    outcome: str | None = None
    reason: str | None = None
    key: str | None = None
    data: Json = field(default_factory=dict)


class Refusal(Exception):
    """The line is refused; the message is the reason, in the words of the report."""


@dataclass(frozen=True)
class Surroundings:
    """What a line is understood against: the day, and the PCN's practices by their code."""

    today: dt.date
    practices: Mapping[str, int]


Cells = Mapping[str, str]


@dataclass(frozen=True)
class Kind:
    """A kind of file: its name, its columns, how a line is understood, how lines are weighed and saved.

    `twice` is the outcome and the reason of a line whose key came earlier in the file. `keeps_others` lets
    through the columns that are none of ours, named by `columns.others`; `prepare` judges in Python what was
    staged, before it is weighed; `saved_outcomes` are those that saving is given; `finish` runs when all is
    saved, and `gone` counts what a whole extract no longer has.
    """

    label: str
    noun: tuple[str, str]
    columns: tuple[Column, ...]
    understand: Callable[[Cells, Surroundings], Row]
    weigh_sql: str
    twice: tuple[str, str]
    save: Callable[[int, int, int], int]
    keeps_others: bool = False
    prepare: Callable[[int], None] | None = None
    saved_outcomes: tuple[str, ...] = ("new", "changed")
    finish: Callable[[ImportFile], None] | None = None
    gone: Callable[[ImportFile], int] | None = None


def refused(reason: str) -> Row:
    """A refused line."""
    return Row(REFUSED, reason)
