"""What keeps a person from being contacted, raised from merged records and held.

A death, a Type 1 opt-out, sensitivity and "no telephone contact" of a merged record hold for the person
whatever later files say: as values that no file is newer than, until the merge is undone.
"""

import datetime as dt
from typing import Any

from sqlalchemy import select, text

from app.people.import_models import ImportFile
from app.people.linking_models import PersonMerge
from app.people.models import Person
from tenants.db import Json, db

FOREVER = dt.date(9999, 12, 31)
NO_TELEPHONE = "No telephone contact"  # code 8 of the preferred contact methods: domain.md 1.7
PROTECTS = ("died_on", "type1_opt_out", "sensitive", "preferred_contact")


def said_by(person: Person) -> Json:
    """What the record itself says that protects, to be put back."""
    said = {name: getattr(person, name) for name in PROTECTS} | {"came": dict(person.came)}
    return {name: _plain(value) for name, value in said.items()}


# What the merged records of a person say that protects is raised on the person, and held.
_HOLD_BACK = """
UPDATE person k SET
  died_on = coalesce(k.died_on, m.died_on),
  type1_opt_out = k.type1_opt_out OR m.type1,
  sensitive = k.sensitive OR m.sensitive,
  preferred_contact = CASE WHEN m.silent THEN :silent ELSE k.preferred_contact END,
  came = k.came || m.held
FROM (
  SELECT o.merged_into, min(o.died_on) AS died_on, bool_or(o.type1_opt_out) AS type1,
    bool_or(o.sensitive) AS sensitive, bool_or(lower(o.preferred_contact) IN (lower(:silent), '8')) AS silent,
    CASE WHEN count(o.died_on) > 0 THEN jsonb_build_object('died_on', h.held) ELSE '{}' END
    || CASE WHEN bool_or(o.type1_opt_out) THEN jsonb_build_object('type1_opt_out', h.held) ELSE '{}' END
    || CASE WHEN bool_or(o.sensitive) THEN jsonb_build_object('sensitive', h.held) ELSE '{}' END
    || CASE WHEN bool_or(lower(o.preferred_contact) IN (lower(:silent), '8'))
       THEN jsonb_build_object('preferred_contact', h.held) ELSE '{}' END AS held
  FROM person o
  CROSS JOIN LATERAL
    (SELECT jsonb_build_object('import', max(i.import_id), 'on', CAST(:forever AS text), 'merged', true)
       AS held FROM person i WHERE i.merged_into = o.merged_into) h
  WHERE o.merged_into IS NOT NULL AND o.merged_into = coalesce(CAST(:only AS bigint), o.merged_into)
  GROUP BY o.merged_into, h.held) m
WHERE k.id = m.merged_into AND m.held <> '{}' AND NOT (
  k.came @> m.held AND (m.died_on IS NULL OR k.died_on IS NOT NULL) AND (k.type1_opt_out OR NOT m.type1)
  AND (k.sensitive OR NOT m.sensitive) AND (NOT m.silent OR k.preferred_contact = :silent))
"""


def hold_back(only: int | None = None) -> int:
    """Raise on people (or on one) what their merged records say that protects them; returns on how many.

    Asked when records are merged, and after each file that may have told something new of a merged record.
    """
    asked = {"only": only, "forever": FOREVER.isoformat(), "silent": NO_TELEPHONE}
    db.session.flush()
    result = db.session.execute(text(_HOLD_BACK), asked)
    for row in list(db.session.identity_map.values()):
        if isinstance(row, Person):
            db.session.expire(row)
    return int(result.rowcount)  # type: ignore[attr-defined]


def let_go(kept: Person, done: PersonMerge) -> None:
    """Put back what the kept record itself said, where the merge is what holds it.

    A list that came in since may itself have said what is held, which nobody can tell any more: then what
    protects stays as it is until the next list says otherwise.
    """
    before: Json = done.moved["before"]
    held = [name for name in PROTECTS if kept.came.get(name, {}).get("merged")]
    for name in held if _as_it_was(done) else ():
        value = before[name]
        setattr(kept, name, dt.date.fromisoformat(value) if name == "died_on" and value else value)
    came = {name: said for name, said in kept.came.items() if name not in held}
    kept.came = came | {name: before["came"][name] for name in held if name in before["came"]}


def _as_it_was(done: PersonMerge) -> bool:
    since = select(ImportFile.id).where(
        ImportFile.kind == "people",
        (ImportFile.state == "saving")
        | ((ImportFile.state == "done") & (ImportFile.finished_at >= done.merged_at)),
    )
    return db.session.scalars(since.limit(1)).first() is None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
