"""Runs the whole of it: `make bench`. The exit status is 0 even where an aim is missed; the table says so."""

import argparse
import datetime as dt
import os
import platform
import re
import time
from importlib.metadata import version
from typing import Any

import psycopg
from flask_migrate import upgrade

from app import clock, embedded
from app.embedded import Servers
from bench import building, cohorts, editing, imports, letters, pages, queries, sending
from bench.filling import FOLDER, ONE, THOUSAND, WITHOUT_POLICIES, address, prepare, superuser
from bench.table import Row, Statements, drawn
from bench.timing import COUNTED, WARM_UP, interleaved

ROUNDS = 900
CSRF_TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is measured")
    parser.add_argument("--events", type=int, default=imports.EVENTS, help="how many events are brought in")
    parser.add_argument("--people", type=int, default=cohorts.PEOPLE, help="how many each of 40 PCNs has")
    parser.add_argument("--letters", type=int, default=letters.LETTERS, help="how many letters are made")
    parser.add_argument("--texts", type=int, default=sending.PEOPLE, help="how many texts are sent")
    given = parser.parse_args()
    rounds = given.rounds
    begun, load = time.monotonic(), os.getloadavg()[0]
    try:
        one, thousand = prepare("bench_one", ONE, _migrate), prepare("bench_thousand", THOUSAND, _migrate)
        rows = [
            *measure(one, thousand, rounds),
            editing.measure(one, pages.product(one)),
            *building.measure(_migrate, min(rounds, building.ROUNDS)),
            *letters.measure(_migrate, given.letters),
            *sending.measure(_migrate, given.texts),
            *cohorts.measure(_migrate, given.people, min(rounds, cohorts.ROUNDS)),
            *imports.measure(_migrate, given.events),
        ]
        head = _circumstances(one, rounds, load)
    finally:
        embedded.stop(FOLDER)
    print(head, drawn(rows), sep="\n\n")
    print(f"\nTook {time.monotonic() - begun:.0f} seconds.")
    if load > (os.cpu_count() or 1):
        print(
            "The machine was busy with something else. The more trips to the database, the more that shows:"
        )
        print("run this again when it is quiet.")


def measure(one: Servers, thousand: Servers, rounds: int) -> list[Row | Statements]:
    """The rows of one page, of its query, and of what a thousand tenants cost both."""
    app, crowded = pages.product(one), pages.product(thousand)
    ask, ask_crowded = (pages.asking(each, pages.signed_in_cookie(each)) for each in (app, crowded))
    seen, seen_crowded = pages.look(app, ask), pages.look(crowded, ask_crowded)
    ask_bare = pages.asking(pages.bare(app, seen, _unpoliced(one)))
    _check_alike(ask, ask_bare)
    asked = {"real": ask, "bare": ask_bare, "fixed": pages.asking(pages.fixed(seen.text))}
    gauge = queries.gauge(one)
    page = interleaved({**asked, "crowded": ask_crowded}, gauge, rounds)
    query = interleaved(_queried(one, thousand, seen, seen_crowded), gauge, rounds)
    return _rows(page, query, len(seen.statements))


def _queried(
    one: Servers, thousand: Servers, seen: pages.Seen, seen_crowded: pages.Seen
) -> dict[str, queries.Run]:
    """The page's query, each way."""
    policed, free = queries.under_policies(one, seen), queries.without_policies(one, seen)
    return {
        "policies": policed.query,
        "none": free.query,
        "policies, whole": policed.transaction,
        "none, whole": free.transaction,
        "crowded": queries.under_policies(thousand, seen_crowded).query,
    }


def _rows(
    page: dict[str, list[float]], query: dict[str, list[float]], statements: int
) -> list[Row | Statements]:
    whole = (query["policies, whole"], query["none, whole"])
    return [
        Row(page["real"], page["bare"], 2.5, "list of 25 of 10,000 people", "bare: one query, same template"),
        Statements(statements),
        Row(page["real"], page["fixed"], None, "the same page", "bare: a fixed string of its size"),
        Row(query["policies"], query["none"], 1.1, "its query, policies on", "no policies, WHERE tenant_id"),
        Row(*whole, None, "in a transaction that says who acts", "that does not"),
        Row(page["crowded"], page["real"], 1.2, "the page, 1,000 tenants", "one tenant"),
        Row(query["crowded"], query["policies"], 1.2, "its query, 1,000 tenants", "one tenant"),
    ]


def _check_alike(ask: pages.Ask, ask_bare: pages.Ask) -> None:
    """The bare view shows the very same page, or the comparison would be of two different things."""
    texts = {CSRF_TOKEN.sub("", one()) for one in (ask, ask_bare)}
    assert len(texts) == 1, "the bare view does not show what the real page shows"


def _unpoliced(servers: Servers) -> psycopg.Connection[Any]:
    return psycopg.connect(address(servers, WITHOUT_POLICIES), autocommit=True)


def _migrate(servers: Servers) -> None:
    """Bring an empty database to the schema, as its owner."""
    with pages.product(servers).app_context():
        upgrade()


def _circumstances(servers: Servers, rounds: int, load: float) -> str:
    with superuser(servers) as connection:
        database = connection.execute("SHOW server_version").fetchone()
    versions = ", ".join(f"{name} {version(name)}" for name in ("Flask", "SQLAlchemy", "psycopg", "Jinja2"))
    return (
        f"{dt.datetime.now(clock.LONDON):%-d %B %Y, %H:%M}. {platform.machine()}, "
        f"{os.cpu_count()} processors, load {load:.1f} before. "
        f"PostgreSQL {database[0] if database else ''}, "
        f"Python {platform.python_version()}, {versions}.\n"
        f"Medians of {rounds // COUNTED} rounds, the quietest third of {rounds}, each in a new order, "
        f"after {WARM_UP} rounds of warming up."
    )


if __name__ == "__main__":
    main()
