"""Whoever is shown a person, by name or by pseudonym, leaves that in the audit trail. New pages are found.

Every address of an organisation is opened by people of several roles. Where the answer holds the sample
person, an event must stand in the trail of the organisation that looked. A form that is shown again counts:
whoever sends it empty to an address that they guessed sees the person too.
"""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.audit import AuditEvent
from tenants.db import db
from tests.checking import CheckingClient, words_of
from tests.conftest import block, signed_in_client
from tests.kernel.samples import values_for
from tests.kernel.test_routes import MEMBERS, OWN, _address
from tests.world import World

GETS = [case for case in MEMBERS if case.values[2] == "GET"]
# The sample has a participant before its cohort is frozen, so it cannot be frozen.
POSTS = [c for c in MEMBERS if c.values[2] == "POST" and c.values[0].endpoint != "cohorts.freeze"]
# The sample person: by name (practices carry that word too), by pseudonym, and as shared with the partner.
SHOWN = re.compile(r"Wrenfield(?! practice)|P-700001|Sampleson")
LOOKERS = {"pcn": ("dora", "mandy", "alan", "rita"), "icb": ("ivy",), "partner": ("polly", "wes")}


@pytest.fixture
def values(app: Flask, world: World) -> dict[str, Any]:
    """The numbers of Dover Town's rows."""
    return values_for(app, world)


def _events(app: Flask, world: World, kind: str) -> int:
    with block(app, world, OWN[kind][0], None, audited=False):
        return db.session.scalar(select(func.count()).select_from(AuditEvent)) or 0


def _shows_somebody(client: CheckingClient, address: str, method: str) -> bool:
    client.budget = 200  # what a page may spend is held elsewhere
    answer = client.open(address, method=method)
    return answer.status_code in (200, 422) and bool(SHOWN.search(words_of(answer)))


@pytest.mark.parametrize(("rule", "kind", "method"), GETS)
def test_a_page_that_shows_a_person_leaves_an_event(
    app: Flask, world: World, values: Any, rule: Any, kind: str, method: str
) -> None:
    address = _address(app, rule, kind, OWN[kind][0], values)
    for who in LOOKERS[kind]:
        before = _events(app, world, kind)
        if _shows_somebody(signed_in_client(app, world, who), address, method):
            assert _events(app, world, kind) > before, f"{who} was shown a person at {address}"


@pytest.mark.parametrize(("rule", "kind", "method"), POSTS)
def test_a_form_sent_empty_that_shows_a_person_leaves_an_event(
    app: Flask, world: World, values: Any, rule: Any, kind: str, method: str
) -> None:
    address = _address(app, rule, kind, OWN[kind][0], values)
    who = LOOKERS[kind][0]
    before = _events(app, world, kind)
    if _shows_somebody(signed_in_client(app, world, who), address, method):
        assert _events(app, world, kind) > before, f"{who} was shown a person by sending nothing to {address}"


def test_the_pages_that_show_the_person_are_found_at_all(app: Flask, world: World, values: Any) -> None:
    showing = set()
    for case in GETS:
        rule, kind, method = case.values
        client = signed_in_client(app, world, LOOKERS[kind][0])
        if _shows_somebody(client, _address(app, rule, kind, OWN[kind][0], values), method):
            showing.add(rule.endpoint)
    assert {"care.participant", "cohorts.participants", "referrals.open_one"} <= showing, showing
