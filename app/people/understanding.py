"""What a line of a file turns out to be, before the database is asked about it."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.people.columns import Column
from app.people.import_models import ImportFile
from app.people.packing import Packer
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


class SetAside(Exception):
    """The line is set aside: kept apart and never used. The message is the reason."""


@dataclass(frozen=True)
class Surroundings:
    """What a line is understood against: the day, and the PCN's practices by their code."""

    today: dt.date
    practices: Mapping[str, int]


Cells = Mapping[str, str]


@dataclass(frozen=True)
class Settled:
    """What the plain lines of a file come to: how many by outcome and reason, and how many lack what.

    `refused` are the lines that turned out to be none after all, with the reason.
    """

    tally: Mapping[str, Mapping[str | None, int]]
    notes: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[int, Row] = field(default_factory=dict)


@dataclass(frozen=True)
class Bulk:
    """How the plain lines of a kind go through by the ten thousand: as typed columns, not as one JSON each.

    `packer` makes of them what is copied in, `at_once` lines in one transaction; `link` is told how many rows
    that were, and returns how many it put into `table` and the lines that are refused; `settle` weighs the
    whole file when all is read; `save` saves the lines between two.
    """

    table: str
    at_once: int
    packer: Callable[[Mapping[str, int], int, Surroundings], Packer]
    link: Callable[[ImportFile, int], tuple[int, Mapping[int, Row]]]
    settle: Callable[[ImportFile], Settled]
    save: Callable[[ImportFile, int, int], int]


PEOPLE_AND_LISTS = ("people", "service", "named", "council")


@dataclass(frozen=True)
class Kind:
    """A kind of file: its name, its columns, how a line is understood, how lines are weighed and saved.

    `twice` is the outcome and the reason of a line whose key came earlier in the file. `keeps_others` lets
    through the columns that are none of ours, named by `columns.others`; `prepare` judges in Python what was
    staged, before it is weighed; `saved_outcomes` are those that saving is given; `finish` runs when all is
    saved, and `gone` counts what a whole extract no longer has. `against` are the kinds whose saving may make
    a preview untrue. `dates` are the columns where day and month could be mistaken. Where there is `bulk`, it
    takes the plain lines, and `understand` says what is wrong with the others.
    """

    label: str
    noun: tuple[str, str]
    columns: tuple[Column, ...]
    understand: Callable[[Cells, Surroundings], Row]
    weigh_sql: str
    twice: tuple[str, str]
    save: Callable[[int, int, int], int] | None = None
    keeps_others: bool = False
    prepare: Callable[[int], None] | None = None
    saved_outcomes: tuple[str, ...] = ("new", "changed")
    finish: Callable[[ImportFile], None] | None = None
    gone: Callable[[ImportFile], int] | None = None
    against: tuple[str, ...] = PEOPLE_AND_LISTS
    dates: tuple[str, ...] = ()
    bulk: Bulk | None = None


def refused(reason: str) -> Row:
    """A refused line."""
    return Row(REFUSED, reason)
