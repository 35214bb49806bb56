"""Lists of services, of groups and of the patient council: how a line becomes an entry, linked to a person.

A service's list and the council's come with NHS numbers; a group's need not. Who a line is about is judged in
Python (`matching.py`) on candidates found as a set; the rest is weighed and saved as sets. A line that waits
for somebody's decision is saved as an entry that waits. What somebody has decided, no later file changes.
"""

import json
from dataclasses import replace

from sqlalchemy import text

from app.people import columns, matching, rules
from app.people.candidates import candidates_for, kept_of, said_of
from app.people.columns import OTHER, Column
from app.people.import_models import ImportFile
from app.people.matching import Said
from app.people.patients import number_in
from app.people.staging import joined_by_hash
from app.people.understanding import Cells, Kind, Refusal, Row, Surroundings, refused
from tenants.db import Json, db

TWICE = ("unchanged", "same entry twice")
WAITS_ALREADY = "waits for a decision already"
OLDER = "older than what is held"
DECIDED_NOBODY = "decided before: nobody in the lists"
SAVED = ("new", "changed", "waits")


def understand_with_number(cells: Cells, around: Surroundings) -> Row:
    """The line of a list that comes with NHS numbers, or why it is refused."""
    try:
        number = number_in(cells)
        return _row(replace(_said(cells, around), nhs_number=number), cells, around)
    except Refusal as refusal:
        return refused(str(refusal))


def understand_with_names(cells: Cells, around: Surroundings) -> Row:
    """The line of a list without NHS numbers (or with some), or why it is refused."""
    try:
        said = _said(cells, around)
        if rules.given(cells.get("nhs_number", "")):
            said = replace(said, nhs_number=number_in(cells))
    except Refusal as refusal:
        return refused(str(refusal))
    items = (said.given_name, said.family_name, said.born, said.postcode)
    if not said.nhs_number and sum(map(bool, items)) < 2:
        return refused(matching.TOO_LITTLE)
    return _row(said, cells, around)


def _said(cells: Cells, around: Surroundings) -> Said:
    try:
        born = rules.date_of(cells.get("born", ""), around.today)
    except rules.Unreadable:
        raise Refusal("date of birth cannot be read") from None
    if born is not None and born > around.today:
        raise Refusal("date of birth in the future")
    given, family = (rules.given(cells.get(name, "")) for name in ("given_name", "family_name"))
    if "given_name" not in cells:
        given, family = rules.names_in(family)
    return Said(given, family, born, rules.postcode_of(cells.get("postcode", "")))


def _row(said: Said, cells: Cells, around: Surroundings) -> Row:
    """The row is the same again where it is of the same person, with the same service and day."""
    fields = {name: rules.given(cells[name]) for name in ("service", "since") if name in cells}
    if "since" in fields:
        fields["since"] = _day(fields["since"], around)
    others = {name[len(OTHER) :]: rules.given(cell) for name, cell in cells.items() if name.startswith(OTHER)}
    person = said.nhs_number or " ".join((
        rules.name_key(said.given_name), rules.name_key(said.family_name),
        str(said.born or ""), said.postcode.replace(" ", ""),
    ))  # fmt: skip
    apart = fields if fields else others
    key = "|".join((person, *(value.lower() for value in apart.values())))
    return Row(key=key, data={"said": kept_of(said), "known": fields, "others": others})


def _day(written: str, around: Surroundings) -> str:
    try:
        found = rules.date_of(written, around.today)
    except rules.Unreadable:
        return written
    return found.isoformat() if found else ""


# What nobody has settled: rows that come for the first time, and entries that wait and were never decided on.
_UNSETTLED = """
SELECT r.line, r.data->'said' FROM reading r
LEFT JOIN source_entry e ON e.key = r.key
  AND e.source_id = (SELECT source_id FROM import_file WHERE id = :import_id)
WHERE r.outcome IS NULL AND (e.id IS NULL OR e.state = 'waiting'
  AND NOT EXISTS (SELECT 1 FROM link_decision d WHERE d.entry_id = e.id))
"""
_JUDGED = """
UPDATE reading r SET outcome = j.outcome, reason = j.reason,
  data = r.data || jsonb_strip_nulls(jsonb_build_object('person_id', j.person_id, 'how', j.how))
FROM jsonb_to_recordset(CAST(:judged AS jsonb))
  AS j(line bigint, outcome text, reason text, person_id bigint, how text)
WHERE j.line = r.line
"""


def link(import_id: int) -> None:
    """Judge whom the staged rows are about."""
    with joined_by_hash():
        rows = db.session.execute(text(_UNSETTLED), {"import_id": import_id})
        asked = {line: said_of(said) for line, said in rows}
        found = candidates_for(asked)
    judged = [_judged(line, matching.judge(said, found[line])) for line, said in asked.items()]
    db.session.execute(text(_JUDGED), {"judged": json.dumps(judged)})


def _judged(line: int, verdict: matching.Verdict) -> Json:
    outcome = None if verdict.person_id else "refused" if verdict.refused else "waits"
    return {
        "line": line, "outcome": outcome, "reason": verdict.reason or None,
        "person_id": verdict.person_id, "how": verdict.how or None,
    }  # fmt: skip


def _weigh(titles: dict[str, str]) -> str:
    """`titles` are what the columns that we know are called where the fields are shown."""
    known = ", ".join(f"'{title}', r.data->'known'->>'{name}'" for name, title in titles.items())
    fields = f"jsonb_strip_nulls(jsonb_build_object({known})) || coalesce(r.data->'others', '{{}}')"
    return f"""
SELECT r.line, r.key, r.cells,
  (r.data - 'known' - 'others') || jsonb_build_object('fields', {fields}) AS data,
  CASE WHEN e.id IS NULL THEN coalesce(r.outcome, 'new')
       WHEN f.data_date < e.data_date THEN 'unchanged'
       WHEN e.state = 'waiting' AND r.data ? 'person_id' THEN 'changed'
       WHEN e.missing_since IS NULL AND e.fields = {fields} THEN 'unchanged'
       ELSE 'changed' END AS outcome,
  CASE WHEN e.id IS NULL THEN r.reason
       WHEN f.data_date < e.data_date THEN '{OLDER}'
       WHEN e.state = 'waiting' AND NOT r.data ? 'person_id' THEN '{WAITS_ALREADY}'
       WHEN e.state = 'nobody' THEN '{DECIDED_NOBODY}' END AS reason
FROM reading r
JOIN import_file f ON f.id = :import_id
LEFT JOIN source_entry e ON e.source_id = f.source_id AND e.key = r.key
"""  # noqa: S608 - built from the names above, nothing else


_INSERT = """
INSERT INTO source_entry (source_id, person_id, state, key, said, fields, how, import_id, data_date)
SELECT f.source_id, (r.data->>'person_id')::bigint,
  CASE WHEN r.data ? 'person_id' THEN 'linked' ELSE 'waiting' END, r.key,
  CASE WHEN r.data->>'how' = 'NHS number' THEN '{}' ELSE r.data->'said' END, r.data->'fields',
  coalesce(r.data->>'how', r.reason), f.id, f.data_date
FROM import_row r JOIN import_file f ON f.id = r.import_id
WHERE r.import_id = :import_id AND r.outcome IN ('new', 'waits') AND r.line > :after AND r.line <= :upto
ORDER BY r.line
ON CONFLICT (tenant_id, source_id, key) DO NOTHING
"""
_UPDATE = """
UPDATE source_entry e SET fields = r.data->'fields', import_id = f.id, data_date = f.data_date,
  missing_since = NULL,
  person_id = CASE WHEN e.state = 'waiting' THEN j.person_id ELSE e.person_id END,
  state = CASE WHEN e.state = 'waiting' AND j.person_id IS NOT NULL THEN 'linked' ELSE e.state END,
  how = CASE WHEN e.state = 'waiting' AND j.person_id IS NOT NULL THEN j.how ELSE e.how END
FROM import_row r JOIN import_file f ON f.id = r.import_id
CROSS JOIN LATERAL (
  SELECT (r.data->>'person_id')::bigint AS person_id, r.data->>'how' AS how) j
WHERE r.import_id = :import_id AND r.outcome = 'changed' AND r.line > :after AND r.line <= :upto
  AND e.source_id = f.source_id AND e.key = r.key
"""


def save(import_id: int, after: int, upto: int) -> int:
    """Save the new, changed and waiting entries of lines `after` < line ≤ `upto`; returns how many."""
    span = {"import_id": import_id, "after": after, "upto": upto}
    added = db.session.execute(text(_INSERT), span)
    changed = db.session.execute(text(_UPDATE), span)
    return int(added.rowcount + changed.rowcount)  # type: ignore[attr-defined]


# An older extract says nothing of who is missing from a newer one.
_GONE = """
FROM import_file f
WHERE f.id = :import_id AND e.source_id = f.source_id AND e.missing_since IS NULL
  AND e.data_date <= f.data_date AND NOT EXISTS
    (SELECT 1 FROM import_row r WHERE r.import_id = f.id AND r.key = e.key)
"""
_STILL_SO = """
UPDATE source_entry e SET data_date = f.data_date FROM import_file f, import_row r
WHERE f.id = :import_id AND r.import_id = f.id AND r.outcome = 'unchanged' AND e.source_id = f.source_id
  AND e.key = r.key AND e.data_date < f.data_date
"""


def gone(found: ImportFile) -> int:
    """How many entries of the source a whole extract no longer has."""
    counted = text(f"SELECT count(*) FROM source_entry e, {_GONE.replace('FROM ', '', 1)}")  # noqa: S608
    return int(db.session.scalar(counted, {"import_id": found.id}) or 0)


def finish(found: ImportFile) -> None:
    """What a newer extract repeats is as new as it; what a whole one no longer has is marked, not deleted."""
    db.session.execute(text(_STILL_SO), {"import_id": found.id})
    if found.whole:
        marked = text(f"UPDATE source_entry e SET missing_since = f.data_date {_GONE}")  # noqa: S608
        db.session.execute(marked, {"import_id": found.id})


def _kind(label: str, our_columns: tuple[Column, ...], *, numbered: bool) -> Kind:
    titles = {column.name: column.title for column in our_columns if column.name in ("service", "since")}
    return Kind(
        label, ("entry", "entries"), our_columns,
        understand_with_number if numbered else understand_with_names,
        _weigh(titles), TWICE, save,
        keeps_others=True, prepare=link, saved_outcomes=SAVED, finish=finish, gone=gone,
        dates=("born", "since"),
    )  # fmt: skip


SERVICE = _kind("A service’s list, by NHS number", columns.SERVICE, numbered=True)
NAMED = _kind("A list without NHS numbers", columns.NAMED, numbered=False)
COUNCIL = _kind("Patient council", columns.COUNCIL, numbered=True)
