"""Texts that come back: STOP takes hold at once, the rest waits to be read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.outreach import accounts
from app.outreach.choice_models import ContactChoice
from app.outreach.gateway_models import InboundText
from app.outreach.inbound import meant
from tenants.db import db
from tests.outreach.conftest import BASE, Outreach
from tests.outreach.test_notify import FORM
from tests.stand_in.notify import BEARER

TEXTS = f"{BASE}/outreach/texts"
CONNECTED = {"key": FORM["key"], "template": FORM["template"], "callback": BEARER, "per_minute": 3000}


def came(outreach: Outreach, body: str, number: str = "447700900100", *, text: str = "one") -> Any:
    """Notify tells of a text; the answer to it."""
    tenant = outreach.world.organisations["dover-town"]
    told = {"id": text, "source_number": number, "message": body, "date_received": "2026-11-02T10:30:00Z"}
    headers = {"Authorization": f"Bearer {BEARER}"}
    return outreach.client_of(None).post(f"/callbacks/{tenant}/texts", json=told, headers=headers)


@pytest.fixture
def two(outreach: Outreach) -> Outreach:
    """Two people, the second with a number of her own, and a PCN that texts come back to."""
    outreach.start({"given_name": "Ada"}, {"given_name": "Ben"})
    outreach.change(lambda: accounts.connect("letter", **CONNECTED))
    return outreach


@pytest.mark.parametrize(
    ("body", "meaning"),
    [
        ("STOP", "stop"), (" stop. ", "stop"), ("Stop!! I never asked", "stop"), ("OPT OUT", "stop"),
        ("Unsubscribe", "stop"), ("start", "start"), ("Help", "help"), ("", "other"), ("\n", "other"),
        ("I can not stop coughing", "other"), ("Yes please call me", "other"), ("don't stop", "other"),
    ],
)  # fmt: skip
def test_the_first_word_says_what_a_text_means(body: str, meaning: str) -> None:
    assert meant(body) == meaning


@given(st.text())
def test_every_text_means_one_of_four_things(body: str) -> None:
    assert meant(body) in ("stop", "start", "help", "other")


def test_stop_in_the_middle_of_a_batch_takes_hold_before_the_next_text(two: Outreach) -> None:
    ada, ben = two.people
    batch = two.build()
    two.approve(batch)
    assert came(two, "STOP").status_code == 204
    two.work()
    assert two.states(batch) == {
        ada: ("held back", "asked not to be contacted this way"), ben: ("sent", None),
    }  # fmt: skip
    assert [message.recipient for message in two.captured()] == ["07700900101"]


def test_stop_told_twice_is_written_once_and_start_lifts_it(two: Outreach) -> None:
    for _ in range(2):
        came(two, "STOP")
    with two.acting("dover-town"):
        (choice,) = db.session.scalars(select(ContactChoice))
        assert (choice.kind, choice.channel, choice.source) == (
            "do not contact",
            "text",
            "a text that said STOP",
        )
    came(two, "START", text="two")
    with two.acting("dover-town"):
        (choice,) = db.session.scalars(select(ContactChoice))
        assert choice.lifted_by == "the person, by text"
    assert "0 texts to read" in two.client_of("cora").get(TEXTS).text


def test_what_is_not_understood_waits_with_whose_number_it_is(two: Outreach) -> None:
    came(two, "Can you ring my daughter instead?")
    cora = two.client_of("cora")
    assert "text to read" in cora.get(f"{BASE}/today").text
    page = cora.get(TEXTS).text
    assert "Can you ring my daughter instead?" in page
    assert "Ada Example" in page
    assert "Ben Example" not in page
    with two.acting("dover-town"):
        text = db.session.scalars(select(InboundText)).one()
    assert "Marked as done" in cora.sent(f"{TEXTS}/{text.id}/done").text
    assert "A colleague has done this one" in cora.sent(f"{TEXTS}/{text.id}/done").text
    assert "Nothing waits to be read" in cora.get(TEXTS).text


def test_nobody_is_named_whose_practice_has_not_released_them(outreach: Outreach) -> None:
    outreach.start({"given_name": "Ada"}, released=False)
    outreach.change(lambda: accounts.connect("letter", **CONNECTED))
    came(outreach, "Who is this?")
    page = outreach.client_of("cora").get(TEXTS).text
    assert "Who is this?" in page
    assert "Ada" not in page


def test_a_text_without_the_token_or_without_a_number_is_not_taken(two: Outreach) -> None:
    tenant = two.world.organisations["dover-town"]
    told = {"id": "one", "source_number": "447700900100", "message": "STOP"}
    nobody = two.client_of(None)
    assert nobody.post(f"/callbacks/{tenant}/texts", json=told).status_code == 404
    headers = {"Authorization": f"Bearer {BEARER}"}
    for wrong in ({"id": "one"}, ["STOP"], {"source_number": "447700900100"}):
        assert nobody.post(f"/callbacks/{tenant}/texts", json=wrong, headers=headers).status_code == 400
    with two.acting("dover-town"):
        assert list(db.session.scalars(select(InboundText))) == []
    assert two.client_of("mandy").get(TEXTS).status_code == 403
