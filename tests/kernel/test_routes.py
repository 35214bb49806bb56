"""Every route, every method, for everybody who must not get through. New routes are found by themselves.

A route's numbers are filled from `SAMPLES`: rows of Dover Town. A parameter without a sample fails here.
"""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app.here import access_of
from app.permissions import ROLES, Access, permissions_of
from tenants.db import db
from tests.conftest import application, settings, signed_in_client
from tests.kernel.samples import DOCUMENTS, SAMPLES, SHARED_IN_ICB, WORDS, values_for
from tests.world import World

KINDS = ("pcn", "icb", "partner")
OWN = {"pcn": ("dover-town", "dora"), "icb": ("kent-and-medway", "ivy"), "partner": ("one-you-kent", "polly")}
# Who comes to one's own organisation and asks for the rows of Dover Town (or of One You Kent).
NEIGHBOUR = {
    "pcn": ("medway-central", "mira"),
    "icb": ("coventry-and-warwickshire", "ian"),
    "partner": ("aspire", "vera"),
}
FARAWAY = {
    "pcn": ("sowe-valley", "sia"),
    "icb": ("coventry-and-warwickshire", "ian"),
    "partner": ("compassionate-communities", "tess"),
}
STRANGERS = {
    "pcn": ("mira", "sia", "vera", "olu", "ivy", "nora"),
    "icb": ("dora", "ian", "olu", "nora"),
    "partner": ("dora", "vera", "ivy", "nora"),
}
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


def _rules() -> list[Rule]:
    return list(_plain_app().url_map.iter_rules())


def _plain_app() -> Flask:
    """An application only to read the routes of; it never connects."""
    environ = {
        "DATABASE_URL": "postgresql+psycopg://nobody@/nowhere",
        "OAST_ENV": "test",
        "OAST_DEMONSTRATION": "1",
    }
    return application(environ)


_APP = _plain_app()
RULES = [rule for rule in _APP.url_map.iter_rules() if rule.endpoint not in ("static", "assets")]


def _access(rule: Rule) -> Access:
    with _APP.app_context():
        return access_of(rule.endpoint)


def _kinds(rule: Rule) -> list[str]:
    if "kind" in rule.arguments:
        return [kind for kind in KINDS if _may_be_held(rule, kind)]
    return [rule.rule.split("/")[1]] if "slug" in rule.arguments else []


def _may_be_held(rule: Rule, kind: str) -> bool:
    """Whether any role of that kind of organisation holds what the route asks for."""
    return _access(rule).permission in permissions_of(frozenset(ROLES[kind]))


def _cases(wanted: Callable[[Rule], bool]) -> list[Any]:
    return [
        pytest.param(rule, kind, method, id=f"{method} {rule.endpoint} {kind}")
        for rule in RULES
        if wanted(rule)
        for kind in _kinds(rule)
        for method in METHODS
        if method in (rule.methods or set())
    ]


def _numbers(rule: Rule) -> set[str]:
    return rule.arguments - {"slug", "kind"}


def _address(app: Flask, rule: Rule, kind: str, slug: str, values: dict[str, Any]) -> str:
    given = {name: values[name] for name in _numbers(rule)}
    if "kind" in rule.arguments:
        given["kind"] = kind
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        return adapter.build(rule.endpoint, given | {"slug": slug}, append_unknown=False)


def _member(rule: Rule) -> bool:
    return _access(rule).kind == "member"


MEMBERS = _cases(_member)
WITH_ROWS = _cases(lambda rule: _member(rule) and bool(_numbers(rule) - WORDS))


@pytest.fixture
def values(app: Flask, world: World) -> dict[str, Any]:
    """The numbers of Dover Town's rows."""
    return values_for(app, world)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule))
def test_every_route_says_who_may_use_it_and_has_a_sample(rule: Rule) -> None:
    access = _access(rule)
    assert access.kind in ("public", "signed in", "member")
    assert access.kind != "public" or access.why, "a public route says what makes that safe"
    assert not _numbers(rule) - set(SAMPLES), f"give {_numbers(rule) - set(SAMPLES)} a sample in samples.py"
    assert rule.rule == rule.rule.lower().replace("_", "-") or "<" in rule.rule


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule))
def test_every_member_route_stands_under_an_organisation_with_a_permission(rule: Rule) -> None:
    access = _access(rule)
    under = "slug" in rule.arguments
    assert under == (access.kind == "member")
    if access.kind == "member":
        assert _kinds(rule), f"no role holds {access.permission}"


@pytest.mark.parametrize(("rule", "kind", "method"), MEMBERS)
def test_nobody_is_sent_to_sign_in(
    app: Flask, world: World, values: Any, rule: Rule, kind: str, method: str
) -> None:
    address = _address(app, rule, kind, OWN[kind][0], values)
    client = signed_in_client(app, world, None)
    answer = client.open(address, method=method)
    assert answer.status_code == 302
    assert "/sign-in" in answer.location
    from_htmx = client.open(address, method=method, headers={"HX-Request": "true"})
    assert from_htmx.status_code == 401
    assert "/sign-in" in from_htmx.headers["HX-Redirect"]


@pytest.mark.parametrize(("rule", "kind", "method"), MEMBERS)
def test_strangers_find_nothing_at_all(
    app: Flask, world: World, values: Any, rule: Rule, kind: str, method: str
) -> None:
    address = _address(app, rule, kind, OWN[kind][0], values)
    for who in STRANGERS[kind]:
        answer = signed_in_client(app, world, who).open(address, method=method)
        assert answer.status_code == 404, f"{who} got {answer.status_code}"


@pytest.mark.parametrize(("rule", "kind", "method"), WITH_ROWS)
def test_rows_of_another_are_not_found_in_ones_own(
    app: Flask, world: World, values: Any, rule: Rule, kind: str, method: str
) -> None:
    visitors = FARAWAY if _numbers(rule) & SHARED_IN_ICB else NEIGHBOUR
    slug, who = visitors[kind]
    address = _address(app, rule, kind, slug, values)
    answer = signed_in_client(app, world, who).open(address, method=method)
    assert answer.status_code == 404, f"{who} got {answer.status_code}"


@pytest.mark.parametrize(("rule", "kind", "method"), MEMBERS)
def test_a_member_without_the_permission_is_refused(
    app: Flask, world: World, values: Any, rule: Rule, kind: str, method: str
) -> None:
    permission = _access(rule).permission
    without = [role for role in ROLES[kind] if permission not in permissions_of(frozenset({role}))]
    people = {role: who for who, slug, role in _one_role_each() if slug == OWN[kind][0]}
    address = _address(app, rule, kind, OWN[kind][0], values)
    for role in without:
        answer = signed_in_client(app, world, people[role]).open(address, method=method)
        assert answer.status_code == 403, f"{role} got {answer.status_code}"


def _one_role_each() -> list[tuple[str, str, str]]:
    from tests.world import PEOPLE

    several = {"dora", "mira", "sia", "polly", "vera", "tess", "both", "max", "nora"}
    return [(who, slug, role) for who, slug, role in PEOPLE if who not in several and slug and role]


@pytest.mark.parametrize(("rule", "kind", "method"), [case for case in MEMBERS if case.values[2] == "GET"])
def test_whoever_may_finds_the_page(
    app: Flask, world: World, values: Any, rule: Rule, kind: str, method: str
) -> None:
    slug, who = OWN[kind]
    owned = values if kind == "pcn" else values | values_for(app, world, kind)
    answer = signed_in_client(app, world, who).open(_address(app, rule, kind, slug, owned))
    if rule.endpoint in DOCUMENTS and answer.status_code == 404:
        return  # the document of this sample has not been made yet
    assert answer.status_code in (200, 302, 303), answer.text[:300]


@pytest.mark.parametrize("rule", [r for r in RULES if _access(r).kind == "signed in"], ids=str)
def test_pages_of_the_signed_in_ask_nobody_in(app: Flask, world: World, values: Any, rule: Rule) -> None:
    address = _address(app, rule, "", "", values)
    for method in METHODS:
        if method in (rule.methods or set()):
            assert signed_in_client(app, world, None).open(address, method=method).status_code == 302


def test_the_settings_of_the_run_are_the_restricted_role(run_database: str) -> None:
    assert "//app@" in settings(run_database)["DATABASE_URL"]
    assert db is not None
