"""Files for the browser: fetched once, kept for as long as they are the same."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

STATIC = Path(__file__).resolve().parents[1] / "app" / "static"
NAMED = re.compile(r'(?:src|href)="(/static/[^"]+)"')
IMPORTED = re.compile(r'^import .* from "\./([^"]+)"', re.M)


@pytest.fixture
def named(client_of: Callable[..., object]) -> list[str]:
    """The addresses of the files that a page names."""
    return NAMED.findall(client_of(None).get("/sign-in").text)


def test_a_file_named_with_its_digest_is_kept_for_a_year(client_of, named: list[str]) -> None:
    with_digest = [address for address in named if "?v=" in address]
    assert len(with_digest) > 4
    for address in with_digest:
        with client_of(None).get(address) as answer:
            assert (answer.cache_control.max_age, answer.cache_control.immutable) == (31536000, True), address


@pytest.mark.parametrize("address", ["/static/oast.js", "/static/oast.js?v=another", "/assets/manifest.json"])
def test_a_file_named_without_its_digest_is_asked_about_again_after_minutes(client_of, address: str) -> None:
    with client_of(None).get(address) as first:
        assert first.cache_control.max_age == 300
        tag = first.headers["ETag"]
    with client_of(None).get(address, headers={"If-None-Match": tag}) as again:
        assert again.status_code == 304
        assert again.cache_control.max_age == 300


def test_what_a_script_imports_is_named_on_the_page_only_by_the_same_address(named: list[str]) -> None:
    imported = IMPORTED.findall((STATIC / "oast.js").read_text())
    assert imported == ["vendor/nhsuk/nhsuk-frontend.min.js"]
    for name in imported:
        assert [address for address in named if name in address] == [f"/static/{name}"]


def test_a_file_that_is_not_there_is_kept_nowhere(app: Flask) -> None:
    answer = app.test_client().get("/static/nothing.js?v=missing")
    assert answer.status_code == 404
    assert answer.cache_control.max_age is None
