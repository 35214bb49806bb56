"""Dover Town's files put straight into the tables, more of them than the import would let through.

Events dated in the future and impossible values are kept here on purpose: the cohort must not count them
whoever brought them in.
"""

import csv
import datetime as dt
import gzip
import io
import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from app import clock
from app.people import rules
from app.people.import_models import ImportFile
from app.people.models import CodedEvent, Deprivation, Person
from tenants.db import db
from tenants.models import Practice
from tests.rows import make

APP = Path(__file__).resolve().parents[2] / "app"
DATA = APP / "demo" / "data"
DAY = dt.date(2026, 11, 2)
EXPECTED: dict[str, Any] = json.loads((DATA / "dover-town" / "expected.json").read_text())


def rows_of(file: Path) -> Iterator[dict[str, str]]:
    """The rows of a file that is kept with the application."""
    text = gzip.decompress(file.read_bytes()).decode("utf-8-sig")
    yield from csv.DictReader(io.StringIO(text))


def load() -> None:
    """Put the people, events and deprivation deciles of the demonstration in place, as whoever acts."""
    source = make(ImportFile, kind="people", state="done")
    practices = {code: number for code, number in db.session.execute(select(Practice.code, Practice.id))}
    people = list(_people(practices, source.id))
    db.session.execute(insert(Person), people)
    ids = {number: key for number, key in db.session.execute(select(Person.nhs_number, Person.id))}
    db.session.execute(insert(CodedEvent), list(_events(ids, source.id)))
    deciles = [
        {
            "release": 2025,
            "lsoa": row["lsoa21_code"],
            "rank": int(row["imd_rank"]),
            "decile": int(row["imd_decile"]),
        }
        for row in rows_of(APP / "people" / "reference" / "imd2025.csv.gz")
    ]
    db.session.execute(insert(Deprivation), deciles)


def _people(practices: dict[str, int], import_id: int) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for row in rows_of(DATA / "dover-town" / "gp_patients.csv.gz"):
        number = _number(row["NHS Number"])
        practice = practices.get(row["Practice Code"].strip())
        born = _date(row["Date of Birth"])
        if number is None or practice is None or born is None or born > DAY or number in seen:
            continue
        seen.add(number)
        yield {
            "practice_id": practice,
            "import_id": import_id,
            "pseudonym": f"P-{len(seen):06d}",
            "nhs_number": number,
            "given_name": row["Given Name"],
            "family_name": row["Family Name"],
            "name_key": f"{row['Given Name']} {row['Family Name']}".lower(),
            "born": born,
            "lsoa": row["LSOA"].strip(),
            "left_on": _date(row["Deducted"]),
            "died_on": _date(row["Date of Death"]),
            "type1_opt_out": rules.is_flagged(row["Type 1 Opt Out"]),
            "updated_at": clock.now(),
        } | _UNUSED


def _events(ids: dict[str, int], import_id: int) -> Iterator[dict[str, Any]]:
    seen: set[tuple[Any, ...]] = set()
    for row in rows_of(DATA / "dover-town" / "gp_events.csv.gz"):
        person, on = ids.get(_number(row["NHS Number"]) or ""), _date(row["Date"])
        if person is None or on is None:
            continue
        try:
            value = Decimal(row["Value"]) if row["Value"] else None
        except InvalidOperation:
            value = None
        code = row["SNOMED Code"].strip()
        if (person, code, on, value) in seen:
            continue
        seen.add((person, code, on, value))
        event = {"person_id": person, "on": on, "code": code, "term": row["Term"], "value": value}
        yield event | {"unit": row["Units"], "import_id": import_id}


def _number(text: str) -> str | None:
    try:
        number = rules.nhs_number_of(text)
    except rules.Unreadable:
        return None
    return number if number and rules.has_check_digit(number) else None


def _date(text: str) -> dt.date | None:
    try:
        return rules.date_of(text, DAY)
    except rules.Unreadable:
        return None


_UNUSED: dict[str, Any] = dict.fromkeys(
    (
        "sex", "ethnicity", "house", "street", "town", "postcode", "mobile", "home_phone", "email",
        "preferred_contact", "language", "information_format",
    ),
    "",
) | {"interpreter": False, "sensitive": False, "data_date": DAY}  # fmt: skip
