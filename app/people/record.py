"""What is held of one person: values by measure, conditions, other entries, what is set aside, and origins.

Loaded in one statement. A value counts as a cohort rule would count it: not after today, and plausible; any
other stands with what was set aside.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, Subquery, Text, cast, func, literal, null, select, union_all

from app import clock
from app.people.code_lists import code_lists, codes_ever
from app.people.codes import MEASURES
from app.people.import_models import ImportFile
from app.people.models import CodedEvent, Person, SetAsideValue
from app.render import number
from tenants.db import db

NEWEST = 20  # entries of one code that are loaded
CONDITIONS = {code: listed.name for listed in code_lists("condition") for code in codes_ever(listed.name)}
ORDER = {measure.name: place for place, measure in enumerate(MEASURES.values())}
_FILE = (ImportFile.source, ImportFile.data_date, ImportFile.brought_at, ImportFile.finished_at)
HELD, ASIDE = "held", "set aside"


@dataclass(frozen=True)
class Origin:
    """Where something came from: the source, the day its extract was taken, and when it came to us."""

    source: str
    taken_on: dt.date | None
    came_at: dt.datetime | None


@dataclass(frozen=True)
class Entry:
    """One entry of the record. `original` is the value as it came, where it was converted; `of` how many
    entries of its code there are, and `first_on` the day of the oldest.
    """

    code: str
    term: str
    on: dt.date
    value: Decimal | None
    unit: str
    original: str | None
    origin: Origin
    of: int
    first_on: dt.date


@dataclass(frozen=True)
class SetAside:
    """A value that is not used, as it came, and why."""

    term: str
    on: dt.date
    value: str
    reason: str
    origin: Origin


@dataclass
class Measured:
    """The values of one measure, latest first."""

    name: str
    entries: list[Entry]

    @property
    def more(self) -> int:
        """How many older values there are that were not loaded."""
        return sum(max(of - NEWEST, 0) for of in {entry.code: entry.of for entry in self.entries}.values())

    @property
    def latest(self) -> Entry:
        """The value that counts now."""
        return self.entries[0]


@dataclass
class Record:
    """All that is held, in the order it is read. `conditions` are by name, each with its newest entry.

    `codes` are those of its conditions and other entries without a value.
    """

    measured: dict[str, Measured] = field(default_factory=dict)
    conditions: dict[str, Entry] = field(default_factory=dict)
    others: dict[str, Entry] = field(default_factory=dict)
    set_aside: list[SetAside] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)

    @property
    def latest(self) -> dict[str, Decimal]:
        """The latest value of each measure, by the measure's name."""
        found = {name: measured.latest.value for name, measured in self.measured.items()}
        return {name: value for name, value in found.items() if value is not None}


def record_of(person_id: int, *others: Select[Any]) -> Record:
    """What is held of a person, newest first; with values that other rooms hold, selected by `columns_of`."""
    rows = _ranked(person_id, others)
    statement = (
        select(
            *rows.c, ImportFile.source, ImportFile.data_date, ImportFile.brought_at, ImportFile.finished_at
        )
        .join(ImportFile, ImportFile.id == rows.c.import_id, isouter=True)
        .where(rows.c.nth <= NEWEST)
        .order_by(rows.c.on.desc(), rows.c.told.nulls_last(), rows.c.id.desc())
    )
    found, today = Record(), clock.today()
    for row in db.session.execute(statement):
        _put(found, row, today)
    found.measured = {name: found.measured[name] for name in sorted(found.measured, key=ORDER.__getitem__)}
    return found


def columns_of(table: Any, sort: str, **given: Any) -> Select[Any]:
    """The columns that the rows of a record share, of a table of them; `given` where they are not its own.

    `told` says where a value came from that came by no import.
    """
    own = {name: given.get(name, getattr(table, name, null())) for name in _SHARED}
    return select(literal(sort).label("sort"), *(column.label(name) for name, column in own.items()))


_SHARED = ("code", "term", "on", "value", "unit", "more", "import_id", "id", "told")


def _ranked(person_id: int, others: Sequence[Select[Any]]) -> Subquery[Any]:
    """The rows of a person's record, each with its place among those of its code."""
    held = columns_of(CodedEvent, HELD, value=cast(CodedEvent.value, Text), more=CodedEvent.original)
    held = held.where(CodedEvent.person_id == person_id)
    aside = columns_of(SetAsideValue, ASIDE, more=SetAsideValue.reason)
    aside = aside.where(SetAsideValue.person_id == person_id)
    rows = union_all(held, aside, *others).subquery("held")
    code = [rows.c.sort, rows.c.code]
    newest = [rows.c.on.desc(), rows.c.id.desc()]
    return select(
        *rows.c,
        func.row_number().over(partition_by=code, order_by=newest).label("nth"),
        func.count().over(partition_by=code).label("of"),
        func.min(rows.c.on).over(partition_by=code).label("first_on"),
    ).subquery("ranked")


def _put(record: Record, row: Any, today: dt.date) -> None:
    """Put one row where it belongs: set aside, a measured value, a condition, or another entry."""
    value = Decimal(row.value) if row.sort == HELD and row.value is not None else None
    doubt = row.more if row.sort == ASIDE else _doubt(row.code, value, row.on, today)
    if doubt:
        record.set_aside.append(_aside(row, value, doubt))
        return
    entry = Entry(
        row.code, row.term or row.code, row.on, value, row.unit, row.more, _origin(row), row.of, row.first_on
    )
    measure = MEASURES.get(row.code)
    if measure and value is not None:
        record.measured.setdefault(measure.name, Measured(measure.name, [])).entries.append(entry)
        return
    record.codes.add(row.code)
    if (condition := CONDITIONS.get(row.code)) is not None:
        known = record.conditions.setdefault(condition, entry)
        record.conditions[condition] = replace(known, first_on=min(known.first_on, entry.first_on))
    else:
        record.others.setdefault(row.code, entry)


def _aside(row: Any, value: Decimal | None, doubt: str) -> SetAside:
    """What is not used, with the value as it came."""
    came = row.value if row.sort == ASIDE else row.more or (number(value) if value is not None else "")
    measure = MEASURES.get(row.code)
    name = measure.name if measure else row.term or row.code
    unit = "" if row.sort == HELD and row.more else row.unit
    return SetAside(name, row.on, f"{came} {unit}".strip(), doubt, _origin(row))


def _doubt(code: str, value: Decimal | None, on: dt.date, today: dt.date) -> str | None:
    """Why an entry that is held is not used, or None."""
    measure = MEASURES.get(code)
    if on > today:
        return "date in the future"
    if measure and value is not None and not measure.plausible(value):
        return f"implausible {measure.name}"
    return None


def origins_of(person: Person, *columns: str) -> dict[str, Origin]:
    """Where each of these columns of a person came from: by the import that brought its value."""
    imports = {name: person.came.get(name, {}).get("import", person.import_id) for name in columns}
    statement = select(ImportFile.id, *_FILE).where(ImportFile.id.in_(set(imports.values())))
    files = {row.id: _origin(row) for row in db.session.execute(statement)}
    return {name: files[number] for name, number in imports.items() if number in files}


def _origin(row: Any) -> Origin:
    if getattr(row, "told", None):
        return Origin(row.told, None, None)
    return Origin(row.source, row.data_date, row.finished_at or row.brought_at)
