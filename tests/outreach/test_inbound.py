"""Texts that come back: STOP takes hold at once, the rest waits to be read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from app import clock
from app.audit import AuditEvent
from app.outreach import accounts, choices, inbound
from app.outreach.choice_models import ContactChoice
from app.outreach.gateway_models import InboundText
from app.outreach.inbound import meant
from app.people.models import Person
from app.programmes.models import Participant
from tenants import scope
from tenants.db import db
from tests.outreach.conftest import BASE, FORM, Outreach
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
        ("Please stop", "stop"), ("pls STOP texting me", "stop"), ("S.T.O.P", "stop"), ("STOP🛑", "stop"),
        ("opt-out", "stop"), ("🛑", "other"), ("👍", "other"), ("Hello, stop", "stop"), ("please", "other"),
        ("Proszę przestać", "other"), ("I can not stop coughing", "other"),
        ("Yes please call me", "other"), ("don't stop", "other"),
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


def test_a_stop_that_says_more_takes_hold_and_waits_to_be_read(two: Outreach) -> None:
    came(two, "Stop texting me please", text="no more")
    came(two, "STOP. He died in March, this is his wife", "447700900101", text="more")
    with two.acting("dover-town"):
        assert set(db.session.scalars(select(ContactChoice.channel))) == {"text"}
        assert len(db.session.scalars(select(ContactChoice)).all()) == 2
    page = two.client_of("lena").get(TEXTS).text
    assert "1 text to read" in page
    assert "He died in March" in page
    assert "Texts to this number are stopped already." in page
    assert "Ben Example" in page
    assert "Stop texting me please" not in page


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


def test_stop_from_a_phone_that_is_shared_holds_for_all_who_share_it(outreach: Outreach) -> None:
    shared = "07700900177"
    ada, ben, eve = outreach.start(
        {"mobile": "+44 7700 900177"}, {"mobile": shared, "given_name": "Ben"}, {"given_name": "Eve"}
    )
    outreach.change(lambda: accounts.connect("letter", **CONNECTED))
    came(outreach, "STOP", "447700900177")
    with outreach.acting("dover-town"):
        people = set(db.session.scalars(select(ContactChoice.person_id)))
        places = select(Participant.person_id).where(Participant.id.in_((ada, ben)))
        assert people == set(db.session.scalars(places))
        assert eve
    came(outreach, "Who is this?", "447700900177", text="two")
    page = outreach.client_of("cora").get(TEXTS).text
    assert "Ada Example" in page
    assert "Ben Example" in page
    assert "Several people share this number" in page


@pytest.mark.parametrize("texts", [[], ["STOP"]])
def test_start_takes_back_what_a_text_said_and_not_what_was_asked_by_phone(
    two: Outreach, texts: list[str]
) -> None:
    for body in texts:
        came(two, body, text="before")
    with two.acting("dover-town"):
        place = db.session.get_one(Participant, (scope.current().tenant, two.people[0]))
        person_id = place.person_id
    for _ in range(2):
        two.change(
            lambda: choices.never_contact(person_id, source="by phone", entered_by="Cora", channel="text")
        )
    came(two, "START")
    with two.acting("dover-town"):
        standing = select(ContactChoice.source).where(ContactChoice.lifted_at.is_(None))
        assert db.session.scalars(standing).all() == ["by phone"]


def test_a_number_that_is_nobodys_is_kept_and_read(two: Outreach) -> None:
    came(two, "STOP", "447700900999")
    came(two, "Wrong number", "447700900999", text="two")
    with two.acting("dover-town"):
        assert list(db.session.scalars(select(ContactChoice))) == []
    assert "Nobody whom you may see has this number" in two.client_of("cora").get(TEXTS).text


def test_a_text_leads_to_entering_what_it_asks(two: Outreach) -> None:
    came(two, "No more letters please")
    page = two.client_of("cora").get(TEXTS).text
    assert f"/pcn/dover-town/people/{two.people[0]}/consent/enter" in page


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


def test_a_text_without_a_number_is_not_everybodys_who_has_none(outreach: Outreach) -> None:
    outreach.start({"given_name": "Ada", "mobile": ""}, {"given_name": "Ben", "mobile": "none"})
    outreach.change(lambda: inbound.take("one", "", "STOP", clock.now()))
    outreach.change(lambda: inbound.take("two", "", "Hello?", clock.now()))
    page = outreach.client_of("cora").get(TEXTS).text
    assert "Hello?" in page
    assert "Example" not in page
    with outreach.acting("dover-town"):
        assert list(db.session.scalars(select(ContactChoice))) == []


def _new_number(two: Outreach) -> None:
    """A newer list of the practice has another number for Ada."""
    with two.acting("dover-town"):
        place = db.session.get_one(Participant, (scope.current().tenant, two.people[0]))
        who = place.person_id
    two.change(
        lambda: db.session.execute(update(Person).where(Person.id == who).values(mobile="07700900555"))
    )


def test_stop_from_the_number_that_we_texted_holds_although_a_newer_list_has_another(two: Outreach) -> None:
    two.send()
    _new_number(two)
    came(two, "STOP")
    with two.acting("dover-town"):
        choice = db.session.scalars(select(ContactChoice)).one()
        place = db.session.get_one(Participant, (scope.current().tenant, two.people[0]))
        assert (choice.person_id, choice.channel) == (place.person_id, "text")
    assert "0 texts to read" in two.client_of("cora").get(TEXTS).text


def test_stop_of_which_nobody_knows_who_wrote_it_waits_to_be_read(two: Outreach) -> None:
    came(two, "STOP", "447700900999")
    came(two, "START", "447700900999", text="two")
    cora = two.client_of("cora")
    assert "text to read" in cora.get(f"{BASE}/today").text
    page = cora.get(TEXTS).text
    assert "1 text to read" in page
    assert "Find out who wrote it, and enter what they ask." in page


def test_reading_many_texts_is_recorded_for_each_person_in_one_statement(outreach: Outreach) -> None:
    numbers = [f"077009002{number:02}" for number in range(14)]
    outreach.start(*({"mobile": number} for number in numbers))
    outreach.change(lambda: [inbound.take(one, one, "Who is this?", clock.now()) for one in numbers])
    page = outreach.client_of("cora").get(TEXTS).text  # at most twelve statements: the client looks
    assert "14 texts to read" in page
    assert "The first" not in page
    with outreach.acting("dover-town"):
        looks = select(AuditEvent.person_id).where(
            AuditEvent.subject == "text", AuditEvent.action == "viewed"
        )
        people = select(Participant.person_id).where(Participant.id.in_(outreach.people))
        assert set(db.session.scalars(looks)) == set(db.session.scalars(people))


def test_of_very_many_texts_the_page_says_that_it_shows_the_first(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound, "MOST", 2)
    outreach.change(lambda: [inbound.take(str(n), "07700900999", "Hm", clock.now()) for n in range(3)])
    assert "The first 2 texts to read" in outreach.client_of("cora").get(TEXTS).text
