"""The one statement by which it is known of participants what bears on contacting them.

It answers for one as for thousands: what is kept in other tables is grouped by participant and joined once,
so that no table is looked into again for each of them.
"""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, BindParameter, Column, DateTime, Subquery, bindparam, text

from app import clock
from app.outreach.rules import Facts

ONE_BY_ONE, OF_PROGRAMME = "p.id = ANY (:which)", "p.programme_id = :which"

# What somebody asked for stands before what their practice's list says. A full join finds no more than a left
# join here, and is never done row by row, whatever the planner takes a table that was just filled for.
_ASKED = """
WITH wanted AS MATERIALIZED (
  SELECT p.tenant_id, p.id, p.person_id, p.programme_id, p.status FROM participant p WHERE {which}
), chosen AS (
  SELECT w.id, bool_or(c.kind = 'hold') AS held,
    bool_or(c.kind = 'programme opt-out' AND c.programme_id = w.programme_id) AS opted_out,
    array_agg(c.channel) FILTER (WHERE c.kind = 'do not contact') AS channels
  FROM wanted w JOIN contact_choice c ON c.tenant_id = w.tenant_id AND c.person_id = w.person_id
  WHERE c.lifted_at IS NULL GROUP BY w.id
), again AS (
  SELECT DISTINCT ON (w.id) w.id, r.ask_again_on
  FROM wanted w JOIN reply r ON r.tenant_id = w.tenant_id AND r.participant_id = w.id
  ORDER BY w.id, r.id DESC
), wrong AS (
  SELECT w.id, array_agg(b.kind || ':' || b.value) AS bad
  FROM wanted w JOIN bad_address b ON b.tenant_id = w.tenant_id AND b.person_id = w.person_id
  WHERE b.lifted_at IS NULL GROUP BY w.id
), needed AS (
  SELECT w.id, max(n.value) FILTER (WHERE n.kind = 'language') AS language,
    max(n.value) FILTER (WHERE n.kind = 'format') AS format, bool_or(n.kind = 'interpreter') AS interpreter,
    bool_or(n.kind = 'someone to speak for me') AS advocate
  FROM wanted w JOIN contact_need n ON n.tenant_id = w.tenant_id AND n.person_id = w.person_id
  WHERE n.lifted_at IS NULL GROUP BY w.id
), reached AS (
  SELECT w.id, count(*) FILTER (WHERE c.sent_at > :now - s.contacts_days * interval '1 day') AS contacts,
    max(c.sent_at) FILTER (WHERE c.participant_id <> w.id) AS elsewhere
  FROM wanted w JOIN contact c ON c.tenant_id = w.tenant_id AND c.person_id = w.person_id AND c.state = 'sent'
  JOIN pcn_settings s ON s.tenant_id = w.tenant_id
  GROUP BY w.id
)
SELECT w.id AS participant_id, person.id AS person_id, person.practice_id, practice.name AS practice,
  person.given_name, person.family_name, person.house, person.street, person.town, person.postcode, wrong.bad,
  person.died_on, person.left_on, person.missing_since, person.sensitive, person.preferred_contact,
  person.mobile, person.home_phone, person.email, w.status, again.ask_again_on,
  person.house <> '' AND person.street <> '' AND person.postcode <> '' AS address_complete,
  coalesce(needed.language, person.language) AS language,
  coalesce(needed.format, person.information_format) AS information_format,
  coalesce(needed.interpreter, false) OR person.interpreter AS interpreter,
  coalesce(needed.advocate, false) AS advocate,
  release.id IS NOT NULL AS released,
  NOT coalesce(cohort.screened_first, false) OR screening.id IS NOT NULL AS screened,
  coalesce(chosen.opted_out, false) AS opted_out, coalesce(chosen.held, false) AS held,
  coalesce(chosen.channels, '{{}}') AS do_not_contact, coalesce(reached.contacts, 0) AS contacts,
  (reached.elsewhere AT TIME ZONE :zone)::date AS last_elsewhere
FROM wanted w
JOIN person ON person.tenant_id = w.tenant_id AND person.id = w.person_id
JOIN practice ON practice.tenant_id = w.tenant_id AND practice.id = person.practice_id
LEFT JOIN release ON release.tenant_id = w.tenant_id AND release.programme_id = w.programme_id
  AND release.practice_id = person.practice_id AND release.withdrawn_at IS NULL
LEFT JOIN cohort ON cohort.tenant_id = w.tenant_id AND cohort.programme_id = w.programme_id
LEFT JOIN screening ON screening.tenant_id = w.tenant_id AND screening.participant_id = w.id
  AND screening.replaced_at IS NULL AND screening.decision = 'keep'
FULL JOIN chosen ON chosen.id = w.id
FULL JOIN again ON again.id = w.id
FULL JOIN wrong ON wrong.id = w.id
FULL JOIN needed ON needed.id = w.id
FULL JOIN reached ON reached.id = w.id
"""
_KINDS: dict[str, Any] = {ONE_BY_ONE: ARRAY(BigInteger), OF_PROGRAMME: BigInteger()}
WHO = (
    *("participant_id", "person_id", "practice_id", "given_name", "family_name"),
    *("house", "street", "town", "postcode", "practice"),
)
_COLUMNS = [Column[Any](name) for name in (*WHO, "bad", *Facts._fields)]


def asked(which: str, value: Any) -> Subquery:
    """What is known of the participants that `which` (one of the two above) means by `value`, a row for each.

    The columns of `WHO`, the facts, and `bad`: what does not reach them, each as its kind and value.
    """
    given: tuple[BindParameter[Any], ...] = (
        bindparam("which", value, _KINDS[which]),
        bindparam("now", clock.now(), DateTime(timezone=True)),
        bindparam("zone", clock.LONDON.key),
    )
    return text(_ASKED.format(which=which)).bindparams(*given).columns(*_COLUMNS).subquery("asked")
