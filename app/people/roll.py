"""People as sets: staged, weighed against what is held value by value, saved, and marked where missing.

A value is held since the day of the extract that last said it: the day of the person (`data_date`), or what
`came` says of that column. A value of an older extract is not taken; of two of one day the later import's is.
"""

from collections.abc import Iterable

from sqlalchemy import text

from app import clock
from app.people import merging
from app.people.import_models import ImportFile
from app.people.pseudonyms import new_pseudonyms
from app.people.staged import StagedPerson
from app.people.staging import joined_by_hash, with_memory
from app.people.understanding import Row, Settled, refused
from tenants.db import db

OLDER = "older than what is held"
ANOTHER = "another record of that person"
BACK = "in the list again"
TWICE = "same NHS number twice"
LANDLINE = "home_phone"  # a landline in the mobile column, which some lines of a file may have
_KEPT = ("tenant_id", "import_id", "line", "nhs_number")
COLUMNS = {
    column.name: str(column.type).lower()
    for column in StagedPerson.__table__.columns
    if column.name not in _KEPT
}
_GAPS = {"mobile": "no usable mobile number", "postcode": "no postcode", "lsoa": "no area code (LSOA)"}

# The lines that are not plain are refused already.
WEIGH = "SELECT line, key, data, cells, reason, outcome FROM reading"


def columns_of(found: ImportFile) -> list[str]:
    """The columns of a person that the file has, as the cursor has kept them since reading began."""
    return [name for name in COLUMNS if name in found.cursor["columns"]]


_STAGE = """
INSERT INTO staged_person (tenant_id, import_id, line, nhs_number, {names})
SELECT :tenant, :import_id, line, nhs_number, {values} FROM packed
"""


def stage(found: ImportFile, copied_rows: int) -> tuple[int, dict[int, Row]]:
    """Take what was copied in as it is; it is weighed when the whole file is read."""
    names = columns_of(found)
    values = ["coalesce(landline, home_phone)" if name == LANDLINE else name for name in names]
    if LANDLINE not in names:
        names, values = [*names, LANDLINE], [*values, "landline"]
    statement = _STAGE.format(names=", ".join(names), values=", ".join(values))
    db.session.execute(text(statement), {"import_id": found.id, "tenant": found.tenant_id})
    return copied_rows, {}


class Weighing:
    """The SQL that holds staged people `s` against held ones `p`; `then` are the columns that came last."""

    def __init__(self, found: ImportFile, then: str = "i.cursor->'columns'") -> None:
        self.columns, self.then = columns_of(found), then
        self.landline = LANDLINE not in self.columns and "mobile" in self.columns

    @classmethod
    def of(cls, other: "Weighing", then: str) -> "Weighing":
        """The same with the columns of the last import under another name."""
        made = cls.__new__(cls)
        made.columns, made.landline, made.then = other.columns, other.landline, then
        return made

    def held(self, name: str) -> str:
        """The day since which the value is held; a value that no file has ever given is held since never."""
        return (
            f"CASE WHEN p.came ? '{name}' THEN (p.came->'{name}'->>'on')::date "
            f"WHEN coalesce({self.then} ? '{name}', true) THEN p.data_date "
            "ELSE '-infinity'::date END"
        )

    def taken(self, name: str) -> str:
        """Whether the line's value is taken over: it is as new as what is held."""
        given = "s.home_phone IS NOT NULL AND " if name == LANDLINE else ""
        return f"({given}:on >= {self.held(name)})"

    @property
    def given(self) -> list[str]:
        """The columns that a line may give."""
        return [*self.columns, LANDLINE] if self.landline else self.columns

    def _other(self, name: str) -> str:
        given = "s.home_phone IS NOT NULL AND " if name == LANDLINE else ""
        return f"({given}s.{name} IS DISTINCT FROM p.{name})"

    @property
    def differs(self) -> str:
        """Whether the line says anything that is not held."""
        return _any(self._other(name) for name in self.given)

    @property
    def changes(self) -> str:
        """Whether the line changes a value."""
        return _any(f"({self._other(name)} AND {self.taken(name)})" for name in self.given)

    @property
    def confirms(self) -> str:
        """Whether the line says something that was held since an earlier day."""
        return _any(f"({self.taken(name)} AND :on > {self.held(name)})" for name in self.given)

    @property
    def came(self) -> str:
        """Where the values came from that did not come with the import that the person then has."""
        earlier = ", ".join(
            f"'{name}', CASE WHEN NOT p.came ? '{name}' AND coalesce({self.then} ? '{name}', true) "
            "THEN jsonb_build_object('import', p.import_id, 'on', p.data_date) END"
            for name in COLUMNS
            if name not in self.columns
        )
        now = ", ".join(
            f"'{name}', CASE WHEN {self.taken(name)} "
            "THEN jsonb_build_object('import', CAST(:import_id AS bigint), 'on', CAST(:on AS date)) END"
            for name in self.given
        )
        landline = (
            f" || CASE WHEN {self.taken(LANDLINE)} THEN jsonb_build_object('{LANDLINE}', "
            "jsonb_build_object('import', CAST(:import_id AS bigint), 'on', CAST(:on AS date))) ELSE '{}' END"
            if self.landline
            else ""
        )
        still = (
            "(SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(p.came) "
            "WHERE NOT key = ANY(CAST(:columns AS text[])) OR (value->>'on')::date > :on)"
        )
        return (
            f"{still} || CASE WHEN :on >= p.data_date THEN jsonb_strip_nulls(jsonb_build_object({earlier})) "
            f"ELSE jsonb_strip_nulls(jsonb_build_object({now})) END{landline}"
        )

    def asked(self, found: ImportFile) -> dict[str, object]:
        """The parameters."""
        return {"import_id": found.id, "on": found.data_date, "columns": self.columns}


def _any(conditions: Iterable[str]) -> str:
    return f"({' OR '.join(conditions)})"


_BACK = "(p.missing_since IS NOT NULL AND p.missing_since <= :on)"
_BESIDE = """
FROM staged_person s
LEFT JOIN person p ON p.nhs_number = s.nhs_number
LEFT JOIN import_file i ON i.id = p.import_id
WHERE s.import_id = :import_id
"""
_TWICE = """
WITH again AS (
  SELECT nhs_number, min(line) AS first FROM staged_person
  WHERE import_id = :import_id GROUP BY nhs_number HAVING count(*) > 1)
DELETE FROM staged_person s USING again a
WHERE s.import_id = :import_id AND s.nhs_number = a.nhs_number AND s.line > a.first RETURNING s.line
"""


def settle(found: ImportFile) -> Settled:
    """Weigh all people of the file that was read."""
    with joined_by_hash(), with_memory():
        again = db.session.scalars(text(_TWICE), {"import_id": found.id}).all()
        tally: dict[str, dict[str | None, int]] = {}
        weighing = Weighing(found)
        for outcome, reason, count in db.session.execute(text(_outcomes(weighing)), weighing.asked(found)):
            tally.setdefault(outcome, {})[reason] = count
    return Settled(tally, _notes(found), {line: refused(TWICE) for line in again})


def _outcomes(weighing: Weighing) -> str:
    return f"""
SELECT outcome, CASE WHEN merged THEN '{ANOTHER}' WHEN outcome = 'unchanged' AND differs THEN '{OLDER}'
  WHEN outcome = 'changed' AND NOT changes THEN '{BACK}' END AS reason, count(*)
FROM (SELECT *, CASE WHEN new THEN 'new' WHEN changes OR back THEN 'changed' ELSE 'unchanged' END AS outcome
  FROM (SELECT p.id IS NULL AS new, p.merged_into IS NOT NULL AS merged,
    p.id IS NOT NULL AND {weighing.changes} AS changes, p.id IS NOT NULL AND {weighing.differs} AS differs,
    {_BACK} AS back {_BESIDE}) weighed) said
GROUP BY 1, 2
"""  # noqa: S608 - built from our own columns


def _notes(found: ImportFile) -> dict[str, int]:
    names = [name for name in _GAPS if name in found.cursor["columns"]]
    if not names:
        return {}
    counted = ", ".join(f"count(*) FILTER (WHERE coalesce({name}, '') = '')" for name in names)
    statement = f"SELECT {counted} FROM staged_person WHERE import_id = :import_id"  # noqa: S608
    counts = db.session.execute(text(statement), {"import_id": found.id}).one()
    return {_GAPS[name]: count for name, count in zip(names, counts, strict=True) if count}


_COUNT = """
SELECT count(*) FROM staged_person s LEFT JOIN person p ON p.nhs_number = s.nhs_number
WHERE s.import_id = :import_id AND s.line > :after AND s.line <= :upto AND p.id IS NULL
"""
_EMPTY = {"text": "''", "boolean": "false"}


def _insert(weighing: Weighing) -> str:
    names = [name for name in COLUMNS if name in weighing.columns or name == LANDLINE]
    absent = [name for name, kind in COLUMNS.items() if name not in names and kind in _EMPTY]
    given = [
        f"coalesce({name}, {_EMPTY[COLUMNS[name]]})" if COLUMNS[name] in _EMPTY else name for name in names
    ]
    came = (
        "CASE WHEN home_phone IS NULL THEN '{}' ELSE jsonb_build_object('home_phone', jsonb_build_object("
        "'import', CAST(:import_id AS bigint), 'on', CAST(:on AS date))) END"
        if weighing.landline
        else "'{}'"
    )
    return f"""
INSERT INTO person (tenant_id, nhs_number, pseudonym, import_id, data_date, updated_at, came, {", ".join((*names, *absent))})
SELECT :tenant, s.nhs_number, n.pseudonym, :import_id, :on, :now, {came}, {", ".join((*given, *(_EMPTY[COLUMNS[name]] for name in absent)))}
FROM (SELECT s.*, row_number() OVER (ORDER BY s.line) AS nth
      FROM staged_person s LEFT JOIN person p ON p.nhs_number = s.nhs_number
      WHERE s.import_id = :import_id AND s.line > :after AND s.line <= :upto AND p.id IS NULL) s
JOIN unnest(CAST(:pseudonyms AS text[])) WITH ORDINALITY AS n(pseudonym, nth) USING (nth)
"""  # noqa: S608, E501 - built from our own columns


def _update(weighing: Weighing) -> str:
    later = Weighing.of(weighing, "s.then")
    values = ", ".join(
        f"{name} = CASE WHEN {later.taken(name)} THEN s.{name} ELSE p.{name} END" for name in later.given
    )
    return f"""
UPDATE person p SET {values}, came = {later.came},
  import_id = CASE WHEN :on >= p.data_date THEN :import_id ELSE p.import_id END,
  data_date = greatest(p.data_date, :on),
  missing_since = CASE WHEN {_BACK} THEN NULL ELSE p.missing_since END,
  updated_at = CASE WHEN s.changes THEN :now ELSE p.updated_at END
FROM (SELECT s.*, p.id, i.cursor->'columns' AS then, {weighing.changes} OR {_BACK} AS changes,
        {weighing.confirms} AS confirms {_BESIDE}
        AND s.line > :after AND s.line <= :upto AND p.id IS NOT NULL) s
WHERE p.id = s.id AND (s.changes OR s.confirms)
RETURNING s.changes
"""  # noqa: S608 - built from our own columns


def save(found: ImportFile, after: int, upto: int) -> int:
    """Save the new and changed people of lines `after` < line ≤ `upto`; returns how many.

    What a line only says again is held since its day from then on. Whom a merged record protects is held back
    in the same transaction.
    """
    weighing = Weighing(found)
    span = weighing.asked(found) | {
        "after": after, "upto": upto, "now": clock.now(), "tenant": found.tenant_id,
    }  # fmt: skip
    with joined_by_hash(), with_memory():
        changed = db.session.scalars(text(_update(weighing)), span).all()
        made = new_pseudonyms(db.session.scalar(text(_COUNT), span) or 0)
        added = db.session.execute(text(_insert(weighing)), span | {"pseudonyms": made})
    merging.hold_back()
    new: int = added.rowcount  # type: ignore[attr-defined]
    found.cursor = found.cursor | {"touched": found.cursor.get("touched", 0) + new + len(changed)}
    return new + sum(map(int, changed))


# Of the practices in the file; nobody whose values came from a newer extract, nor who died or left before.
_GONE = """
p.practice_id IN (SELECT DISTINCT practice_id FROM staged_person WHERE import_id = :import_id)
AND p.data_date <= :on AND p.missing_since IS NULL AND p.merged_into IS NULL
AND p.died_on IS NULL AND p.left_on IS NULL
AND NOT EXISTS (SELECT 1 FROM staged_person s WHERE s.import_id = :import_id AND s.nhs_number = p.nhs_number)
AND NOT EXISTS (SELECT 1 FROM import_row r
  WHERE r.import_id = :import_id AND r.data->>'nhs_number' = p.nhs_number)
"""


def gone(found: ImportFile) -> int:
    """How many people of the file's practices a whole extract no longer has."""
    asked = {"import_id": found.id, "on": found.data_date}
    with joined_by_hash():
        return int(db.session.scalar(text(f"SELECT count(*) FROM person p WHERE {_GONE}"), asked) or 0)  # noqa: S608


def finish(found: ImportFile) -> None:
    """Mark who is missing from a whole extract."""
    if found.whole:
        asked = {"import_id": found.id, "on": found.data_date}
        with joined_by_hash():
            db.session.execute(text(f"UPDATE person p SET missing_since = :on WHERE {_GONE}"), asked)  # noqa: S608
