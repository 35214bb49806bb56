"""Coded events: how a line becomes an entry of a record, and how entries are weighed and saved as sets."""

import datetime as dt
import re
from decimal import Decimal, InvalidOperation

from sqlalchemy import text

from app.people import rules
from app.people.codes import MEASURES, UnknownUnit, in_its_unit
from app.people.columns import EVENTS
from app.people.patients import number_in
from app.people.staged import StagedEvent
from app.people.understanding import SET_ASIDE, Cells, Kind, Refusal, Row, Surroundings, refused
from tenants.db import Json, db

STAGED = StagedEvent.__table__
NOT_LISTED = "person not in the list"
TWICE = ("unchanged", "same entry twice")
_CODE = re.compile(r"\d{6,18}")
_LARGEST = Decimal(10) ** 8


class Doubtful(Exception):
    """The line is set aside: kept apart and never used. The message is the reason."""


def understand(cells: Cells, around: Surroundings) -> Row:
    """The line as an event, or why it is refused or set aside."""
    try:
        on = _day(cells["on"], around.today)
        number = number_in(cells)
        code = _code(cells["code"])
    except Refusal as refusal:
        return refused(str(refusal))
    data: Json = {"nhs_number": number, "on": on.isoformat(), "code": code}
    data |= {"term": rules.given(cells.get("term", "")), "unit": rules.given(cells["unit"])}
    try:
        data |= _value(code, rules.given(cells["value"]), data["unit"])
        if on > around.today:
            raise Doubtful("date in the future")
    except Doubtful as doubt:
        return Row(SET_ASIDE, str(doubt), data=data)
    return Row(key=f"{number} {code} {on} {data['value'] or ''}", data=data)


def _day(cell: str, today: dt.date) -> dt.date:
    try:
        found = rules.date_of(cell, today)
    except rules.Unreadable:
        raise Refusal("impossible date") from None
    if found is None:
        raise Refusal("no date")
    return found


def _code(cell: str) -> str:
    code = rules.given(cell)
    if not code:
        raise Refusal("no SNOMED code")
    if not _CODE.fullmatch(code):
        raise Refusal("not a SNOMED code")
    return code


def _value(code: str, value: str, unit: str) -> Json:
    """The value in its measure's own unit, with what it came as where that differs; raises Doubtful."""
    if not value:
        return {"value": None}
    number = _number(value)
    measure = MEASURES.get(code)
    if measure is None:
        return {"value": str(number)}
    try:
        converted = in_its_unit(measure, number, unit).quantize(Decimal("0.01"))
    except UnknownUnit:
        raise Doubtful(f"{measure.name} in an unknown unit") from None
    if not measure.plausible(converted):
        raise Doubtful(f"implausible {measure.name}")
    original = f"{value} {unit}" if converted != number else None
    return {"value": str(converted), "unit": measure.unit, "original": original}


def _number(value: str) -> Decimal:
    try:
        number = Decimal(value.replace(",", ".") if value.count(",") == 1 and "." not in value else value)
    except InvalidOperation:
        raise Doubtful("value is not a number") from None
    if not number.is_finite() or abs(number) >= _LARGEST:
        raise Doubtful("value is not a number")
    return number.quantize(Decimal("0.01"))


# Reads `reading`, the temporary table that staging.py fills.
WEIGH = f"""
SELECT r.line, r.key, r.cells,
  CASE WHEN p.id IS NULL THEN r.data ELSE r.data || jsonb_build_object('person_id', p.id) END AS data,
  CASE WHEN r.outcome = 'refused' OR p.id IS NULL THEN 'refused'
       WHEN r.outcome IS NOT NULL THEN r.outcome
       WHEN e.id IS NOT NULL THEN 'unchanged'
       ELSE 'new' END AS outcome,
  CASE WHEN r.outcome = 'refused' OR p.id IS NOT NULL THEN r.reason ELSE '{NOT_LISTED}' END AS reason
FROM reading r
LEFT JOIN person p ON p.nhs_number = r.data->>'nhs_number'
LEFT JOIN coded_event e
  ON e.person_id = p.id AND e.code = r.data->>'code' AND e.on = (r.data->>'on')::date
  AND e.value IS NOT DISTINCT FROM (r.data->>'value')::numeric(10, 2) AND r.outcome IS NULL
"""  # noqa: S608 - built from the names above, nothing else

_INSERT = """
INSERT INTO coded_event (person_id, "on", code, term, value, unit, original, import_id)
SELECT (data->>'person_id')::bigint, (data->>'on')::date, data->>'code', data->>'term',
       (data->>'value')::numeric(10, 2), data->>'unit', data->>'original', :import_id
FROM import_row
WHERE import_id = :import_id AND outcome = 'new' AND line > :after AND line <= :upto
ON CONFLICT DO NOTHING
"""


def save(import_id: int, after: int, upto: int) -> int:
    """Save the new events of lines `after` < line ≤ `upto`; returns how many."""
    span = {"import_id": import_id, "after": after, "upto": upto}
    return int(db.session.execute(text(_INSERT), span).rowcount)  # type: ignore[attr-defined]


KIND = Kind("Coded events", ("event", "events"), EVENTS, understand, WEIGH, TWICE, save)
