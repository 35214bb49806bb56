"""What outreach puts on the page "Today" and on a programme's page."""

import datetime as dt
import re

import pytest
from sqlalchemy import select, update

from app.audit import AuditEvent
from app.outreach import choices
from app.outreach.models import Batch
from app.people.models import Person
from app.programmes.milestones import reach
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.calling import listed, person_id, ring
from tests.outreach.conftest import BASE, Outreach
from tests.outreach.seeding import MONDAY

# the part of Today → where it comes from
TAKEN_IN = {"due": "/outreach/due", "unreached": "/outreach/cannot-reach"}


def test_a_batch_waits_for_whoever_may_approve_it_and_did_not_build_it(outreach: Outreach) -> None:
    outreach.start({})
    batch_id = outreach.build(who="mandy")
    address = f"{BASE}/outreach/batches/{batch_id}/approve"
    assert address in outreach.client_of("max").get(f"{BASE}/today").text
    assert address not in outreach.client_of("mandy").get(f"{BASE}/today").text
    assert address not in outreach.client_of("cora").get(f"{BASE}/today").text


def test_calls_and_answers_wait_for_the_care_team(outreach: Outreach) -> None:
    outreach.start({}, {})
    outreach.send()
    first, second = outreach.links()
    outreach.client_of(None).post(first, data={"answer": "yes, call me"})
    outreach.client_of(None).post(second, data={"answer": "yes, another way"})
    page = outreach.client_of("lena").get(f"{BASE}/today").text
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "2 calls due today" in words
    assert "1 person wants to hear from us another way" in words
    href = re.search(r'href="([^"]+/calls[^"]*need=another[^"]*)"', page)
    assert href is not None
    narrowed = outreach.client_of("lena").get(href[1].replace("&amp;", "&")).text
    assert "1 call due today" in narrowed
    assert "Asked for another way" in narrowed


def test_today_counts_the_calls_that_its_list_shows(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(outreach, monkeypatch, *({"given_name": name} for name in ("Ada", "Ben", "Cleo", "Dan")))

    ben, cleo, dan = (person_id(outreach, number) for number in (1, 2, 3))

    def hold() -> None:
        for number in (0, 1, 2):
            reach(outreach.people[number], "wants another way")
        choices.hold(ben, note="worry", source="a call", entered_by="Lena")
        db.session.execute(update(Person).where(Person.id == cleo).values(mobile="none", home_phone=""))
        choices.opt_out(dan, outreach.programme_id, source="by phone", entered_by="Lena")

    assert "4 calls due today" in _today(outreach, "lena")
    outreach.change(hold)
    assert "1 call due today" in outreach.client_of("lena").get(f"{BASE}/calls").text
    assert "1 call due today" in outreach.client_of("lena").get(f"{BASE}/calls?need=another+way").text
    for who in ("lena", "dora"):  # dora holds every role: the client counts the statements
        assert "1 call due today" in _today(outreach, who)
        assert "1 person wants to hear from us another way" in _today(outreach, who)


def test_at_a_weekend_today_says_when_those_due_are_rung(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(outreach, monkeypatch, {})
    said = "Nobody is rung at weekends or on bank holidays. Ring on 9 November 2026."
    outreach.moved(MONDAY + dt.timedelta(days=5))
    assert f"1 call due today {said}" in _today(outreach, "lena")
    outreach.moved(MONDAY + dt.timedelta(days=7))
    assert "1 call due today" in _today(outreach, "lena")
    assert said not in _today(outreach, "lena")


def test_who_asked_for_another_way_waits_in_today_only_while_they_are_to_be_rung(outreach: Outreach) -> None:
    outreach.start({})
    outreach.send()
    outreach.client_of(None).post(outreach.links()[0], data={"answer": "yes, another way"})
    ring(outreach, "no answer", identity=[])
    assert "hear from us another way" not in _today(outreach, "lena")
    outreach.moved(MONDAY + dt.timedelta(days=1))
    assert "1 person wants to hear from us another way" in _today(outreach, "lena")


def test_who_said_yes_waits_in_today_until_somebody_talks_with_them(outreach: Outreach) -> None:
    outreach.start({}, {})
    outreach.send()
    for link in outreach.links():
        outreach.client_of(None).post(link, data={"answer": "yes, call me"})
    assert "for a conversation" not in _today(outreach, "lena")
    ring(outreach, "spoke: accepted")
    ring(outreach, "wrong number", 1, identity=[])
    for who in ("lena", "dora"):  # dora holds every role: the client counts the statements
        assert "1 person who said yes waits for a conversation" in _today(outreach, who)
    for who in ("mandy", "alan"):
        assert "for a conversation" not in _today(outreach, who)
    lena = outreach.client_of("lena")
    people = f"{BASE}/programmes/{outreach.programme_id}/participants?status=engaged"
    assert people in lena.get(f"{BASE}/today").text
    assert "Ada Example" in lena.get(people).text
    outreach.change(lambda: reach(outreach.people[0], "conversation held"))
    assert "for a conversation" not in _today(outreach, "lena")


def test_the_programme_says_what_its_outreach_needs_next(outreach: Outreach) -> None:
    outreach.start({})
    address = f"{BASE}/programmes/{outreach.programme_id}"
    assert "See who is due to hear from us" in outreach.client_of("cora").get(address).text
    outreach.build()
    assert "Have a second person read and approve the batch" in outreach.client_of("cora").get(address).text


def _today(outreach: Outreach, who: str) -> str:
    """What Today says to that person, with what it takes in by itself."""
    client = outreach.client_of(who)
    page = client.get(f"{BASE}/today").text
    for part, address in TAKEN_IN.items():
        if f'hx-get="{BASE}{address}"' in page:
            asked = {"HX-Request": "true", "HX-Target": part}
            page += client.get(f"{BASE}{address}", headers=asked).text
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_whoever_builds_is_told_whose_turn_it_is_and_the_list_empties(outreach: Outreach) -> None:
    outreach.start({}, {}, {"mobile": "none"})
    assert "2 people are due for “Text” of Healthier lives: build the batch" in _today(outreach, "cora")
    assert "people are due" not in _today(outreach, "clara")
    batch = outreach.build()
    assert "due for “Text”" not in _today(outreach, "mandy")
    outreach.approve(batch)
    outreach.work()
    assert "1 person is due for “Letter” of Healthier lives: build the batch" in _today(outreach, "mandy")
    outreach.send(2)
    assert "Nobody is due for a step now" in _today(outreach, "cora")


def test_whom_a_step_does_not_reach_is_on_today_until_they_go_on_to_those_we_cannot_reach(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody else is due, nobody would build the batch that moves them on: they would be forgotten."""
    monkeypatch.setattr(seeding, "STEPS", seeding.STEPS[:1])
    outreach.start({"mobile": "none"})
    lists = f"{BASE}/outreach/cannot-reach"
    said = "1 person is held back from “Text” of Healthier lives: build the batch, so that they go on"
    assert said in _today(outreach, "cora")
    assert "0 people whom we cannot reach" in outreach.client_of("cora").get(lists).text
    outreach.build()
    assert "Nobody is due for a step now" in _today(outreach, "cora")
    assert "1 person whom we cannot reach" in outreach.client_of("cora").get(lists).text


def test_whose_turn_it_is_is_a_page_without_a_script_and_for_builders_only(outreach: Outreach) -> None:
    outreach.start({})
    page = outreach.client_of("cora").get(f"{BASE}/outreach/due").text
    assert f'{outreach.page}#step-1"' in page
    assert outreach.client_of("clara").get(f"{BASE}/outreach/due").status_code == 403


def test_who_cannot_be_reached_is_counted_for_those_who_decide_about_them(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    numberless = {"mobile": "", "home_phone": ""}
    listed(outreach, monkeypatch, {}, numberless, {"given_name": "Ben"} | numberless)
    client = outreach.client_of("lena")
    for number, words in ((2, "2 people whom we cannot reach"), (1, "1 person whom we cannot reach")):
        for who in (
            "clara",
            "cora",
            "lena",
            "dora",
        ):  # dora holds every role: the client counts the statements
            assert f"{words}: decide what to do" in _today(outreach, who)
        for who in ("mandy", "alan", "rita", "pat"):
            assert "cannot reach" not in _today(outreach, who)
        assert words in client.get(f"{BASE}/outreach/cannot-reach").text
        about = f"{BASE}/outreach/cannot-reach/{outreach.people[number]}"
        client.post(about, data={"decision": "leave", "note": "Letter by hand"})
    assert "There is nobody whom we cannot reach." in _today(outreach, "lena")
    assert "0 people whom we cannot reach" in client.get(f"{BASE}/outreach/cannot-reach").text


def test_today_leads_to_whom_we_cannot_reach_without_a_script_and_only_where_a_programme_is_live(
    outreach: Outreach,
) -> None:
    link = f'href="{BASE}/outreach/cannot-reach">See the people whom we cannot reach</a>'
    assert link not in outreach.client_of("lena").get(f"{BASE}/today").text
    outreach.start({})
    assert link in outreach.client_of("lena").get(f"{BASE}/today").text


def test_what_today_takes_in_comes_after_what_waits_and_leaves_the_title_as_it_is(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(outreach, monkeypatch, {})
    page = outreach.client_of("cora").get(f"{BASE}/today").text
    waits, *taken_in = (page.index(part) for part in ("call due today", 'id="due"', 'id="unreached"'))
    assert waits < min(taken_in)
    assert page.count('hx-trigger="load"') == page.count("ignoreTitle:true") == len(taken_in)


def test_the_number_of_whom_we_cannot_reach_is_recorded_as_a_number_and_names_nobody(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(outreach, monkeypatch, {"given_name": "Ben", "mobile": "", "home_phone": ""})
    assert "1 person whom we cannot reach" in _today(outreach, "lena")
    with outreach.acting("dover-town"):
        newest = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
        assert (newest.subject, newest.count) == ("number of people who cannot be reached", 1)
        assert newest.person_id is None
    assert "Ben" not in _today(outreach, "lena")


def test_letters_that_are_made_wait_to_be_handed_over(outreach: Outreach) -> None:
    outreach.start({"mobile": "none"})
    outreach.send()
    batch = outreach.build(2)
    outreach.approve(batch)
    assert "hand to the printer" not in _today(outreach, "cora")
    outreach.work()
    assert "1 batch of letters to hand to the printer: Letter" in _today(outreach, "cora")
    assert "hand to the printer" not in _today(outreach, "clara")
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{batch}/hand-over")
    assert "hand to the printer" not in _today(outreach, "cora")


def test_a_paused_batch_and_a_stop_of_all_sending_are_said(outreach: Outreach) -> None:
    outreach.start({})
    batch = outreach.build()
    outreach.approve(batch)
    outreach.client_of("lena").post(f"{BASE}/outreach/batches/{batch}/pause")
    assert "1 paused batch to resume or cancel: Text" in _today(outreach, "mandy")
    outreach.client_of("lena").post(f"{outreach.page}/stop-all")
    for who in ("mandy", "cora", "lena", "alan"):
        assert "All sending is stopped, by Lena" in _today(outreach, who)
    outreach.client_of("mandy").post(f"{BASE}/settings/sending/allow")
    assert "All sending is stopped" not in _today(outreach, "mandy")


def test_trouble_with_the_gateway_is_said_with_the_batch(outreach: Outreach) -> None:
    outreach.start({})
    batch = outreach.build()
    outreach.approve(batch)
    outreach.client_of("lena").post(f"{BASE}/outreach/batches/{batch}/pause")
    problem = {"problem": "GOV.UK Notify refused our key."}
    outreach.change(lambda: db.session.execute(update(Batch).values(manifest=problem)))
    assert "resume or cancel: Text: GOV.UK Notify refused our key." in _today(outreach, "mandy")
