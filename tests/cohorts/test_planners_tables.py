"""Every table of numbers that a planner can open is one that somebody has thought about.

Pages are found by the routes. A table with numbers that stands in neither list below fails here: say in
docs/decisions/0009-small-numbers.md whether it counts people by what is in their records (then it goes
through `showing`, and into the attack) or how far our own work has come.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, url_for
from werkzeug.routing import BuildError

from tests.checking import CheckingClient
from tests.cohorts.reading import tables_of
from tests.kernel.samples import values_for
from tests.world import World

Client = Callable[[str | None], CheckingClient]
NUMBER = re.compile(r"(about )?\d[\d,]*( people| person)?|hidden")

# Tables that count people by what is in their records. The attack of test_attack.py reads each of them.
STATISTICS = {
    "Step by step", "Whom it leaves out", "Rule by rule", "Not known", "By practice", "Counted as of",
    "By deprivation fifth", "By ethnic group", "By age", "By sex", "Practices and their release",
}  # fmt: skip
# Tables that count our own work, or lines of files: 0009 says why they are exact.
WORK = {
    "Where people are now",  # by status, of pseudonyms
    "How many wait, by source",  # lines of lists that are not linked
    "How many people came to each point",  # as it leaves the PCN: learning/rules.py
    "Held back, by reason",  # of a batch, which accounts for everybody
}


def numbers_on(page: str) -> set[str]:
    """The captions of the page's tables that hold numbers."""
    return {
        re.sub(r" \(.*| \d.*", "", caption)
        for caption, rows in tables_of(page)
        if any(NUMBER.fullmatch(cell) for row in rows[1:] for cell in row[1:])
    }


@pytest.mark.parametrize("who", ["mandy", "alan"])
def test_every_table_of_numbers_is_a_statistic_or_our_own_work(
    app: Flask, client_of: Client, world: World, who: str
) -> None:
    values, client, opened = values_for(app, world), client_of(who), 0
    client.budget = 100
    unknown: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or "slug" not in rule.arguments:
            continue
        path = _address(app, rule.endpoint, {k: v for k, v in values.items() if k in rule.arguments})
        answer = client.get(path) if path else None
        if answer is not None and answer.status_code == 200 and answer.mimetype == "text/html":
            opened += 1
            if found := numbers_on(answer.text) - STATISTICS - WORK:
                unknown[rule.endpoint] = found
    assert opened > 25, "hardly a page was opened"
    assert unknown == {}


def _address(app: Flask, endpoint: str, values: dict[str, Any]) -> str | None:
    with app.test_request_context():
        try:
            return url_for(endpoint, slug="dover-town", kind="pcn", **values)
        except BuildError:
            return None
