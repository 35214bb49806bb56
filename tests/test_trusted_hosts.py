"""Requests for hosts that are not ours."""

import pytest
from flask import Flask


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing", "/static/oast.css"])
def test_a_host_that_is_not_trusted_gets_a_plain_page(app: Flask, client_of, monkeypatch, path: str) -> None:
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", ["oast.example"])
    answer = client_of(None).get(path, headers={"Host": "elsewhere.test"})
    assert answer.status_code == 400
    assert "does not answer at this address" in answer.text
    assert "elsewhere.test" not in answer.text
    posted = client_of(None).post("/sign-in", data={}, headers={"Host": "elsewhere.test"})
    assert posted.status_code == 400


def test_a_trusted_host_is_answered(app: Flask, client_of, monkeypatch) -> None:
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", ["oast.example"])
    assert client_of(None).get("/sign-in", headers={"Host": "oast.example"}).status_code == 200
