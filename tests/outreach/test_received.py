"""Texts that the gateway did not tell of are asked for, and each is taken once."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import select

from app import clock
from app.audit import AuditEvent
from app.outreach.choice_models import ContactChoice
from app.outreach.gateway_models import InboundText
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.conftest import BASE, Outreach
from tests.outreach.test_inbound import came
from tests.outreach.test_notify import FORM
from tests.stand_in.notify import Served, served


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with served() as found:
        yield found


@pytest.fixture
def connected(running: Served, outreach: Outreach, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Served:
    """Ada and Ben, and a PCN whose texts go by the stand-in."""
    requests.post(f"{running.url}/_text", json={}, timeout=30).raise_for_status()
    monkeypatch.setitem(app.config, "NOTIFY_URL", running.url)
    outreach.start({}, {})
    assert outreach.client_of("mandy").post(f"{BASE}/settings/gateways/text", data=FORM).status_code == 303
    return running


def sends(notify: Served, words: str, *, number: str = "447700900100", minute: int = 0) -> dict[str, Any]:
    """Somebody sends a text to the gateway, which tells nobody."""
    given = {"number": number, "words": words, "at": f"2026-11-02T10:{minute:02d}:00.000000Z"}
    found: dict[str, Any] = requests.post(f"{notify.url}/_text", json=given, timeout=30).json()
    return found


def later(outreach: Outreach, minutes: int = 31) -> None:
    there = clock.local(clock.now()).replace(tzinfo=None) + dt.timedelta(minutes=minutes)
    outreach.moved(there)
    outreach.work()


def texts(outreach: Outreach) -> list[tuple[str, str]]:
    with outreach.acting("dover-town"):
        rows = db.session.scalars(select(InboundText).order_by(InboundText.id))
        return [(text.body, text.meant) for text in rows]


def stopped(outreach: Outreach) -> list[bool]:
    """Of each time that somebody asked for no texts, whether it holds."""
    with outreach.acting("dover-town"):
        rows = db.session.scalars(select(ContactChoice).order_by(ContactChoice.id))
        return [row.lifted_at is None for row in rows]


def test_a_stop_that_nobody_told_us_of_takes_hold_within_the_half_hour(outreach, connected) -> None:
    sends(connected, "STOP")
    outreach.work()
    assert texts(outreach) == []
    later(outreach)
    assert (texts(outreach), stopped(outreach)) == ([("STOP", "stop")], [True])


def test_what_was_told_and_asked_for_is_taken_once_however_often(outreach, connected) -> None:
    text = sends(connected, "Can you ring my daughter?")
    came(outreach, text["content"], text["user_number"], text=text["id"])
    for _ in range(3):
        later(outreach)
    assert texts(outreach) == [("Can you ring my daughter?", "other")]
    with outreach.acting("dover-town"):
        taken = select(AuditEvent).where(AuditEvent.action == "came", AuditEvent.subject == "text")
        assert len(db.session.scalars(taken).all()) == 1


def test_several_are_taken_in_the_order_in_which_they_were_sent(outreach, connected) -> None:
    for minute, words in enumerate(("Stop", "start", "Stop", "START")):
        sends(connected, words, minute=minute)
    later(outreach)
    assert [body for body, _ in texts(outreach)] == ["Stop", "start", "Stop", "START"]
    assert stopped(outreach) == [False, False]


def test_more_than_a_page_is_taken(outreach, connected) -> None:
    for number in range(260):
        sends(connected, f"Text {number}")
    later(outreach)
    assert len(texts(outreach)) == 260


def test_the_asking_goes_on_when_the_gateway_does_not_answer(outreach, connected, monkeypatch, app) -> None:
    monkeypatch.setitem(app.config, "NOTIFY_URL", "http://127.0.0.1:9")
    later(outreach)
    sends(connected, "STOP")
    monkeypatch.setitem(app.config, "NOTIFY_URL", connected.url)
    later(outreach)
    assert texts(outreach) == [("STOP", "stop")]


def test_nothing_is_asked_for_once_the_account_is_gone_or_another(outreach, connected) -> None:
    mandy = outreach.client_of("mandy")
    mandy.post(f"{BASE}/settings/gateways/text/disconnect")
    sends(connected, "STOP")
    later(outreach)
    assert texts(outreach) == []
    outreach.moved(seeding.MONDAY + dt.timedelta(hours=2))
    mandy.post(f"{BASE}/settings/gateways/text", data=FORM)
    later(outreach)
    assert texts(outreach) == [("STOP", "stop")]
