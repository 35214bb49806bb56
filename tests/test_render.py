"""Page or fragment, what is escaped, and what happens when a template asks for what is not there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from jinja2 import DictLoader, UndefinedError
from markupsafe import Markup

from app.here import QUIET_ENDPOINTS, Here
from app.render import LoudUndefined, render
from tests.checking import check_html

ROOT = Path(__file__).resolve().parents[1]
PAGE = """{% extends "layouts/page.jinja" %}
{% block title %}Walks for {{ name }}{% endblock %}
{% block content %}<h1>Walks</h1>
<div id="walks">{% block walks %}
{% if errors %}{{ nhs.errorSummary({"titleText": "There is a problem", "errorList": errors}) }}{% endif %}
<p>{{ name }}</p>{% endblock %}</div>{% endblock %}"""
WRONG = [{"text": "Enter a name", "href": "#walks"}]


@pytest.fixture
def page(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`page(target=…, **values)`: the answer that a page with a block "walks" gives."""
    loader = DictLoader({"walks.jinja": PAGE})
    monkeypatch.setattr(app.jinja_env, "loader", type(app.jinja_env.loader)([loader, app.jinja_env.loader]))

    def ask(target: str = "", history: bool = False, status: int = 200, **values: Any) -> str:
        headers = {"HX-Request": "true", "HX-Target": target} if target else {}
        headers |= {"HX-History-Restore-Request": "true"} if history else {}
        with app.test_request_context(headers=headers):
            g.here = Here()
            return render("walks.jinja", status, **values).get_data(as_text=True)

    yield ask
    app.jinja_env.cache.clear()


def test_who_asks_without_a_script_gets_the_whole_page(page: Any) -> None:
    text = page(name="Ada")
    check_html(text, whole=True)
    assert "<title>Walks for Ada – Oast</title>" in text
    assert "<h1>" in text


def test_htmx_gets_the_block_that_its_target_names_and_the_title_that_the_page_has_then(page: Any) -> None:
    text = page(target="walks", name="Ada")
    check_html(text, whole=False)
    assert text.startswith("<title>Walks for Ada – Oast</title>")
    assert "<p>Ada</p>" in text
    assert "<h1" not in text


def test_a_block_with_errors_makes_the_title_say_so(page: Any) -> None:
    text = page(target="walks", status=422, name="Ada", errors=WRONG)
    check_html(text, whole=False)
    assert text.startswith("<title>Error: Walks for Ada – Oast</title>")


@pytest.mark.parametrize(("target", "history"), [("no-such-block", False), ("walks", True)])
def test_a_target_that_is_no_block_and_a_restored_page_get_the_whole_page(
    page: Any, target: str, history: bool
) -> None:
    assert "<h1>" in page(target=target, history=history, name="Ada")


def test_every_answer_says_that_it_depends_on_who_asks_how(client_of: Any) -> None:
    answer = client_of("mandy").get("/pcn/dover-town/today")
    assert {"HX-Request", "HX-Target", "Cookie"} <= set(answer.headers["Vary"].replace(" ", "").split(","))
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_somebody_typed_is_escaped_in_page_block_and_title(page: Any) -> None:
    for text in (page(name="<b>Ada</b>"), page(target="walks", name="<b>Ada</b>")):
        assert "<b>" not in text
        assert text.count("&lt;b&gt;Ada") == 2


def test_templates_of_every_ending_are_escaped(app: Flask) -> None:
    assert app.jinja_env.autoescape is True
    assert app.jinja_env.from_string("{{ x }}").render(x="<") == "&lt;"


def test_what_does_not_exist_is_loud_where_it_is_printed_and_quiet_where_macros_ask(app: Flask) -> None:
    assert app.jinja_env.undefined is LoudUndefined
    with pytest.raises(UndefinedError):
        app.jinja_env.from_string("{{ nobody.name }}").render()
    assert app.jinja_env.from_string("{% if nobody.name %}x{% endif %}").render() == ""


def test_the_macros_of_the_nhs_stand_in_one_namespace(app: Flask) -> None:
    nhs = app.jinja_env.globals["nhs"]
    assert {"button", "input", "radios", "dateInput", "errorSummary", "card", "taskList"} <= set(vars(nhs))
    assert isinstance(nhs.button({"text": "<b>"}), Markup)
    assert "<b>" not in nhs.button({"text": "<b>"})


# Pages that ask for themselves.

POLLED = re.compile(r'hx-get="{{ (\w+|url_for\("([\w.]+)"[^}]*) }}"[^>]*hx-trigger="every')
SET = re.compile(r'{% set (\w+) = url_for\("([\w.]+)"')


def test_what_a_page_asks_for_by_itself_never_prolongs_a_session() -> None:
    asked = set()
    for template in (ROOT / "templates").rglob("*.jinja"):
        text = template.read_text()
        named = dict(SET.findall(text))
        found = POLLED.findall(text)
        assert len(found) == text.count('hx-trigger="every'), f"{template.name}: hx-get goes first"
        asked |= {endpoint or named[name] for name, endpoint in found}
    assert asked
    assert asked <= QUIET_ENDPOINTS


def test_every_quiet_address_exists(app: Flask) -> None:
    assert set(app.view_functions) >= QUIET_ENDPOINTS
