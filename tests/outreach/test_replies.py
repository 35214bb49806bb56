"""The reply page: whoever holds the link answers, and what follows takes hold at once."""

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app import clock
from app.outreach import choices
from app.outreach.call_models import Call
from app.outreach.call_times import DAYS
from app.outreach.choice_models import ContactChoice
from app.outreach.models import Contact, Reply, Step
from app.people.models import Person
from app.programmes.milestones import reach
from app.programmes.models import Milestone, Participant, Programme
from tenants import scope
from tenants.db import db
from tenants.models import PcnSettings
from tests.outreach import seeding
from tests.outreach.conftest import BASE, Outreach


@pytest.fixture
def link(outreach: Outreach) -> str:
    """Ada's link. Ben got one too."""
    outreach.start({}, {"given_name": "Ben"})
    outreach.send()
    return outreach.links()[0]


def _status(outreach: Outreach, number: int = 0) -> str:
    with outreach.acting("dover-town"):
        return str(db.session.get(Participant, (scope.current().tenant, outreach.people[number])).status)


def _live(outreach: Outreach) -> set[str]:
    with outreach.acting("dover-town"):
        kinds = select(Milestone.kind).where(
            Milestone.participant_id == outreach.people[0], Milestone.withdrawn_at.is_(None)
        )
        return set(db.session.scalars(kinds))


def _answer(outreach: Outreach, link: str, answer: str) -> Any:
    return outreach.client_of(None).post(link, data={"answer": answer})


def test_the_page_says_the_first_name_and_nothing_about_health(outreach: Outreach, link: str) -> None:
    page = outreach.client_of(None).get(link).text
    assert "Hello Ada" in page
    for word in ("Example", "health", "programme", "Healthier", "practice", "NHS number", "Sign"):
        assert word not in page, word


def test_who_asks_for_a_call_is_put_on_the_call_list(outreach: Outreach, link: str) -> None:
    answer = _answer(outreach, link, "yes, call me")
    assert answer.location == f"{link}/times"
    assert _status(outreach) == "wants a call"
    done = outreach.client_of(None).sent(
        f"{link}/times", days=["Wednesday", "Friday"], times="in the morning"
    )
    assert "We will call you: Wednesday or Friday, in the morning." in done.text
    with outreach.acting("dover-town"):
        call = db.session.scalars(select(Call)).one()
        assert (call.due_on, call.state) == (dt.date(2026, 11, 4), "due")
        assert call.agreed_time == "Wednesday or Friday, in the morning"
    assert {"engaged", "wants a call"} <= _live(outreach)


def _ring_only(outreach: Outreach, **hours: Any) -> None:
    calls = update(Step).where(Step.channel == "call")
    outreach.change(lambda: db.session.execute(calls.values(**hours)))


def test_the_times_offered_are_those_in_which_people_are_rung(outreach: Outreach, link: str) -> None:
    page = outreach.client_of(None).get(f"{link}/times").text
    assert "Morning (9am to midday)" in page
    assert "Afternoon (midday to 6pm)" in page
    assert "Evening" not in page
    _ring_only(outreach, opens=dt.time(11), closes=dt.time(20), weekdays=[1, 3])
    page = outreach.client_of(None).get(f"{link}/times").text
    assert "Morning (11am to midday)" in page
    assert "Evening (6pm to 8pm)" in page
    assert [day for day in DAYS if f'value="{day}"' in page] == ["Tuesday", "Thursday"]


def test_who_asks_for_the_evening_is_rung_in_the_evening(outreach: Outreach, link: str) -> None:
    refused = outreach.client_of(None).post(f"{link}/times", data={"times": "in the evening"})
    assert refused.status_code == 422
    _ring_only(outreach, closes=dt.time(20), weekdays=[1, 3])
    said = outreach.client_of(None).sent(f"{link}/times", times="in the evening")
    assert "We will call you: in the evening." in said.text
    with outreach.acting("dover-town"):
        call = db.session.scalars(select(Call)).one()
        assert call.agreed_at == dt.datetime(2026, 11, 3, 18, tzinfo=dt.UTC)
    address = f"{BASE}/calls/{call.id}/claim"
    outreach.moved(dt.datetime(2026, 11, 3, 19, 59))  # noqa: DTZ001 - the time in Kent
    assert "Check who it is" in outreach.client_of("lena").sent(address).text


def test_who_asked_never_to_be_rung_is_told_what_to_do_and_no_call_is_promised(
    outreach: Outreach, link: str
) -> None:
    with outreach.acting("dover-town"):
        person = db.session.scalars(select(Contact.person_id).order_by(Contact.participant_id)).first()
    given = {"source": "by phone", "entered_by": "Cora"}
    outreach.change(lambda: choices.never_contact(int(person or 0), **given))
    _answer(outreach, link, "yes, call me")
    times = {"days": ["Wednesday"], "times": "in the morning"}
    page = outreach.client_of(None).sent(f"{link}/times", **times).text
    assert "You asked us before not to ring you." in page
    assert "Please ring us on 01304 555 000." in page
    assert "We will call you" not in page


CANNOT = {
    "no number": "We do not have a phone number for you.",
    "conversation held": "You are in touch with us already.",
    "left": "We cannot ring you just now.",
}


def _hinder(outreach: Outreach, what: str) -> None:
    if what == "stopped":
        outreach.client_of("cora").post(f"{outreach.page}/stop-all")
        return

    def change() -> None:
        if what in ("closed", "paused"):
            db.session.execute(update(Programme).values(state=what))
        elif what == "conversation held":
            reach(outreach.people[0], what)
        else:
            gone = {"mobile": "", "home_phone": ""} if what == "no number" else {"left_on": clock.today()}
            db.session.execute(update(Person).values(**gone))

    outreach.change(change)


def _asks_for_a_call(outreach: Outreach, link: str) -> str:
    _answer(outreach, link, "yes, call me")
    times = {"days": ["Wednesday"], "times": "in the morning"}
    return str(outreach.client_of(None).sent(f"{link}/times", **times).text)


@pytest.mark.parametrize("what", CANNOT)
def test_no_call_is_promised_that_nobody_makes(outreach: Outreach, link: str, what: str) -> None:
    _hinder(outreach, what)
    page = _asks_for_a_call(outreach, link)
    assert CANNOT[what] in page
    assert "Please ring us on 01304 555 000." in page
    assert "We will call you" not in page


@pytest.mark.parametrize("what", ["paused", "stopped"])
def test_who_asks_for_a_call_in_a_break_is_told_so(outreach: Outreach, link: str, what: str) -> None:
    _hinder(outreach, what)
    page = _asks_for_a_call(outreach, link)
    assert "We are not ringing people just now." in page
    assert "We will call you when we start again: Wednesday, in the morning." in page


def test_who_asked_for_a_call_of_what_has_ended_since_is_told_so(outreach: Outreach, link: str) -> None:
    assert "We will call you" in _asks_for_a_call(outreach, link)
    _hinder(outreach, "closed")
    page = outreach.client_of(None).get(f"{link}/done").text
    assert "This has come to an end. So we will not ring you about it." in page
    assert "Please ring us on 01304 555 000." in page
    assert "We will call you" not in page


def test_nobody_is_asked_again_of_what_has_ended_since(outreach: Outreach, link: str) -> None:
    _answer(outreach, link, "not now")
    assert "before 2 December 2026" in outreach.client_of(None).sent(f"{link}/later", months="1").text
    _hinder(outreach, "closed")
    page = outreach.client_of(None).get(f"{link}/done").text
    assert "We will not write or ring about this again." in page
    assert "before 2 December 2026" not in page


def test_who_needs_another_way_is_rung_to_arrange_it(outreach: Outreach, link: str) -> None:
    assert _answer(outreach, link, "yes, another way").location == f"{link}/another-way"
    outreach.client_of(None).post(f"{link}/another-way", data={"ways": ["large print", "an interpreter"]})
    assert _status(outreach) == "wants another way"
    with outreach.acting("dover-town"):
        assert db.session.scalars(select(Call)).one().why == "Asked for another way"
        latest = select(Reply.another_way).order_by(Reply.id.desc()).limit(1)
        assert db.session.scalar(latest) == ["large print", "an interpreter"]


def test_not_now_is_asked_again_when_they_said(outreach: Outreach, link: str) -> None:
    _answer(outreach, link, "not now")
    done = outreach.client_of(None).sent(f"{link}/later", months="1")
    assert "before 2 December 2026" in done.text
    assert _status(outreach) == "not now"
    outreach.moved(seeding.MONDAY + dt.timedelta(days=29))
    assert outreach.people[0] not in outreach.states(_built_letter(outreach))
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{_built_letter(outreach)}/cancel")
    outreach.moved(seeding.MONDAY + dt.timedelta(days=30))
    assert outreach.people[0] in outreach.states(_built_letter(outreach))


def _built_letter(outreach: Outreach) -> int:
    return outreach.build(2)


def test_no_thank_you_opts_out_of_this_programme_only_and_of_every_later_step(
    outreach: Outreach, link: str
) -> None:
    done = outreach.client_of(None).sent(link, answer="no thank you")
    assert "We will not write or ring about this again" in done.text
    assert _status(outreach) == "opted out"
    with outreach.acting("dover-town"):
        choice = db.session.scalars(select(ContactChoice)).one()
        assert (choice.kind, choice.programme_id, choice.source) == (
            "programme opt-out", outreach.programme_id, "reply link",
        )  # fmt: skip
    outreach.moved(seeding.MONDAY + dt.timedelta(days=8))
    assert set(outreach.states(_built_letter(outreach))) == {outreach.people[1]}


def test_an_answer_can_be_changed_as_long_as_the_link_lives(outreach: Outreach, link: str) -> None:
    _answer(outreach, link, "yes, call me")
    _answer(outreach, link, "no thank you")
    assert _status(outreach) == "opted out"
    with outreach.acting("dover-town"):
        assert db.session.scalars(select(Call.state)).one() == "stopped"
    _answer(outreach, link, "yes, call me")
    assert _status(outreach) == "wants a call"
    with outreach.acting("dover-town"):
        assert db.session.scalars(select(Call.state)).one() == "due"
        assert db.session.scalars(select(ContactChoice)).one().lifted_at is not None
        assert db.session.scalar(select(func.count()).select_from(Reply)) == 3


def test_an_answer_sent_twice_changes_nothing_the_second_time(outreach: Outreach, link: str) -> None:
    for _ in range(2):
        _answer(outreach, link, "no thank you")
    with outreach.acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(ContactChoice)) == 1


def test_no_answer_chosen_is_said_at_the_question(outreach: Outreach, link: str) -> None:
    page = outreach.client_of(None).post(link)
    assert page.status_code == 422
    assert "Choose one answer" in page.text


@pytest.mark.parametrize("bad", ["altered", "expired", "of another PCN", "no token", "a letter missing"])
def test_a_link_that_does_not_work_says_the_same_whatever_is_wrong(
    outreach: Outreach, link: str, bad: str
) -> None:
    if bad == "altered":
        link = link[:-1] + ("a" if link[-1] != "a" else "b")
    elif bad == "expired":
        outreach.moved(seeding.MONDAY + dt.timedelta(days=731))
    elif bad == "of another PCN":
        secret = link.split("-", 1)[1]
        link = f"/r/{outreach.world.organisations['medway-central']}-{secret}"
    elif bad == "no token":
        link = "/r/nothing"
    else:
        link = link[:-1]
    answer = outreach.client_of(None).get(link)
    assert answer.status_code == 404
    assert "This link does not work" in answer.text
    assert "Dover" not in answer.text
    posted = outreach.client_of(None).post(link, data={"answer": "no thank you"})
    assert posted.status_code == 404
    with outreach.acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(Reply)) == 0


def test_trying_links_is_slowed_and_the_tries_are_rows(outreach: Outreach, link: str) -> None:
    client = outreach.client_of(None)
    for _ in range(5):
        assert client.get("/r/1-" + "x" * 20).status_code == 404
    answer = client.get("/r/1-" + "x" * 20)
    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.text
    assert client.get(link).status_code == 200


def test_a_link_that_works_is_not_slowed_by_what_others_try_from_the_same_place(
    outreach: Outreach, link: str
) -> None:
    client = outreach.client_of(None)
    for number in range(50):
        assert client.get(f"/r/1-{number:020d}").status_code == 404
    assert client.get("/r/1-" + "z" * 20).status_code == 429
    assert "We will not write or ring about this again" in client.sent(link, answer="no thank you").text
    assert _status(outreach) == "opted out"


def test_a_pcn_without_a_phone_number_asks_nobody_to_ring_it(outreach: Outreach, link: str) -> None:
    outreach.change(lambda: db.session.execute(update(PcnSettings).values(phone="")))
    assert "ring us on" not in outreach.client_of(None).get(link).text


def test_a_link_typed_from_paper_in_capitals_works(outreach: Outreach, link: str) -> None:
    typed = link.removeprefix("/r/").upper().replace("0", "O").replace("1", "l")
    tenant, secret = link.removeprefix("/r/").split("-")
    typed = f"{tenant}-{typed.split('-')[1]}"
    assert secret.isalnum()
    assert outreach.client_of(None).get(f"/r/{typed}").status_code == 200


def test_only_a_hash_of_the_link_is_kept(outreach: Outreach, link: str) -> None:
    token = link.removeprefix("/r/")
    with outreach.acting("dover-town"):
        for contact in db.session.scalars(select(Contact)):
            assert token not in (contact.link_token_hash, contact.reference)
            assert token not in contact.body


def test_the_message_of_a_person_who_answered_can_hold_them_back_in_a_batch_that_is_built(
    outreach: Outreach, link: str
) -> None:
    outreach.moved(seeding.MONDAY + dt.timedelta(days=8))
    batch_id = _built_letter(outreach)
    _answer(outreach, link, "yes, call me")
    outreach.approve(batch_id)
    assert outreach.states(batch_id)[outreach.people[0]] == ("held back", "has already answered")


def test_answering_again_and_again_is_slowed_and_a_no_always_gets_through(
    outreach: Outreach, link: str
) -> None:
    for _ in range(30):
        assert _answer(outreach, link, "not now").status_code == 303
    slowed = _answer(outreach, link, "yes, call me")
    assert slowed.status_code == 429
    assert "Wait 15 minutes" in slowed.text
    for _ in range(3):
        assert _answer(outreach, link, "no thank you").status_code == 303
    assert _status(outreach) == "opted out"
    with outreach.acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(Reply)) == 31


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("", {"answer": "no thank you"}),
        ("/later", {"months": "3"}),
        ("/times", {"times": "in the morning"}),
        ("/another-way", {"ways": "large print"}),
    ],
)
def test_a_browser_that_takes_no_cookie_can_answer_and_is_given_none(
    outreach: Outreach,
    link: str,
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
    said: dict[str, str],
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    browser = app.test_client(use_cookies=False)
    assert "Set-Cookie" not in browser.get(f"{link}{page}").headers
    answer = browser.post(f"{link}{page}", data=said)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (303, False)
    with outreach.acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(Reply)) == 1
