"""A definition of five rules over one PCN of forty: members, attrition, gain and missing in one pass.

Measured against SQL written by hand for the same answer, without policies, and for the members alone. The
answers are compared before anything is timed. How and why: docs/decisions/0014-cohorts.md.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import psycopg

from app.cohorts.criteria import Evaluation, evaluate
from app.embedded import Servers
from app.library.definitions import read_definition
from bench import pages, queries
from bench.filling import ICB, WITHOUT_POLICIES, Migrate, Size, address, prepare_once
from bench.table import Row
from bench.timing import interleaved
from tenants import scope
from tenants.scope import Acting

PCNS, PEOPLE = 40, 50_000
FIRST, OURS = 2, 21  # half of the others were filled in before ours
ROUNDS = 150
MOMENT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
DAY = MOMENT.date()
LARGE = ("coded_event", "person")
DEFINITION = read_definition({
    "rules": [
        {"kind": "age", "from": 40, "to": 69},
        {"kind": "deprivation", "release": 2025, "deciles": [1, 2]},
        {"kind": "latest value", "code": "60621009", "name": "BMI", "at_least": 30},
        {"kind": "condition", "name": "hypertension", "codes": ["38341003", "59621000"]},
        {"kind": "condition", "name": "depression", "codes": ["35489007"]},
    ]
})  # fmt: skip
MEMBER = 856  # of the number that the hand-written statement gives each person

# The same answer, as short and fast as we can write it: people counted by how they came out.
BY_HAND = """
SELECT number, count(*), array_agg(id) FILTER (WHERE number = 856),
       array_agg(practice_id) FILTER (WHERE number = 856)
FROM (
    SELECT p.id, p.practice_id,
        CASE WHEN p.died_on <= %(day)s THEN 1 ELSE 0 END
        + CASE WHEN p.left_on <= %(day)s OR p.missing_since <= %(day)s THEN 2 ELSE 0 END
        + CASE WHEN p.type1_opt_out THEN 4 ELSE 0 END
        + CASE WHEN p.born <= %(forty)s AND p.born > %(seventy)s THEN 8 ELSE 0 END
        + CASE WHEN a.decile IN (1, 2) THEN 16 WHEN a.decile IS NULL THEN 32 ELSE 0 END
        + CASE WHEN b.value >= 30 THEN 64 WHEN b.value IS NULL THEN 128 ELSE 0 END
        + CASE WHEN h.person_id IS NULL THEN 0 ELSE 256 END
        + CASE WHEN d.person_id IS NULL THEN 0 ELSE 512 END AS number
    FROM person p
    LEFT JOIN deprivation a ON a.release = 2025 AND a.lsoa = p.lsoa
    LEFT JOIN (SELECT DISTINCT ON (person_id) person_id, value FROM coded_event
               WHERE tenant_id = %(pcn)s AND code = '60621009' AND "on" <= %(day)s AND value BETWEEN 10 AND 90
               ORDER BY person_id DESC, "on" DESC, value DESC) b ON b.person_id = p.id
    LEFT JOIN (SELECT DISTINCT person_id FROM coded_event
               WHERE tenant_id = %(pcn)s AND code IN ('38341003', '59621000') AND "on" <= %(day)s) h
           ON h.person_id = p.id
    LEFT JOIN (SELECT DISTINCT person_id FROM coded_event
               WHERE tenant_id = %(pcn)s AND code = '35489007' AND "on" <= %(day)s) d ON d.person_id = p.id
    WHERE p.tenant_id = %(pcn)s AND p.merged_into IS NULL
    OFFSET 0
) came_out GROUP BY number"""

MEMBERS_BY_HAND = """
SELECT p.id FROM person p
JOIN deprivation a ON a.release = 2025 AND a.lsoa = p.lsoa AND a.decile IN (1, 2)
WHERE p.tenant_id = %(pcn)s AND p.merged_into IS NULL AND NOT p.type1_opt_out
  AND (p.died_on IS NULL OR p.died_on > %(day)s) AND (p.left_on IS NULL OR p.left_on > %(day)s)
  AND (p.missing_since IS NULL OR p.missing_since > %(day)s)
  AND p.born <= %(forty)s AND p.born > %(seventy)s
  AND p.id IN (SELECT person_id FROM coded_event
               WHERE tenant_id = %(pcn)s AND code IN ('38341003', '59621000') AND "on" <= %(day)s)
  AND p.id IN (SELECT person_id FROM coded_event
               WHERE tenant_id = %(pcn)s AND code = '35489007' AND "on" <= %(day)s)
  AND (SELECT value FROM coded_event e
       WHERE e.tenant_id = %(pcn)s AND e.person_id = p.id AND e.code = '60621009' AND e."on" <= %(day)s
         AND e.value BETWEEN 10 AND 90 ORDER BY e."on" DESC, e.value DESC LIMIT 1) >= 30"""

PARAMETERS = {
    "pcn": OURS,
    "day": DAY,
    "forty": DAY.replace(year=DAY.year - 40),
    "seventy": DAY.replace(year=DAY.year - 70),
}


def measure(migrate: Migrate, people: int = PEOPLE, rounds: int = ROUNDS) -> list[Row]:
    """The rows of the table, with so many people in each PCN."""
    size = Size(people, others=PCNS - 1, people_elsewhere=people)
    name = f"bench_cohorts_{people}"
    servers = prepare_once(name, size, migrate, lambda connection: _add(connection, people))
    app = pages.product(servers)
    with app.app_context(), scope.as_acting(Acting(org=OURS, tenant=OURS, icb=ICB)):
        whole, members = (_by_hand(servers, statement) for statement in (BY_HAND, MEMBERS_BY_HAND))
        _check_alike(_ours(), whole(), members())
        taken = interleaved(
            {"ours": _ours, "whole": whole, "members": members}, queries.gauge(servers), rounds
        )
    what = f"definition of 5 rules, {people:,} of {people * PCNS:,} people"
    return [
        Row(taken["ours"], taken["whole"], 1.3, what, "by hand, no policies"),
        Row(taken["ours"], taken["members"], 3, "the same", "members only, by hand, no policies"),
    ]


def _ours() -> Evaluation:
    return evaluate(DEFINITION, DAY)


def _by_hand(servers: Servers, statement: str) -> queries.Run:
    options = "-c plan_cache_mode=force_custom_plan"
    connection = psycopg.connect(address(servers, WITHOUT_POLICIES), options=options)
    return lambda: connection.execute(statement, PARAMETERS).fetchall()


def _check_alike(ours: Evaluation, whole: list[Any], members: list[Any]) -> None:
    """All three know the same members, and ours lost and gained as many as the other counts say."""
    listed = sorted(row[0] for row in members)
    counts = {number: count for number, count, *_ in whole}
    assert listed, "nobody is in the cohort: nothing would be measured"
    assert ours.members == listed == sorted(next(row[2] for row in whole if row[0] == MEMBER))
    assert ours.people == sum(counts.values())
    assert ours.attrition[0]["lost"] == sum(count for number, count in counts.items() if number & 1)
    assert ours.gain["age 40 to 69"] == counts.get(MEMBER - 8, 0)
    missing = {entry["label"]: entry["only"] for entry in ours.missing}
    assert missing["latest BMI 30 or more"] == counts.get(MEMBER - 64 + 128, 0)


def _add(connection: psycopg.Connection[Any], people: int) -> None:
    """Fill the large tables without their keys and indexes, which are made again at the end: 1.5 minutes."""
    connection.execute("SET session_replication_role = replica")  # no foreign key is looked up row by row
    connection.execute("SET maintenance_work_mem = '512MB'")
    made_again = [statement for table in LARGE for statement in _taken_away(connection, table)]
    connection.execute(Path(__file__).with_suffix(".sql").read_bytes())
    connection.execute("SELECT pg_temp.add_places(%s, %s, %s)", [FIRST, FIRST + PCNS - 1, MOMENT])
    for pcn in range(FIRST, FIRST + PCNS):
        connection.execute("SELECT pg_temp.add_people(%s, %s, %s)", [pcn, people, MOMENT])
    for statement in made_again:
        connection.execute(statement)


def _taken_away(connection: psycopg.Connection[Any], table: str) -> list[str]:
    """Drop the table's indexes but its primary key, which others refer to; what makes them again."""
    unique = connection.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = %s::regclass AND contype = 'u'",
        [table],
    ).fetchall()
    for name, _ in unique:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    indexes = connection.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
        "WHERE indrelid = %s::regclass AND NOT indisprimary",
        [table],
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    constraints = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for name, definition in unique]
    return [*constraints, *(definition for _, definition in indexes)]
