"""People whom the steps could not reach: why, what to do, and what follows from what is decided."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, update

from app.outreach import accounted, turns, unreached
from app.outreach.call_models import Call
from app.outreach.choice_models import ReachDecision
from app.outreach.steps import steps_of
from app.people.models import Person
from app.programmes.models import Participant, Programme
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.calling import CALL_ONLY, DAY, call_of, claim, listed, ring, status
from tests.outreach.conftest import BASE, Outreach
from tests.outreach.test_turns import asked_later

NO_PHONE = {"mobile": "", "home_phone": ""}
TEXT_AND_CALL = [
    {"name": "Text", "channel": "text", "template": "Our text", "after_days": 0},
    {"name": "Call", "channel": "call", "template": "Our script", "after_days": 7},
]


def _page(outreach: Outreach, who: str = "lena", query: str = "") -> str:
    return str(outreach.client_of(who).get(f"{outreach.page}/cannot-reach{query}").text)


def _decide(outreach: Outreach, number: int, decision: str, note: str = "New number") -> Any:
    address = f"{BASE}/outreach/cannot-reach/{outreach.people[number]}"
    return outreach.client_of("lena").sent(address, decision=decision, note=note)


def _three_times(outreach: Outreach, number: int = 0, first: int = 0) -> None:
    for later in range(first, first + 3):
        outreach.moved(DAY + dt.timedelta(days=later))
        ring(outreach, "no answer", number, identity=[])


@pytest.fixture
def calls(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> Outreach:
    """Ada, who can be rung, Ben, who has no number, and Cleo, who needs British Sign Language."""
    return listed(
        outreach, monkeypatch, {}, {"given_name": "Ben"} | NO_PHONE,
        {"given_name": "Cleo", "information_format": "BSL"},
    )  # fmt: skip


def test_who_cannot_be_reached_is_listed_with_what_to_do(calls: Outreach) -> None:
    page = _page(calls)
    assert "2 people whom we cannot reach" in page
    assert "No usable phone number" in page
    assert "Ask the practice for a number that works, then try again." in page
    assert "Needs a format that cannot be sent this way: BSL" in page
    assert "Book a British Sign Language interpreter" in page
    assert "Ada Example" not in page


def test_trying_again_what_cannot_work_is_not_promised(calls: Outreach) -> None:
    said = _decide(calls, 1, "try again").text
    assert "Saved, but no step can reach them as things are, so they stay in this list." in said
    assert "is due for them again" not in said
    assert "Ben Example" in _page(calls)
    calls.change(lambda: db.session.execute(update(Person).values(home_phone="01304 200200")))
    assert "Ben Example" not in _page(calls), "the try is theirs as soon as a number comes"


@pytest.mark.parametrize(
    ("outcome", "shown"), [("wrong number", "Wrong number"), ("number dead", "Number dead")]
)
def test_a_wrong_number_without_another_puts_them_on_the_list(
    calls: Outreach, outcome: str, shown: str
) -> None:
    ring(calls, outcome, identity=[])
    page = _page(calls)
    assert "Ada Example" in page
    assert shown in page


def test_three_unanswered_calls_put_them_on_the_list(calls: Outreach) -> None:
    _three_times(calls)
    page = _page(calls)
    assert "Ada Example" in page
    assert "No answer to 3 calls" in page


def test_whom_a_later_step_can_reach_is_not_listed(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [*CALL_ONLY, {"name": "Letter", "channel": "letter", "template": "Our letter", "after_days": 3}]
    listed(outreach, monkeypatch, NO_PHONE, steps=steps)
    assert "0 people whom we cannot reach" in _page(outreach)


def test_trying_again_after_the_calls_puts_them_on_the_call_list_anew(calls: Outreach) -> None:
    _three_times(calls)
    assert "The first step that can reach them is due for them again." in _decide(calls, 0, "try again").text
    assert "Ada Example" not in _page(calls)
    assert status(calls) != "not reached"
    calls.build(1)
    assert call_of(calls).state == "due"
    _three_times(calls, first=42)  # three more tries, not one
    assert call_of(calls).state == "done"
    assert "Ada Example" in _page(calls)


def test_a_new_number_and_another_try_bring_somebody_back(calls: Outreach) -> None:
    def has_number() -> None:
        whose = select(Participant.person_id).where(Participant.id == calls.people[1]).scalar_subquery()
        db.session.execute(update(Person).where(Person.id == whose).values(mobile="07700 900555"))

    calls.change(has_number)
    _decide(calls, 1, "try again")
    calls.build(1)
    assert "07700 900555" in claim(calls, 1).text


def test_leaving_it_at_that_takes_them_off_and_can_be_changed(calls: Outreach) -> None:
    _decide(calls, 2, "leave", "Braille letter ordered")
    assert "Cleo Example" not in _page(calls)
    left = _page(calls, query="?show=left")
    assert "1 person left at that" in left
    assert "Braille letter ordered" in left
    with calls.acting("dover-town"):
        row = db.session.scalars(select(ReachDecision)).one()
        assert (row.participant_id, row.decision, row.by) == (calls.people[2], "leave", "Lena")
    _decide(calls, 2, "try again")
    assert "Cleo Example" not in _page(calls, query="?show=left")


def test_a_decision_needs_a_note_and_somebody_to_decide_about(calls: Outreach) -> None:
    refused = _decide(calls, 1, "", "")
    assert refused.status_code == 422
    assert "Choose whether to try again" in refused.text
    assert "Write what has changed, or why nothing more is done" in refused.text
    nothing = _decide(calls, 0, "leave").text
    assert "There is nothing to decide: a step is under way for this person, or they answered." in nothing
    with calls.acting("dover-town"):
        assert db.session.scalars(select(ReachDecision)).all() == []


def _asked(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ada answered a text: yes, call me."""
    monkeypatch.setattr(seeding, "STEPS", TEXT_AND_CALL[:1])
    outreach.start({})
    outreach.send()
    link = outreach.links()[0]
    outreach.client_of(None).post(link, data={"answer": "yes, call me"})
    outreach.client_of(None).post(f"{link}/times", data={"days": [], "times": "at any time"})


def test_who_asked_for_a_call_and_never_answered_is_not_forgotten(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    _asked(outreach, monkeypatch)
    _three_times(outreach)
    assert call_of(outreach).state == "done"
    page = _page(outreach)
    assert "Ada Example" in page
    assert "No answer to 3 calls" in page
    assert "They are on the call list again." in _decide(outreach, 0, "try again").text
    assert (status(outreach), call_of(outreach).state) == ("wants a call", "due")
    assert "Ada Example" not in _page(outreach)


def test_who_asked_for_a_call_and_has_no_number_is_not_forgotten(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    _asked(outreach, monkeypatch)
    outreach.change(lambda: db.session.execute(update(Person).values(mobile="")))
    assert "Do not ring: no usable phone number." in claim(outreach).text
    page = _page(outreach)
    assert "Ada Example" in page
    assert "No usable phone number" in page


def test_who_asked_for_a_call_and_was_taken_off_the_list_by_mistake_is_not_forgotten(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    _asked(outreach, monkeypatch)
    outreach.change(lambda: db.session.execute(update(Person).values(left_on=DAY.date())))
    assert "Do not ring: has left the practice." in claim(outreach).text
    assert "Ada Example" not in _page(outreach)
    outreach.change(lambda: db.session.execute(update(Person).values(left_on=None)))
    page = _page(outreach)
    assert "Ada Example" in page
    assert "Asked for a call, and is not on the call list" in page
    assert "They are on the call list again." in _decide(outreach, 0, "try again").text
    assert (status(outreach), call_of(outreach).state) == ("wants a call", "due")
    assert "Ada Example" not in _page(outreach)


def test_planners_are_shown_pseudonyms_without_reasons_and_decide_nothing(calls: Outreach) -> None:
    for who in ("mandy", "alan"):
        page = _page(calls, who)
        assert "2 people whom we cannot reach" in page
        for hidden in ("Ben Example", "usable phone", "BSL", "Try again, or leave it"):
            assert hidden not in page
        address = f"{BASE}/outreach/cannot-reach/{calls.people[1]}"
        assert calls.client_of(who).get(address).status_code == 403
    assert calls.client_of("rita").get(f"{BASE}/outreach/cannot-reach").status_code == 403


def test_all_live_programmes_are_on_one_list(calls: Outreach) -> None:
    page = calls.client_of("lena").get(f"{BASE}/outreach/cannot-reach").text
    assert "2 people whom we cannot reach" in page
    calls.change(lambda: db.session.execute(update(Programme).values(state="paused")))
    assert (
        "0 people whom we cannot reach" in calls.client_of("lena").get(f"{BASE}/outreach/cannot-reach").text
    )


def test_who_is_no_longer_released_is_not_named(calls: Outreach) -> None:
    from app import clock
    from app.cohorts.models import Release

    values = {"withdrawn_at": clock.now(), "withdrawn_by": "Rita"}
    calls.change(lambda: db.session.execute(update(Release).values(**values)))
    assert "Ben Example" not in _page(calls)


def test_everybody_is_in_exactly_one_place(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text, then calls: each of eight fates is one place, and none of them is lost."""
    people = [{"given_name": f"P{number}"} for number in range(6)]
    people += [{"given_name": "Deaf", "information_format": "BSL"}, {"given_name": "Numberless"} | NO_PHONE]
    monkeypatch.setattr(seeding, "STEPS", TEXT_AND_CALL)
    outreach.start(*people)
    outreach.send()
    links = outreach.links()
    outreach.client_of(None).post(links[0], data={"answer": "no thank you"})
    outreach.client_of(None).post(links[1], data={"answer": "not now"})
    outreach.moved(DAY + dt.timedelta(days=7))
    outreach.build(2)
    ring(outreach, "spoke: accepted", 2)
    ring(outreach, "urgent clinical concern", 3, note="Chest pain")
    ring(outreach, "wrong number", 4, identity=[])
    # number 5 is still to be rung
    with outreach.acting("dover-town", "lena"):
        programme = db.session.get(
            Programme, (outreach.world.organisations["dover-town"], outreach.programme_id)
        )
        assert programme is not None
        steps = steps_of(programme)
        found = turns.everybody(programme, steps)
        groups = accounted.groups_of(found, steps)
        assert sum(group.people for group in groups) == len(people)
        out = {one.who.participant_id for one in unreached.everyone_unreached(programme.id)[1]}
        due = set(db.session.scalars(select(Call.participant_id).where(Call.state == "due")))
        keys = {placed[0].participant_id: accounted.key_of(placed) for placed in found}
    number = dict(zip(range(len(people)), outreach.people, strict=True))
    assert out == {number[4], number[6], number[7]}
    assert not out & due
    assert due == {number[3], number[5]}
    answered = {one for one, key in keys.items() if key.startswith(accounted.ANSWERED)}
    assert {number[0], number[2]} <= answered
    assert set(number.values()) == out | due | answered | {number[1]}
    assert number[1] not in out | due


def _every_step(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> str:
    """Ada was texted and rung once, to a voicemail: no step is left. Her reply link."""
    monkeypatch.setattr(seeding, "STEPS", TEXT_AND_CALL)
    outreach.start({})
    outreach.send()
    outreach.moved(DAY + dt.timedelta(days=7))
    outreach.build(2)
    ring(outreach, "voicemail left", identity=[])
    return str(outreach.links()[0])


def _asks_later(outreach: Outreach, link: str) -> None:
    outreach.client_of(None).post(link, data={"answer": "not now"})
    outreach.client_of(None).post(f"{link}/later", data={"months": "1"})


def test_who_asks_to_be_asked_later_after_every_step_is_rung_on_that_day(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    _asks_later(outreach, _every_step(outreach, monkeypatch))
    one = call_of(outreach)
    assert (one.state, one.why, one.due_on) == ("due", "Asked to be asked again", dt.date(2026, 12, 9))
    later = outreach.client_of("lena").get(f"{BASE}/calls?show=later").text
    assert "Not before 9 December 2026: they asked to be asked again then" in later
    assert "Do not ring before 9 December 2026" in claim(outreach).text
    assert call_of(outreach).state == "due"
    assert "0 people whom we cannot reach" in _page(outreach)
    everybody = f"{outreach.page}/everybody"
    assert "All steps are done" not in outreach.client_of("lena").get(everybody).text
    waiting = outreach.client_of("lena").get(f"{everybody}/people?place=waiting").text
    assert "1 person." in waiting
    assert "Not now: next on 9 December 2026" in waiting
    outreach.moved(DAY + dt.timedelta(days=37))
    assert "1 call due today" in outreach.client_of("lena").get(f"{BASE}/calls").text
    ring(outreach, "spoke: accepted")
    assert (status(outreach), call_of(outreach).state) == ("engaged", "done")


def test_who_declines_on_the_day_they_named_is_not_asked_again(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    _asks_later(outreach, _every_step(outreach, monkeypatch))
    outreach.moved(DAY + dt.timedelta(days=37))
    ring(outreach, "spoke: declined", barrier="work", never="no")
    assert (status(outreach), call_of(outreach).state) == ("not now", "done")
    with outreach.acting("dover-town", "lena"):
        programme = db.session.get_one(
            Programme, (outreach.world.organisations["dover-town"], outreach.programme_id)
        )
        ((_, place),) = turns.everybody(programme, steps_of(programme))
    assert place.where == "answered"
    assert "0 people whom we cannot reach" in _page(outreach)


def test_calls_are_counted_anew_for_who_asks_to_be_asked_later(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = _every_step(outreach, monkeypatch)
    outreach.moved(DAY + dt.timedelta(days=8))
    ring(outreach, "no answer", identity=[])
    outreach.moved(DAY + dt.timedelta(days=8, hours=1))
    _asks_later(outreach, link)
    for later in (38, 39):
        outreach.moved(DAY + dt.timedelta(days=later))
        ring(outreach, "no answer", identity=[])
        assert call_of(outreach).state == "due"
    outreach.moved(DAY + dt.timedelta(days=42))
    assert "This is the last try" in claim(outreach).text
    ring(outreach, "no answer", identity=[])
    assert call_of(outreach).state == "done"


def test_trying_again_who_asked_to_be_asked_later_puts_them_on_the_call_list(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it came that they are on no list: somebody can put them there."""
    _every_step(outreach, monkeypatch)
    outreach.change(lambda: db.session.execute(update(Call).values(state="stopped")))
    asked_later(outreach, outreach.people[0], dt.date(2026, 12, 9))
    assert "Asked to be asked again, and no step is left" in _page(outreach)
    assert "They are on the call list for the day that they named." in _decide(outreach, 0, "try again").text
    assert (call_of(outreach).state, call_of(outreach).due_on) == ("due", dt.date(2026, 12, 9))
    assert "0 people whom we cannot reach" in _page(outreach)
