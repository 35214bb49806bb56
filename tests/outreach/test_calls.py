"""The call list: one colleague a person, what came of it, and what follows."""

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.outreach import call_list, choices
from app.outreach import calls as call_rules
from app.outreach.call_models import Call, CallAttempt
from app.outreach.choice_models import ContactChoice
from app.outreach.gateway_models import BadAddress
from app.outreach.models import Batch
from app.people.models import Person
from app.programmes.models import Participant
from tenants import scope
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.calling import day as parts_of
from tests.outreach.conftest import BASE, Outreach

KNOWN = ["full name", "date of birth"]
CALL_DAY = seeding.MONDAY + dt.timedelta(days=14)  # Monday 16 November


@pytest.fixture
def calls(outreach: Outreach) -> Outreach:
    """Two people on the call list, after a text and a letter that were not answered; a third opted out.

    Ben needs an interpreter, who is booked.
    """
    outreach.start({}, {"given_name": "Ben", "language": "pl", "interpreter": True}, {"given_name": "Cleo"})
    outreach.send()
    outreach.client_of(None).post(outreach.links()[2], data={"answer": "no thank you"})
    outreach.moved(seeding.MONDAY + dt.timedelta(days=7))
    letter = outreach.build(2)
    outreach.approve(letter)
    outreach.work()
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{letter}/hand-over")
    outreach.moved(CALL_DAY)
    outreach.build(3)
    booked = parts_of("day", CALL_DAY.date()) | {"time": "at any time"}
    outreach.client_of("lena").post(f"{BASE}/calls/{_call(outreach, 1).id}/interpreter", data=booked)
    return outreach


def _call(outreach: Outreach, number: int = 0) -> Call:
    with outreach.acting("dover-town"):
        statement = select(Call).where(Call.participant_id == outreach.people[number])
        call = db.session.scalars(statement).one()
        db.session.expunge(call)
        return call


def _claim(outreach: Outreach, call: Call, who: str = "lena") -> Any:
    return outreach.client_of(who).sent(f"{BASE}/calls/{call.id}/claim")


def _ring(outreach: Outreach, call: Call, outcome: str, who: str = "lena", **said: Any) -> Any:
    key = re.search(r'name="form_key"[^>]*value="([^"]+)"', _claim(outreach, call, who).text)
    assert key is not None
    data = {"form_key": key[1], "outcome": outcome, "identity": KNOWN, "barrier": ""} | said
    return outreach.client_of(who).sent(f"{BASE}/calls/{call.id}", **data)


def _status(outreach: Outreach, number: int = 0) -> str:
    with outreach.acting("dover-town"):
        return str(db.session.get(Participant, (scope.current().tenant, outreach.people[number])).status)


def test_the_list_holds_who_has_not_answered_with_their_needs(calls: Outreach) -> None:
    page = calls.client_of("lena").get(f"{BASE}/calls").text
    assert "2 calls due today" in page
    assert "Interpreter needed" in page
    assert "Language: Polish" in page
    assert "Cleo" not in page
    assert "&lt;" not in page


def test_a_long_list_has_pages_and_the_heading_counts_them_all(
    calls: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_list, "A_PAGE", 1)
    lena = calls.client_of("lena")
    first, second, beyond = (lena.get(f"{BASE}/calls?page={number}").text for number in (1, 2, 9))
    assert all("2 calls due today" in page for page in (first, second, beyond))
    assert [page.count("Take this call<") for page in (first, second, beyond)] == [1, 1, 1]
    assert "(page 2 of 2)" in second
    assert "(page 2 of 2)" in beyond


def test_the_calls_one_has_taken_are_a_list_of_their_own(calls: Outreach) -> None:
    _claim(calls, _call(calls))
    page = calls.client_of("lena").get(f"{BASE}/calls?show=mine").text
    assert "1 call that you have taken" in page
    assert "Continue" in page
    assert "0 calls that you have taken" in calls.client_of("cora").get(f"{BASE}/calls?show=mine").text


def test_an_agreed_time_comes_first(calls: Outreach) -> None:
    link = calls.links()[1]
    calls.client_of(None).post(link, data={"answer": "yes, call me"})
    calls.client_of(None).post(f"{link}/times", data={"days": ["Monday"], "times": "in the morning"})
    page = calls.client_of("lena").get(f"{BASE}/calls").text
    assert page.index("Ben Example") < page.index("Ada Example")
    assert "Monday, in the morning" in page


def test_only_one_of_two_colleagues_gets_a_call(calls: Outreach) -> None:
    call = _call(calls)
    assert "Check who it is" in _claim(calls, call, "lena").text
    assert "Lena is on this call. Choose another one." in _claim(calls, call, "hari").text
    assert (
        "Lena is on this call"
        in calls.client_of("hari").get(f"{BASE}/calls/{call.id}", follow_redirects=True).text
    )
    calls.moved(CALL_DAY + dt.timedelta(minutes=31))
    assert "Check who it is" in _claim(calls, call, "hari").text


def test_the_call_shows_the_script_filled_in_and_what_has_happened(calls: Outreach) -> None:
    page = _claim(calls, _call(calls)).text
    assert "Hello, I am Lena. May I speak to Ada Example?" in page
    assert "07700 900100" in page
    assert "2 November 2026: Text, sent" in page


def test_who_says_yes_is_engaged_and_the_conversation_can_start(calls: Outreach) -> None:
    page = _ring(calls, _call(calls), "spoke: accepted").text
    assert "Start the conversation" in page
    assert _status(calls) == "engaged"
    assert _call(calls).state == "done"


def test_two_things_must_be_known_before_somebody_was_spoken_to(calls: Outreach) -> None:
    page = _ring(calls, _call(calls), "spoke: accepted", identity=["full name"])
    assert "Tick at least 2 things that they told you correctly" in page.text
    assert _status(calls) == "contacted"


def test_who_says_no_is_asked_what_stands_in_the_way_and_whether_to_ask_again(calls: Outreach) -> None:
    page = _ring(calls, _call(calls), "spoke: declined", note="Rang at noon").text
    assert "Choose what stood in the way" in page
    assert "Choose whether we may ask again" in page
    assert "Rang at noon" in page
    assert "Nobody rings them again by itself." in page
    _ring(calls, _call(calls), "spoke: declined", barrier="work", never="no")
    assert _status(calls) == "not now"
    _ring(calls, _call(calls, 1), "spoke: declined", barrier="work", never="yes")
    assert _status(calls, 1) == "opted out"


DAY = {"call_back_on-day": 19, "call_back_on-month": 11, "call_back_on-year": 2026}
NO_DAY = "Leave the day empty, because nobody rings again after “{}”; or choose “Spoke: wants time”"


@pytest.mark.parametrize(
    ("outcome", "said", "error"),
    [
        ("spoke: already supported", {"never": "yes"}, "Choose “Spoke: declined” as what came of the call"),
        ("no answer", {"never": "yes"}, "Choose “Spoke: declined” as what came of the call"),
        ("spoke: accepted", DAY, NO_DAY.format("Spoke: accepted")),
        ("spoke: declined", DAY | {"barrier": "work", "never": "no"}, NO_DAY.format("Spoke: declined")),
        ("interpreter needed", DAY, "on the next page you say when the interpreter is booked"),
        ("no answer", {"barrier": "work"}, "Leave this empty, because you did not speak to the person"),
    ],
)
def test_nothing_that_was_entered_is_left_aside(
    calls: Outreach, outcome: str, said: dict[str, Any], error: str
) -> None:
    page = _ring(calls, _call(calls), outcome, note="Rang at noon", **said)
    assert error in page.text
    assert "Rang at noon" in page.text
    with calls.acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(CallAttempt)) == 0


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ((13, 11, 2026), "The day to ring again must be today or later"),
        ((21, 11, 2026), "not at a weekend or a bank holiday"),
        ((31, 2, 2027), "must be a real date"),
        (("", "", ""), "Enter the day on which you agreed to ring again"),
    ],
)
def test_the_day_to_ring_again_must_be_one_on_which_we_ring(calls: Outreach, day: tuple, said: str) -> None:
    parts = dict(zip(("call_back_on-day", "call_back_on-month", "call_back_on-year"), day, strict=True))
    assert said in _ring(calls, _call(calls), "spoke: wants time", barrier="work", **parts).text


def test_who_wants_time_is_on_the_list_again_on_the_day_agreed(calls: Outreach) -> None:
    day = {"call_back_on-day": 19, "call_back_on-month": 11, "call_back_on-year": 2026}
    page = _ring(calls, _call(calls), "spoke: wants time", barrier="caring", **day).text
    assert "rung again on 19 November 2026" in page
    calls.moved(CALL_DAY + dt.timedelta(days=3))
    assert "Check who it is" in _claim(calls, _call(calls)).text


def test_no_answer_is_tried_three_times_on_working_days_and_then_ends(calls: Outreach) -> None:
    for day in (dt.date(2026, 11, 16), dt.date(2026, 11, 17), dt.date(2026, 11, 18)):
        call = _call(calls)
        assert call.due_on == day
        calls.moved(dt.datetime.combine(day, dt.time(11)))
        _ring(calls, call, "no answer", identity=[])
    assert _call(calls).state == "done"
    assert _status(calls) == "not reached"


def test_who_asks_not_to_be_contacted_is_contacted_no_more(calls: Outreach) -> None:
    page = _ring(calls, _call(calls), "asked not to be contacted").text
    assert "Nobody will contact this person again, in any programme." in page
    assert (_call(calls).state, _status(calls)) == ("stopped", "opted out")
    with calls.acting("dover-town"):
        choice = db.session.scalars(select(ContactChoice).where(ContactChoice.kind == "do not contact")).one()
        source = "on a call: asked not to be contacted"
        assert (choice.channel, choice.source, choice.entered_by) == ("any", source, "Lena")


def test_a_form_sent_twice_is_written_down_once(calls: Outreach) -> None:
    call = _call(calls)
    key = re.search(r'name="form_key"[^>]*value="([^"]+)"', _claim(calls, call).text)
    assert key is not None
    data = {"form_key": key[1], "outcome": "no answer", "barrier": ""}
    calls.client_of("lena").sent(f"{BASE}/calls/{call.id}", **data)
    again = calls.client_of("lena").sent(f"{BASE}/calls/{call.id}", **data)
    assert "This call was written down already. Nothing was done twice." in again.text
    with calls.acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(CallAttempt)) == 1


def test_what_was_written_is_not_lost_when_a_colleague_took_the_call_over(calls: Outreach) -> None:
    call = _call(calls)
    _claim(calls, call, "lena")
    calls.moved(CALL_DAY + dt.timedelta(minutes=31))
    _claim(calls, call, "hari")
    said = {"form_key": "k", "outcome": "no answer", "barrier": "", "note": "Rings at noon"}
    page = calls.client_of("lena").post(f"{BASE}/calls/{call.id}", data=said)
    assert page.status_code == 422
    assert "Hari is on this call. Choose another one. Nothing was saved" in page.text
    assert "Rings at noon" in page.text


def test_a_call_is_not_shown_once_the_person_must_not_be_rung(calls: Outreach) -> None:
    call = _call(calls)
    _claim(calls, call)
    calls.change(lambda: choices.never_contact(call.person_id, source="x", entered_by="y"))
    page = calls.client_of("lena").get(f"{BASE}/calls/{call.id}", follow_redirects=True)
    assert "Do not ring: asked not to be contacted." in page.text


def test_where_a_restricted_person_lives_is_not_on_a_form_that_comes_back(calls: Outreach) -> None:
    call = _call(calls)
    shown = _claim(calls, call).text
    assert "High Street" in shown
    calls.change(lambda: db.session.execute(update(Person).values(sensitive=True)))
    page = calls.client_of("lena").sent(f"{BASE}/calls/{call.id}", outcome="")
    assert page.status_code == 422
    for hidden in ("High Street", "CT16 1AA", "07700 900"):
        assert hidden in shown
        assert hidden not in page.text


def test_who_opts_out_after_the_list_was_made_is_not_rung(calls: Outreach) -> None:
    calls.client_of(None).post(calls.links()[0], data={"answer": "no thank you"})
    assert "1 call due today" in calls.client_of("lena").get(f"{BASE}/calls").text
    assert (
        "done or stopped" in _claim(calls, _call(calls)).text
        or "Do not ring" in _claim(calls, _call(calls)).text
    )


def test_the_batch_of_calls_is_accounted_for_and_done_when_everybody_was_rung(calls: Outreach) -> None:
    with calls.acting("dover-town"):
        batch_id = db.session.scalar(select(func.max(seeding.Contact.batch_id)))
    assert sorted(state for state, _ in calls.states(batch_id).values()) == ["waiting", "waiting"]
    _ring(calls, _call(calls, 0), "no answer", identity=[])
    _ring(calls, _call(calls, 1), "spoke: accepted")
    assert sorted(state for state, _ in calls.states(batch_id).values()) == ["sent", "sent"]
    assert calls.batch_state(batch_id) == "done"


def test_calls_are_for_those_who_make_them(calls: Outreach) -> None:
    assert calls.client_of("mandy").get(f"{BASE}/calls").status_code == 403
    assert calls.client_of("cass").get(f"{BASE}/calls").status_code == 404
    assert (
        calls.client_of("cass").post(f"/pcn/medway-central/calls/{_call(calls).id}/claim").status_code == 404
    )


@pytest.mark.parametrize("outcome", ["wrong number", "number dead"])
def test_a_wrong_number_is_bad_everywhere_and_the_other_one_is_rung(calls: Outreach, outcome: str) -> None:
    def has_two(phone: str) -> None:
        whose = select(Participant.person_id).where(Participant.id == calls.people[0]).scalar_subquery()
        db.session.execute(update(Person).where(Person.id == whose).values(home_phone=phone))

    calls.change(lambda: has_two("01304 555 838"))
    call = _call(calls)
    _ring(calls, call, outcome)
    with calls.acting("dover-town"):
        assert [(bad.kind, bad.value) for bad in db.session.scalars(select(BadAddress))] == [
            ("mobile", "07700900100")
        ]
    again = _call(calls)
    assert (again.state, again.due_on) == ("due", CALL_DAY.date() + dt.timedelta(days=1))
    calls.moved(CALL_DAY + dt.timedelta(days=1))
    assert "01304 555838" in _claim(calls, again).text
    _ring(calls, again, outcome)
    assert (_call(calls).state, _status(calls)) == ("done", "not reached")
    with calls.acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(BadAddress)) == 2


def test_a_wrong_number_of_somebody_with_no_other_ends_the_calls(calls: Outreach) -> None:
    _ring(calls, _call(calls), "wrong number")
    assert (_call(calls).state, _status(calls)) == ("done", "not reached")


def test_putting_a_call_back_does_not_free_it_from_a_colleague_who_has_just_taken_it(
    calls: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = _call(calls)
    _claim(calls, call, "lena")
    put_back = call_rules.put_back

    def hari_was_quicker(found: Call) -> bool:
        statement = update(Call).values(claimed_by="Hari", claimed_by_id=calls.world.accounts["hari"])
        db.session.execute(statement.execution_options(synchronize_session=False))
        return put_back(found)

    monkeypatch.setattr(call_rules, "put_back", hari_was_quicker)
    said = calls.client_of("lena").sent(f"{BASE}/calls/{call.id}/put-back").text
    assert "Hari is on this call" in said
    assert _call(calls).claimed_by == "Hari"


def test_whoever_asked_for_a_call_is_rung_although_the_call_list_is_cancelled(calls: Outreach) -> None:
    link = calls.links()[0]
    calls.client_of(None).post(link, data={"answer": "yes, call me"})
    with calls.acting("dover-town"):
        batch = db.session.scalars(select(Batch).order_by(Batch.id.desc()).limit(1)).one()
    calls.client_of("cora").sent(f"{BASE}/outreach/batches/{batch.id}/cancel")
    assert [_call(calls, number).state for number in (0, 1)] == ["due", "stopped"]
    assert "Asked for a call" in calls.client_of("lena").get(f"{BASE}/calls").text
