"""The practices' patient list: how a line becomes a person, and how people are weighed and saved as sets.

Source of the reasons: the refused rows in app/demo/data/dover-town/expected.json.
"""

import datetime as dt
import secrets
from collections.abc import Callable

from sqlalchemy import select, text

from app import clock
from app.people import rules
from app.people.columns import PEOPLE
from app.people.models import ImportFile, ImportRow, Person
from app.people.understanding import Cells, Kind, Refusal, Row, Surroundings, refused
from tenants.db import Json, db

TWICE = ("refused", "same NHS number twice")
PSEUDONYM_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

# What is taken over as read, by column of the file (which is the column of the row too).
_READ: dict[str, Callable[[str], str | bool]] = {
    "given_name": rules.given,
    "family_name": rules.given,
    "sex": rules.sex_of,
    "ethnicity": rules.given,
    "house": rules.given,
    "street": rules.given,
    "town": rules.given,
    "postcode": rules.postcode_of,
    "lsoa": rules.lsoa_of,
    "mobile": rules.mobile_of,
    "home_phone": rules.phone_of,
    "email": rules.email_of,
    "preferred_contact": rules.given,
    "language": rules.given,
    "interpreter": rules.is_flagged,
    "information_format": rules.given,
    "type1_opt_out": rules.is_flagged,
    "sensitive": rules.is_flagged,
}
_DATES = {"registered_on": "date of registration", "left_on": "date of leaving", "died_on": "date of death"}

# Column of the row → its type, and what a new person has where the file has no such column.
_COLUMNS: dict[str, tuple[str, str]] = {
    "practice_id": ("bigint", "NULL"),
    "name_key": ("text", "''"),
    "born": ("date", "NULL"),
    **{name: ("text", "''") for name in _READ},
    "interpreter": ("boolean", "false"),
    "type1_opt_out": ("boolean", "false"),
    "sensitive": ("boolean", "false"),
    **{name: ("date", "NULL") for name in _DATES},
}
_GAPS = {"mobile": "no usable mobile number", "postcode": "no postcode", "lsoa": "no area code (LSOA)"}


def understand(cells: Cells, around: Surroundings) -> Row:
    """The line as a person, or why it is refused."""
    try:
        number = number_in(cells)
        data = _identity(cells, around) | {"nhs_number": number}
        data |= {name: _date(cells, name, around.today) for name in _DATES if name in cells}
    except Refusal as refusal:
        return refused(str(refusal))
    data |= {name: read(cells[name]) for name, read in _READ.items() if name in cells}
    _use_landline(cells, data)
    data["name_key"] = rules.name_key(data["given_name"], data["family_name"])
    data["notes"] = [note for name, note in _GAPS.items() if name in cells and not data[name]]
    return Row(key=number, data=data)


def _use_landline(cells: Cells, data: Json) -> None:
    """A landline in the mobile column is a home phone where no other is given."""
    if "mobile" in data and not data["mobile"] and not data.get("home_phone"):
        data["home_phone"] = rules.phone_of(cells["mobile"])


def number_in(cells: Cells) -> str:
    """The line's NHS number; raises Refusal with the reason where there is no valid one."""
    try:
        number = rules.nhs_number_of(cells["nhs_number"])
    except rules.Unreadable:
        raise Refusal("NHS number is not ten digits") from None
    if not number:
        raise Refusal("no NHS number")
    if not rules.has_check_digit(number):
        raise Refusal("bad check digit")
    return number


def _identity(cells: Cells, around: Surroundings) -> Json:
    practice = around.practices.get(cells["practice"].strip().upper())
    if practice is None:
        raise Refusal("unknown practice")
    try:
        born = rules.date_of(cells["born"], around.today)
    except rules.Unreadable:
        raise Refusal("date of birth cannot be read") from None
    if born is None:
        raise Refusal("no date of birth")
    if born > around.today:
        raise Refusal("date of birth in the future")
    return {"practice_id": practice, "born": born.isoformat()}


def _date(cells: Cells, name: str, today: dt.date) -> str | None:
    """A date that decides about contact: one that cannot be read must not pass for none."""
    try:
        found = rules.date_of(cells[name], today)
    except rules.Unreadable:
        raise Refusal(f"{_DATES[name]} cannot be read") from None
    return found.isoformat() if found else None


def _read_back(name: str, kind: str) -> str:
    return f"(r.data->>'{name}')::{kind}"


_SAME = " AND ".join(
    f"(NOT r.data ? '{name}' OR p.{name} IS NOT DISTINCT FROM {_read_back(name, kind)})"
    for name, (kind, _) in _COLUMNS.items()
)

# Reads `reading`, the temporary table that staging.py fills.
WEIGH = f"""
SELECT r.line, r.key, r.data, r.cells, r.reason,
  CASE WHEN r.outcome IS NOT NULL THEN r.outcome
       WHEN p.id IS NULL THEN 'new'
       WHEN {_SAME} THEN 'unchanged'
       ELSE 'changed' END AS outcome
FROM reading r
LEFT JOIN person p ON p.nhs_number = r.key
"""  # noqa: S608 - built from the names above, nothing else

_INSERT = f"""
INSERT INTO person (nhs_number, pseudonym, import_id, data_date, came, updated_at, {", ".join(_COLUMNS)})
SELECT r.data->>'nhs_number', n.pseudonym, :import_id, :data_date, '{{}}', :now, {
    ", ".join(f"coalesce({_read_back(name, kind)}, {default})" for name, (kind, default) in _COLUMNS.items())
}
FROM (SELECT data, row_number() OVER (ORDER BY line) AS nth FROM import_row
      WHERE import_id = :import_id AND outcome = 'new' AND line > :after AND line <= :upto) r
JOIN unnest(CAST(:pseudonyms AS text[])) WITH ORDINALITY AS n(pseudonym, nth) USING (nth)
ON CONFLICT (tenant_id, nhs_number) DO NOTHING
"""  # noqa: S608

_UPDATE = f"""
UPDATE person p SET import_id = :import_id, data_date = :data_date, updated_at = :now, {
    ", ".join(
        f"{name} = CASE WHEN r.data ? '{name}' THEN {_read_back(name, kind)} ELSE p.{name} END"
        for name, (kind, _) in _COLUMNS.items()
    )
}
FROM import_row r
WHERE r.import_id = :import_id AND r.outcome = 'changed' AND r.line > :after AND r.line <= :upto
  AND p.nhs_number = r.data->>'nhs_number'
"""  # noqa: S608


def save(import_id: int, after: int, upto: int) -> int:
    """Save the new and changed people of lines `after` < line ≤ `upto`; returns how many."""
    taken = db.session.scalar(select(ImportFile.data_date).where(ImportFile.id == import_id))
    span = {"import_id": import_id, "after": after, "upto": upto, "now": clock.now(), "data_date": taken}
    wanted = select(db.func.count()).where(
        ImportRow.import_id == import_id,
        ImportRow.outcome == "new",
        ImportRow.line > after,
        ImportRow.line <= upto,
    )
    pseudonyms = new_pseudonyms(db.session.scalar(wanted) or 0)
    added = db.session.execute(text(_INSERT), span | {"pseudonyms": pseudonyms})
    changed = db.session.execute(text(_UPDATE), span)
    return int(added.rowcount + changed.rowcount)  # type: ignore[attr-defined]


def new_pseudonyms(count: int) -> list[str]:
    """So many random pseudonyms like P-7KQ2M9 that nobody of the PCN has. They say nothing of the person."""
    found: set[str] = set()
    while len(found) < count:
        made = {pseudonym() for _ in range(count - len(found))}
        taken = select(Person.pseudonym).where(Person.pseudonym.in_(made))
        found |= made - set(db.session.scalars(taken))
    return list(found)


def pseudonym() -> str:
    """A random pseudonym, of letters and digits that are not mistaken for each other."""
    return "P-" + "".join(secrets.choice(PSEUDONYM_LETTERS) for _ in range(6))


KIND = Kind("Practices’ patient list", ("person", "people"), PEOPLE, understand, WEIGH, TWICE, save)
