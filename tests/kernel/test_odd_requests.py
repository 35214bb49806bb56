"""What nobody types, sent to every address: an answer in words, and never a failure of ours."""

import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf import FlaskForm
from wtforms.fields.core import UnboundField

from tests.conftest import signed_in_client
from tests.kernel.samples import values_for
from tests.kernel.test_routes import MEMBERS, OWN, _address
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
ASKED = re.compile(r'args(?:\.get)?[\[(]\s*"([a-z_]+)"')
READ = {name for path in (ROOT / "app").rglob("*.py") for name in ASKED.findall(path.read_text())}
# Those that are asked for by a name from a list.
LISTED = {"practice_id", "programme_id", "programme", "language", "need", "show", "state", "reason", "place"}
NAMES = (
    READ | LISTED | {"q", "who", "what", "page", "status", "reached", "practice", "since-day", "since-month"}
)
GETS = [case for case in MEMBERS if case.values[2] == "GET"]
POSTS = [case for case in MEMBERS if case.values[2] == "POST"]
ODD = ["\0", "9" * 20, "-1", "'", "²", "%", "a" * 2000]


@pytest.fixture
def values(app: Flask, world: World) -> dict[str, Any]:
    """The numbers of Dover Town's rows."""
    return values_for(app, world)


@pytest.mark.parametrize(
    "odd", ODD, ids=["nul", "large", "negative", "quote", "superscript", "percent", "long"]
)
def test_odd_arguments_are_answered_everywhere(app: Flask, world: World, values: Any, odd: str) -> None:
    query = "&".join(f"{name}={quote(odd)}" for name in sorted(NAMES))
    for case in GETS:
        rule, kind, method = case.values
        slug, who = OWN[kind]
        owned = values if kind == "pcn" else values | values_for(app, world, kind)
        client = signed_in_client(app, world, who)
        answer = client.open(f"{_address(app, rule, kind, slug, owned)}?{query}", method=method)
        assert answer.status_code < 500, f"{rule.endpoint} with {odd[:20]!r}"
        assert odd != "\0" or answer.status_code == 400


def test_what_is_asked_for_never_changes_where_a_link_of_the_page_leads(client_of: Any, values: Any) -> None:
    mandy, page = client_of("mandy"), "/pcn/dover-town/settings/activity"
    mandy.get(f"/pcn/dover-town/programmes/{values['programme_id']}/outreach/barriers")
    given = "_scheme=javascript&_external=1&_method=NONE&kind=icb&slug=medway-central"
    assert f'href="{page}/file"' in mandy.get(f"{page}?{given}").text


@pytest.mark.parametrize("path", ["/pcn/%00/today", "/%00", "/r/1-%00", "/pcn/dover-town/%00"])
def test_an_address_that_is_no_text_is_answered_in_words(client_of: Any, path: str) -> None:
    for who in (None, "mandy"):
        answer = client_of(who).get(path)
        assert answer.status_code == 400
        assert "We could not read that" in answer.text


def _fields(form: type[Any]) -> set[str]:
    below = {name for kind in form.__subclasses__() for name in _fields(kind)}
    return below | {name for name in dir(form) if isinstance(getattr(form, name), UnboundField)}


READ_OF_FORMS = re.compile(r'form(?:\.get|\.getlist)?[\[(]\s*"([a-z_ -]+)"')


@cache
def _names_in_forms() -> set[str]:
    sources = [path.read_text() for path in (ROOT / "app").rglob("*.py")]
    return _fields(FlaskForm) | {name for source in sources for name in READ_OF_FORMS.findall(source)}


@pytest.mark.parametrize(("rule", "kind", "method"), POSTS)
def test_a_form_of_odd_characters_is_answered_everywhere(
    app: Flask, world: World, values: Any, rule: Any, kind: str, method: str
) -> None:
    slug, who = OWN[kind]
    client, address = signed_in_client(app, world, who), _address(app, rule, kind, slug, values)
    for odd in ("a\0b", "9" * 20, "²"):
        form = dict.fromkeys(_names_in_forms(), odd)
        if rule.endpoint != "cohorts.freeze":  # the sample has a participant before its cohort is frozen
            # Not as the checking client: a NUL that a page shows again is no strict HTML.
            assert FlaskClient.open(client, address, method=method, data=form).status_code < 500
