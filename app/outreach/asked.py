"""The one statement by which it is known of participants what bears on contacting them.

It answers for one as for thousands. What is kept in other tables is looked up for each of a few; of many it
is grouped by participant and joined once, so that no table is looked into again for each of them.
"""

from functools import cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Column, Date, DateTime, Subquery, Text, bindparam, text

from app import clock
from app.outreach.call_models import BY_INTERPRETER
from app.outreach.rules import Facts
from tenants.db import Json

ONE_BY_ONE, OF_PROGRAMME = "p.id = ANY (:which)", "p.programme_id = :which"

# What is kept elsewhere of somebody (`w`): its name here, what is made of its rows, and which are theirs.
_KEPT = (
    (
        "chosen",
        "bool_or(c.kind = 'hold') AS held, "
        "bool_or(c.kind = 'programme opt-out' AND c.programme_id = w.programme_id) AS opted_out, "
        "array_agg(c.channel) FILTER (WHERE c.kind = 'do not contact') AS channels",
        "contact_choice c",
        "c.tenant_id = w.tenant_id AND c.person_id = w.person_id AND c.lifted_at IS NULL",
    ),
    (
        "again",
        "(array_agg(r.ask_again_on ORDER BY r.id DESC))[1] AS ask_again_on, max(r.at) AS at",
        "reply r",
        "r.tenant_id = w.tenant_id AND r.participant_id = w.id",
    ),
    (
        "wrong",
        "array_agg(b.kind || ':' || b.value) AS bad",
        "bad_address b",
        "b.tenant_id = w.tenant_id AND b.person_id = w.person_id AND b.lifted_at IS NULL",
    ),
    (
        "needed",
        "max(n.value) FILTER (WHERE n.kind = 'language') AS language, "
        "max(n.value) FILTER (WHERE n.kind = 'format') AS format, "
        "bool_or(n.kind = 'interpreter') AS interpreter, "
        "bool_or(n.kind = 'someone to speak for me') AS advocate",
        "contact_need n",
        "n.tenant_id = w.tenant_id AND n.person_id = w.person_id AND n.lifted_at IS NULL",
    ),
    (
        "reached",
        "count(*) FILTER (WHERE c.sent_at > :now - w.contacts_days * interval '1 day') AS contacts, "
        "max(c.sent_at) FILTER (WHERE c.participant_id <> w.id) AS elsewhere",
        "contact c",
        "c.tenant_id = w.tenant_id AND c.person_id = w.person_id AND c.state = 'sent' "
        "AND c.step_id <> ALL (ARRAY(SELECT s.id FROM step s WHERE s.channel = 'call'))",
    ),
    # Each ringing is a contact, whatever came of it. The place in a call step's batch is the first of them.
    (
        "rung",
        "count(*) FILTER (WHERE a.at > :now - w.contacts_days * interval '1 day') AS contacts, "
        "max(a.at) FILTER (WHERE a.participant_id <> w.id) AS elsewhere, "
        "max(a.at) FILTER (WHERE a.participant_id = w.id "
        "AND a.outcome IN ('spoke: declined', 'spoke: already supported')) AS declined_at",
        "(call k JOIN call_attempt a ON a.tenant_id = k.tenant_id AND a.call_id = k.id)",
        "k.tenant_id = w.tenant_id AND k.person_id = w.person_id",
    ),
    (
        "listed",
        "min(k.due_on) AS call_on, bool_or(k.why = ANY (:by_interpreter)) AS arranged",
        "call k",
        "k.tenant_id = w.tenant_id AND k.person_id = w.person_id AND k.participant_id = w.id "
        "AND k.state = 'due'",
    ),
)
# Formats come in words or as codes. Source: UK Core, preferred written communication format.
# The ages that everybody in a frozen cohort must have. One of the rules of a group need not be met: left out.
_WANTED = """
WITH wanted AS MATERIALIZED (
  SELECT p.tenant_id, p.id, p.person_id, p.programme_id, p.status, s.contacts_days
  FROM participant p JOIN pcn_settings s ON s.tenant_id = p.tenant_id WHERE {which}
), ages AS MATERIALIZED (
  SELECT k.programme_id, max((rule ->> 'from')::int) AS youngest, min((rule ->> 'to')::int) AS oldest
  FROM cohort k, jsonb_array_elements(k.definition -> 'rules') rule
  WHERE k.programme_id IN (SELECT programme_id FROM wanted) AND k.state = 'frozen' AND rule ->> 'kind' = 'age'
  GROUP BY k.programme_id
)
SELECT w.id AS participant_id, person.id AS person_id, person.practice_id, practice.name AS practice,
  person.given_name, person.family_name, person.house, person.street, person.town, person.postcode, wrong.bad,
  person.died_on, person.left_on, person.missing_since, person.sensitive,
  person.preferred_contact, person.mobile, person.home_phone, person.email, w.status,
  CASE WHEN rung.declined_at IS NULL OR again.at > rung.declined_at THEN again.ask_again_on END
    AS ask_again_on,
  person.house <> '' AND person.street <> '' AND person.postcode <> '' AS address_complete,
  ages.programme_id IS NULL
    OR extract(year FROM age(:today, person.born)) BETWEEN ages.youngest AND ages.oldest AS of_age,
  coalesce(needed.language, person.language) AS language,
  coalesce(needed.format, CASE person.information_format WHEN '11' THEN 'Large print' WHEN '12' THEN 'Braille'
    WHEN '13' THEN 'Audio tape' ELSE person.information_format END) AS information_format,
  coalesce(needed.interpreter, false) OR person.interpreter AS interpreter,
  coalesce(needed.advocate, false) AS advocate,
  release.id IS NOT NULL AS released,
  NOT coalesce(cohort.screened_first, false) OR screening.id IS NOT NULL AS screened,
  coalesce(chosen.opted_out, false) AS opted_out, coalesce(chosen.held, false) AS held,
  coalesce(chosen.channels, '{{}}') AS do_not_contact,
  coalesce(reached.contacts, 0) + coalesce(rung.contacts, 0) AS contacts,
  (greatest(reached.elsewhere, rung.elsewhere) AT TIME ZONE :zone)::date AS last_elsewhere,
  listed.call_on, coalesce(listed.arranged, false) AS arranged
FROM wanted w
JOIN person ON person.tenant_id = w.tenant_id AND person.id = w.person_id
JOIN practice ON practice.tenant_id = w.tenant_id AND practice.id = person.practice_id
LEFT JOIN release ON release.tenant_id = w.tenant_id AND release.programme_id = w.programme_id
  AND release.practice_id = person.practice_id AND release.withdrawn_at IS NULL
LEFT JOIN cohort ON cohort.tenant_id = w.tenant_id AND cohort.programme_id = w.programme_id
LEFT JOIN ages ON ages.programme_id = w.programme_id
LEFT JOIN screening ON screening.tenant_id = w.tenant_id AND screening.participant_id = w.id
  AND screening.replaced_at IS NULL AND screening.decision = 'keep'
"""
_LOOKED_UP = "LEFT JOIN LATERAL (SELECT {made} FROM {table} WHERE {theirs}) {name} ON true\n"
_GROUPED = """LEFT JOIN (SELECT w.id, {made} FROM wanted w JOIN {table} ON {theirs} GROUP BY w.id) {name}
  ON {name}.id = w.id
"""


def _joined(how: str) -> str:
    parts = (dict(zip(("name", "made", "table", "theirs"), one, strict=True)) for one in _KEPT)
    return _WANTED + "".join(how.format(**one) for one in parts)


_FEW, _MANY = _joined(_LOOKED_UP), _joined(_GROUPED)
_KINDS: dict[str, Any] = {ONE_BY_ONE: ARRAY(BigInteger), OF_PROGRAMME: BigInteger()}
WHO = (
    *("participant_id", "person_id", "practice_id", "given_name", "family_name"),
    *("house", "street", "town", "postcode", "practice"),
)
_COLUMNS = [Column[Any](name) for name in (*WHO, "bad", *Facts._fields)]


@cache
def asked(which: str, *, many: bool) -> Subquery:
    """What is known of the participants that `which` (one of the two above) means, a row for each.

    The columns of `WHO`, the facts, and `bad`: what does not reach them, each as its kind and value. `many`
    is to be read inside `joined_by_hash`: of a table that was just filled the planner may know nothing yet.
    To be executed with `given`. It is made once, because that takes longer than asking it of one person.
    """
    kinds = (
        bindparam("which", type_=_KINDS[which]),
        bindparam("now", type_=DateTime(timezone=True)),
        bindparam("today", type_=Date()),
        bindparam("zone", type_=Text()),
        bindparam("by_interpreter", type_=ARRAY(Text)),
    )
    statement = (_MANY if many else _FEW).format(which=which)
    return text(statement).bindparams(*kinds).columns(*_COLUMNS).subquery("asked")


def given(value: int | list[int]) -> Json:
    """What the statement is asked with: of which programme or which participants, and as of this moment."""
    return {
        "which": value,
        "now": clock.now(),
        "today": clock.today(),
        "zone": clock.LONDON.key,
        "by_interpreter": list(BY_INTERPRETER),
    }
