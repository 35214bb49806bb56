"""The people whom rows of a list may be about: found as a set, to be judged one by one.

Somebody of whom two details agree has the same date of birth or the same postcode, or else both names alone
agree. So rows meet people by date of birth, by postcode and by NHS number, and those that have no date of
birth by a word of the family name as well. A record that was merged is nobody; its NHS number stands for the
person who was kept.
"""

import datetime as dt
import json
from collections.abc import Mapping

from sqlalchemy import text

from app.people.matching import Candidate, Said, words_of
from tenants.db import Json, db

# `asked` is (row, number, born, postcode, family): one line for each row of a list. Without LIKE or OR, so
# that each part is a hash join: thousands of rows against everybody of a PCN.
_FIND = """
WITH asked AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(CAST(:asked AS jsonb))
    AS a(row bigint, number text, born date, postcode text, family text[])),
met AS (
  SELECT a.row, coalesce(p.merged_into, p.id) AS id FROM asked a JOIN person p ON p.nhs_number = a.number
  UNION
  SELECT a.row, p.id FROM asked a JOIN person p ON p.born = a.born
  UNION
  SELECT a.row, p.id FROM asked a JOIN person p ON replace(p.postcode, ' ', '') = a.postcode
  UNION
  SELECT a.row, p.id FROM (SELECT row, postcode, unnest(family) AS word FROM asked WHERE born IS NULL) a
  JOIN (SELECT id, postcode, unnest(string_to_array(name_key, ' ')) AS word FROM person) p
    ON p.word = a.word AND (a.postcode IS NULL OR p.postcode = ''))
SELECT met.row, p.id, p.given_name, p.family_name, p.born, p.postcode, p.nhs_number,
  (SELECT array_agg(m.nhs_number) FROM person m WHERE m.merged_into = p.id) AS merged
FROM met JOIN person p ON p.id = met.id AND p.merged_into IS NULL
ORDER BY met.row, p.id
"""


def candidates_for(asked: Mapping[int, Said]) -> dict[int, list[Candidate]]:
    """The people whom each row may be about, by the number that stands for the row."""
    found: dict[int, list[Candidate]] = {row: [] for row in asked}
    lines = [_line(row, said) for row, said in asked.items()]
    for row, number, given, family, born, postcode, nhs_number, merged in db.session.execute(
        text(_FIND), {"asked": json.dumps(lines)}
    ):
        said = Said(given, family, born, postcode, nhs_number)
        found[row].append(Candidate(number, said, frozenset([nhs_number, *(merged or ())])))
    return found


def _line(row: int, said: Said) -> Json:
    return {
        "row": row,
        "number": said.nhs_number or None,
        "born": said.born.isoformat() if said.born else None,
        "postcode": said.postcode.replace(" ", "") or None,
        "family": list(words_of(said.family_name)),
    }


def said_of(kept: Json) -> Said:
    """Who a row says it is about, as it was kept in `SourceEntry.said`."""
    born = kept.get("born")
    texts = {name: value for name, value in kept.items() if name != "born"}
    return Said(**texts, born=dt.date.fromisoformat(born) if born else None)


def kept_of(said: Said) -> Json:
    """What is kept of who a row says it is about: only what it gives."""
    given = {name: value for name, value in vars(said).items() if value}
    return given | ({"born": said.born.isoformat()} if said.born else {})
