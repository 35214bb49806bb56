"""Texts that the gateway did not tell of are asked for, and each is taken once."""

import datetime as dt
from typing import Any

import pytest
import requests
from sqlalchemy import select

from app.audit import AuditEvent
from app.outreach.choice_models import ContactChoice
from app.outreach.gateway_models import InboundText
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.conftest import FORM, GATEWAYS, Outreach
from tests.outreach.test_inbound import came
from tests.stand_in.notify import Served


@pytest.fixture
def connected(connected: Served, outreach: Outreach) -> Served:
    """Ada and Ben, and a PCN whose texts go by the stand-in."""
    outreach.start({}, {})
    return connected


def sends(notify: Served, words: str, *, number: str = "447700900100", minute: int = 0) -> dict[str, Any]:
    """Somebody sends a text to the gateway, which tells nobody."""
    given = {"number": number, "words": words, "at": f"2026-11-02T10:{minute:02d}:00.000000Z"}
    found: dict[str, Any] = requests.post(f"{notify.url}/_text", json=given, timeout=30).json()
    return found


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
    outreach.later(minutes=31)
    assert (texts(outreach), stopped(outreach)) == ([("STOP", "stop")], [True])


def test_what_was_told_and_asked_for_is_taken_once_however_often(outreach, connected) -> None:
    text = sends(connected, "Can you ring my daughter?")
    came(outreach, text["content"], text["user_number"], text=text["id"])
    for _ in range(3):
        outreach.later(minutes=31)
    assert texts(outreach) == [("Can you ring my daughter?", "other")]
    with outreach.acting("dover-town"):
        taken = select(AuditEvent).where(AuditEvent.action == "came", AuditEvent.subject == "text")
        assert len(db.session.scalars(taken).all()) == 1


def test_several_are_taken_in_the_order_in_which_they_were_sent(outreach, connected) -> None:
    for minute, words in enumerate(("Stop", "start", "Stop", "START")):
        sends(connected, words, minute=minute)
    outreach.later(minutes=31)
    assert [body for body, _ in texts(outreach)] == ["Stop", "start", "Stop", "START"]
    assert stopped(outreach) == [False, False]


def test_more_than_a_page_is_taken(outreach, connected) -> None:
    for number in range(260):
        sends(connected, f"Text {number}")
    outreach.later(minutes=31)
    assert len(texts(outreach)) == 260


def test_the_asking_goes_on_when_the_gateway_does_not_answer(outreach, connected, monkeypatch, app) -> None:
    monkeypatch.setitem(app.config, "NOTIFY_URL", "http://127.0.0.1:9")
    outreach.later(minutes=31)
    sends(connected, "STOP")
    monkeypatch.setitem(app.config, "NOTIFY_URL", connected.url)
    outreach.later(minutes=31)
    assert texts(outreach) == [("STOP", "stop")]


def test_nothing_is_asked_for_once_the_account_is_gone_or_another(outreach, connected) -> None:
    mandy = outreach.client_of("mandy")
    mandy.post(f"{GATEWAYS}/text/disconnect")
    sends(connected, "STOP")
    outreach.later(minutes=31)
    assert texts(outreach) == []
    outreach.moved(seeding.MONDAY + dt.timedelta(hours=2))
    mandy.post(f"{GATEWAYS}/text", data=FORM)
    outreach.later(minutes=31)
    assert texts(outreach) == [("STOP", "stop")]
