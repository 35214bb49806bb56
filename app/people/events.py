"""Coded events: how a line becomes an entry of a record; how entries are linked, weighed and saved as sets.

Plain lines are packed and staged by the ten thousand; a line that is refused or set aside is understood by
itself, and kept with its reason.
"""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.people import merging, rules, values
from app.people.codes import MEASURES
from app.people.columns import EVENTS
from app.people.import_models import ImportFile
from app.people.packing import Memo, Packer, clean, copied, joined
from app.people.patients import BAD_CHECK_DIGIT, number_in, number_of
from app.people.staging import joined_by_hash, with_memory
from app.people.understanding import (
    SET_ASIDE,
    Bulk,
    Cells,
    Kind,
    Refusal,
    Row,
    SetAside,
    Settled,
    Surroundings,
    refused,
)
from tenants.db import Json, db

NOT_LISTED = "person not in the list"
TWICE = ("unchanged", "same entry twice")
FUTURE = "date in the future"
UNBORN = "date before the person was born"
AT_ONCE = 50_000
_CODE = re.compile(r"\d{6,18}")
_COLUMNS = {
    "line": "bigint", "nhs_number": "text", '"on"': "date", "term": "text", "code": "text",
    "value": "numeric(10, 2)", "unit": "text", "original": "text",
}  # fmt: skip


def understand(cells: Cells, around: Surroundings) -> Row:
    """Why the line is refused or set aside. A plain line is not asked for here: see `packer`."""
    try:
        on, number, code = _day(cells["on"], around.today), number_in(cells), _code(cells["code"])
    except Refusal as refusal:
        return refused(str(refusal))
    written = {name: rules.given(cells.get(name, "")) for name in ("term", "value", "unit")}
    data: Json = {"nhs_number": number, "on": on.isoformat(), "code": code, **written}
    try:
        packed_value(code, written["value"], written["unit"])
        past(on, around.today)
    except SetAside as doubt:
        return Row(SET_ASIDE, str(doubt), data=data)
    return Row(data=data)


def _day(cell: str, today: dt.date) -> dt.date:
    try:
        found = rules.date_of(cell, today)
    except rules.Unreadable:
        raise Refusal("impossible date") from None
    if found is None:
        raise Refusal("no date")
    return found


def past(day: dt.date, today: dt.date) -> str:
    """The day as text; raises SetAside where it lies after `today`."""
    if day > today:
        raise SetAside(FUTURE)
    return day.isoformat()


def _code(cell: str) -> str:
    code = rules.given(cell)
    if not code:
        raise Refusal("no SNOMED code")
    if not _CODE.fullmatch(code):
        raise Refusal("not a SNOMED code")
    return code


Measured = tuple[str, str | None, str, str | None]  # code, value, unit, and the value as it came


def measured(code: str, value: str, unit: str) -> Measured:
    """The value in its measure's own unit, with what it came as where that differs; raises SetAside."""
    if not value:
        return code, None, unit, None
    try:
        measure = MEASURES.get(code)
        if measure is None:
            number = values.number_of(value).quantize(values.CENT)
            return code, str(number), unit, None
        found: Decimal = values.read(measure, value, unit)
    except values.CannotUse as doubt:
        raise SetAside(str(doubt)) from None
    return code, str(found), measure.unit, values.original_of(value, unit, found)


def halves(value: str, unit: str) -> list[str]:
    """A pair like 140/90 as the two events that it becomes, each as its term and what follows it."""
    try:
        pair = values.pair_of(value, unit)
    except values.CannotUse as doubt:
        raise SetAside(str(doubt)) from None
    came = f"{value} {unit}".strip()
    return [joined((half.term, half.code, str(half.value), half.unit, came)) for half in pair]


def packer(places: Mapping[str, int], width: int, around: Surroundings) -> Packer:
    """What packs a plain line; raises Refusal or SetAside for any other.

    The check digit is looked at where nobody has the number: whoever is in the lists has a good one.
    """
    number, on, code, value, unit = (places[name] for name in ("nhs_number", "on", "code", "value", "unit"))
    term = places.get("term")
    days, terms, rest = _understood(around.today)

    def pack(line: int, cells: list[str]) -> str:
        after = rest[cells[code], cells[value], cells[unit]]
        digits = cells[number].replace(" ", "").replace("-", "")
        if len(digits) != rules.NHS_DIGITS or not (digits.isascii() and digits.isdigit()):
            digits = number_of(cells[number])
        head = f"{line}\t{digits}\t{days[cells[on]]}\t"
        if type(after) is str:
            return f"{head}{terms[cells[term]] if term is not None else ''}\t{after}\n"
        return "".join(f"{head}{half}\n" for half in after)

    return Packer(_COLUMNS, width, pack)


@lru_cache(maxsize=1)
def _understood(today: dt.date) -> tuple[Memo, Memo, Memo]:
    """The days, the terms, and what follows them, kept from chunk to chunk. They say nothing of anybody."""
    return (
        Memo(lambda cell: past(_day(clean(cell), today), today)),
        Memo(lambda cell: copied(rules.given(clean(cell)))),
        Memo(_packed_cells),
    )


def _packed_cells(cells: tuple[str, str, str]) -> str | list[str]:
    code, value, unit = (clean(cell) for cell in cells)
    return packed_value(_code(code), rules.given(value), rules.given(unit))


def packed_value(code: str, value: str, unit: str) -> str | list[str]:
    """What follows the term of an event; for a pair like 140/90 its two events. Raises SetAside."""
    if code in values.PAIRS and value:
        return halves(value, unit)
    return joined(measured(code, value, unit))


# Reads `reading`, the temporary table that staging.py fills with the lines that are not plain.
WEIGH = f"""
SELECT r.line, r.key, r.cells,
  CASE WHEN p.id IS NULL THEN r.data
       ELSE r.data || jsonb_build_object('person_id', p.id) END AS data,
  CASE WHEN p.id IS NULL THEN 'refused' ELSE r.outcome END AS outcome,
  CASE WHEN r.outcome = 'refused' OR p.id IS NOT NULL THEN r.reason ELSE '{NOT_LISTED}' END AS reason
FROM reading r
LEFT JOIN person p ON p.nhs_number = r.data->>'nhs_number'
"""  # noqa: S608 - built from the names above, nothing else

# What comes under the number of a merged record is moved to the person when all is saved: see `finish`.
_LINK = """
INSERT INTO staged_event (tenant_id, import_id, line, person_id, "on", code, term, value, unit, original)
SELECT :tenant, :import_id, r.line, p.id, r."on", r.code, r.term, r.value, r.unit,
  r.original
FROM packed r JOIN person p ON p.nhs_number = r.nhs_number AND r."on" >= p.born
"""
# A code or a value of before the person's birth cannot be true. A pair is kept once, with its first half.
_UNBORN = """
SELECT r.line, r.nhs_number, r."on", r.code, r.term,
  coalesce(r.original, trim_scale(r.value)::text, '') AS value,
  CASE WHEN r.original IS NULL THEN r.unit ELSE '' END AS unit
FROM packed r JOIN person p ON p.nhs_number = r.nhs_number AND r."on" < p.born
ORDER BY r.line, r.code DESC
"""
_UNKNOWN = """
SELECT DISTINCT line, nhs_number FROM packed r
WHERE NOT EXISTS (SELECT 1 FROM person p WHERE p.nhs_number = r.nhs_number)
"""


def link(found: ImportFile, copied_rows: int) -> tuple[int, dict[int, Row]]:
    """Link the packed lines to people of the lists: how many rows.

    And the lines that cannot be linked: their person is in no list, or was not born on their day.
    """
    asked = {"import_id": found.id, "tenant": found.tenant_id}
    linked = int(db.session.execute(text(_LINK), asked).rowcount)  # type: ignore[attr-defined]
    if linked == copied_rows:
        return linked, {}
    odd = {line: refused(_why_unknown(number)) for line, number in db.session.execute(text(_UNKNOWN))}
    for row in db.session.execute(text(_UNBORN)).mappings():
        data = {name: value for name, value in row.items() if name != "line"}
        odd[row["line"]] = Row(SET_ASIDE, UNBORN, data=data | {"on": row["on"].isoformat()})
    return linked, odd


def _why_unknown(number: str) -> str:
    return NOT_LISTED if rules.has_check_digit(number) else BAD_CHECK_DIGIT


_TWICE = """
WITH again AS (
  SELECT person_id, code, "on", value, min(line) AS first FROM staged_event
  WHERE import_id = :import_id GROUP BY person_id, code, "on", value HAVING count(*) > 1),
gone AS (
  DELETE FROM staged_event s USING again a
  WHERE s.import_id = :import_id AND s.person_id = a.person_id AND s.code = a.code AND s."on" = a."on"
    AND s.value IS NOT DISTINCT FROM a.value AND s.line > a.first RETURNING s.line)
SELECT count(*), count(DISTINCT line) FROM gone
"""
_HELD = """
DELETE FROM staged_event s USING coded_event e
WHERE s.import_id = :import_id AND e.person_id = s.person_id AND e.code = s.code AND e."on" = s."on"
  AND e.value IS NOT DISTINCT FROM s.value
"""
# What came under the number of a merged record before is the person's by now.
_HELD_ELSEWHERE = """
DELETE FROM staged_event s USING person p, coded_event e
WHERE s.import_id = :import_id AND p.id = s.person_id AND p.merged_into IS NOT NULL
  AND e.person_id = p.merged_into AND e.code = s.code AND e."on" = s."on"
  AND e.value IS NOT DISTINCT FROM s.value
"""
_LEFT = "SELECT count(DISTINCT line) FROM staged_event WHERE import_id = :import_id"


def settle(found: ImportFile) -> Settled:
    """Take out what comes twice and what is held already; how many lines are new, and how many unchanged."""
    asked = {"import_id": found.id}
    lines, rows = found.cursor["packed"], found.cursor["staged"]
    with joined_by_hash(), with_memory():
        again, lines_again = db.session.execute(text(_TWICE), asked).one()
        held = db.session.execute(text(_HELD), asked).rowcount  # type: ignore[attr-defined]
        if merging.any_merged():
            held += db.session.execute(text(_HELD_ELSEWHERE), asked).rowcount  # type: ignore[attr-defined]
        new = rows - again - held
        if rows != lines:  # pairs: two events of one line
            new = db.session.scalar(text(_LEFT), asked) or 0
    twice = min(lines_again, lines - new)
    return Settled({"new": {None: new}, "unchanged": {TWICE[1]: twice, None: lines - new - twice}})


# In the order of the people, as the key has them: neighbours in the index are written together.
_INSERT = """
INSERT INTO coded_event (tenant_id, person_id, "on", code, term, value, unit, original, import_id)
SELECT :tenant, person_id, "on", code, term, value, unit, original, :import_id FROM staged_event
WHERE import_id = :import_id AND line > :after AND line <= :upto ORDER BY person_id
"""
# What cannot be true is kept apart, as it came.
_KEEP_APART = """
INSERT INTO set_aside_value (person_id, "on", code, term, value, unit, reason, import_id)
SELECT (data->>'person_id')::bigint, (data->>'on')::date, data->>'code', data->>'term', data->>'value',
  data->>'unit', reason, import_id
FROM import_row WHERE import_id = :import_id AND outcome = 'set aside' ORDER BY line
ON CONFLICT DO NOTHING
"""


def save(found: ImportFile, after: int, upto: int) -> int:
    """Save the new events of lines `after` < line ≤ `upto`; returns how many."""
    span = {"import_id": found.id, "tenant": found.tenant_id, "after": after, "upto": upto}
    with with_memory():
        try:
            with db.session.begin_nested():
                done = db.session.execute(text(_INSERT), span)
        except IntegrityError:  # somebody merged two records meanwhile, and an event is there already
            done = db.session.execute(text(f"{_INSERT} ON CONFLICT DO NOTHING"), span)
    saved = int(done.rowcount)  # type: ignore[attr-defined]
    found.cursor = found.cursor | {"touched": found.cursor.get("touched", 0) + saved}
    return saved


def finish(found: ImportFile) -> None:
    """Keep apart what cannot be true, and give people what came under the numbers of merged records."""
    db.session.execute(text(_KEEP_APART), {"import_id": found.id})
    merging.gather()


BULK = Bulk("staged_event", AT_ONCE, packer, link, settle, save)
KIND = Kind(
    "Coded events", ("event", "events"), EVENTS, understand, WEIGH, TWICE, bulk=BULK, finish=finish,
    against=("people", "events"), dates=("on",),
)  # fmt: skip
