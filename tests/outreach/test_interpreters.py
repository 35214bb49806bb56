"""Who cannot be rung by a colleague alone: an interpreter is booked first, and then they are rung."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.outreach import accounted, needs, turns
from app.outreach.call_models import BOOKED, Call
from app.outreach.choice_models import ContactNeed, ReachDecision
from app.outreach.models import Contact
from app.outreach.steps import steps_of
from app.people.models import Person
from app.programmes.milestones import reach
from app.programmes.models import Programme
from tenants import scope
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.calling import DAY, call_of, claim, day, listed, person_id, ring, status
from tests.outreach.conftest import BASE, Outreach

ANNA = {"given_name": "Anna", "interpreter": True, "language": "pl"}
SIGNERS: dict[str, dict[str, Any]] = {
    "by format": {"information_format": "BSL"},
    "by preferred contact": {"preferred_contact": "7"},
    "by language": {"language": "bfi"},
}
TO_BOOK = "Say when the interpreter is booked"
TODAY, BOOKED_FOR = DAY.date(), dt.date(2026, 11, 4)


def _calls(outreach: Outreach, query: str = "") -> str:
    return str(outreach.client_of("lena").get(f"{BASE}/calls{query}").text)


def _cannot_reach(outreach: Outreach) -> str:
    return str(outreach.client_of("lena").get(f"{outreach.page}/cannot-reach").text)


def _book(outreach: Outreach, on: dt.date = TODAY, note: str = "") -> Any:
    address = f"{BASE}/calls/{call_of(outreach).id}/interpreter"
    said = day("day", on) | {"time": "10:00", "note": note}
    return outreach.client_of("lena").sent(address, **said)


def _arrange(outreach: Outreach, on: dt.date = BOOKED_FOR, note: str = "") -> Any:
    address = f"{BASE}/outreach/cannot-reach/{outreach.people[0]}/interpreter"
    return outreach.client_of("lena").sent(address, **day("day", on), time="10:00", note=note)


# By their record


def test_who_needs_an_interpreter_by_their_record_is_marked_to_be_booked_first(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(outreach, monkeypatch, ANNA, {"given_name": "Ben"})
    page = _calls(outreach)
    assert page.count("Book first") == page.count(TO_BOOK) == 1
    assert page.count("Take this call<") == 1
    narrowed = _calls(outreach, "?need=book+first")
    assert "1 call due today" in narrowed
    assert "Anna Example" in narrowed
    assert "Book an interpreter before you ring." in claim(outreach).text
    assert call_of(outreach).claimed_by is None


def test_an_interpreter_booked_for_today_lets_them_be_rung_and_says_what_was_noted(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(outreach, monkeypatch, ANNA)
    _book(outreach, note="Ring 0300 123 4567 first")
    one = call_of(outreach)
    assert (one.due_on, one.why) == (TODAY, BOOKED)
    page = _calls(outreach)
    assert "2 November 2026 at 10am" in page
    assert "The interpreter is there then: Ring 0300 123 4567 first" in page
    assert "Book first" not in page
    assert "0 calls due today" in _calls(outreach, "?need=book+first")
    taken = claim(outreach).text
    assert "Check who it is" in taken
    assert "The interpreter is there then: Ring 0300 123 4567 first" in taken


def test_nobody_is_rung_before_the_interpreter_is_there_and_a_missed_one_is_booked_anew(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(outreach, monkeypatch, ANNA)
    _book(outreach, on=BOOKED_FOR)
    later = _calls(outreach, "?show=later")
    assert "Change the booking" in later
    assert "Take this call" not in later
    assert "The interpreter is booked for 4 November 2026. Ring then" in claim(outreach).text
    outreach.moved(DAY + dt.timedelta(days=2))
    assert "Take this call" in _calls(outreach)
    outreach.moved(DAY + dt.timedelta(days=3))
    page = _calls(outreach)
    assert "Missed" in page
    assert "Book first" in page
    assert "1 call due today" in _calls(outreach, "?need=book+first")
    assert "Book an interpreter before you ring." in claim(outreach).text


def test_who_no_longer_needs_one_is_rung_without(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> None:
    listed(outreach, monkeypatch, {})
    ring(outreach, "interpreter needed", identity=[])
    outreach.moved(DAY + dt.timedelta(days=1))
    assert "Book an interpreter before you ring." in claim(outreach).text

    def lift() -> None:
        need = db.session.scalars(select(ContactNeed)).one()
        needs.lift(need, why="A mistake", lifted_by="Lena")

    outreach.change(lift)
    assert "Check who it is" in claim(outreach).text


# Who signs


@pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)
def test_who_signs_and_asked_for_a_call_is_on_the_list_to_be_booked_first(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch, signer: dict[str, Any]
) -> None:
    """Not among those who must not be rung, where nobody looks."""
    listed(outreach, monkeypatch, {})
    outreach.change(lambda: reach(outreach.people[0], "wants a call"))
    whose = person_id(outreach)
    outreach.change(lambda: db.session.execute(update(Person).where(Person.id == whose).values(**signer)))
    page = _calls(outreach)
    assert "1 call due today" in page
    assert "Book first" in page
    assert "Book an interpreter before you ring." in claim(outreach).text
    _book(outreach)
    assert "Check who it is" in claim(outreach).text


@pytest.fixture(params=SIGNERS)
def signer(outreach: Outreach, monkeypatch: pytest.MonkeyPatch, request: Any) -> Outreach:
    """Ada signs, and cannot be rung by the call step."""
    return listed(outreach, monkeypatch, SIGNERS[request.param])


def test_who_signs_is_rung_at_the_time_for_which_an_interpreter_is_booked(signer: Outreach) -> None:
    page = _cannot_reach(signer)
    assert "Book a British Sign Language interpreter, or ring through a video relay service." in page
    assert TO_BOOK in page
    assert "They are on the call list for 4 November 2026." in _arrange(signer, note="Booking 8812").text
    one = call_of(signer)
    assert (one.state, one.why, one.due_on) == ("due", BOOKED, BOOKED_FOR)
    assert one.agreed_at == dt.datetime(2026, 11, 4, 10, tzinfo=dt.UTC)
    with signer.acting("dover-town"):
        row = db.session.scalars(select(ReachDecision)).one()
        assert row.note == "An interpreter is booked for 4 November 2026 at 10am. Booking 8812"
    assert "0 people whom we cannot reach" in _cannot_reach(signer)
    later = _calls(signer, "?show=later")
    assert "1 call to make later" in later
    assert "The interpreter is there then: Booking 8812" in later
    signer.moved(DAY + dt.timedelta(days=2))
    assert "1 call due today" in _calls(signer)
    ring(signer, "spoke: accepted")
    assert (status(signer), call_of(signer).state) == ("engaged", "done")


def test_who_is_to_be_rung_with_an_interpreter_waits_and_the_step_does_not_take_them_again(
    signer: Outreach,
) -> None:
    _arrange(signer)
    (key,) = _keys(signer)
    assert key == "waiting:on the call list for another try"
    page = signer.client_of("lena").get(f"{signer.page}/everybody").text
    assert "On the call list for another try" in page
    signer.client_of("cora").post(f"{signer.page}/build", data={"position": 1})
    with signer.acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 1
    assert call_of(signer).why == BOOKED


def _keys(outreach: Outreach) -> list[str]:
    with outreach.acting("dover-town"):
        programme = db.session.get_one(Programme, (scope.current().tenant, outreach.programme_id))
        return [accounted.key_of(placed) for placed in turns.everybody(programme, steps_of(programme))]


def test_who_signs_and_does_not_answer_is_booked_anew_and_not_held_back(signer: Outreach) -> None:
    _arrange(signer)
    signer.moved(DAY + dt.timedelta(days=2))
    ring(signer, "no answer", identity=[])
    signer.moved(DAY + dt.timedelta(days=3))
    page = _calls(signer)
    assert "1 call due today" in page
    assert "Book first" in page


def test_who_signs_and_never_answers_is_one_whom_we_cannot_reach_again(signer: Outreach) -> None:
    _arrange(signer)
    for later in (2, 3, 4):
        signer.moved(DAY + dt.timedelta(days=later))
        if later > 2:
            _book(signer, on=(DAY + dt.timedelta(days=later)).date())
        ring(signer, "no answer", identity=[])
    assert call_of(signer).state == "done"
    assert "No answer to 3 calls" in _cannot_reach(signer)


def test_a_wrong_number_of_two_leaves_them_on_the_list_to_be_booked_anew(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(outreach, monkeypatch, SIGNERS["by format"] | {"home_phone": "01304 555123"})
    _arrange(outreach)
    outreach.moved(DAY + dt.timedelta(days=2))
    ring(outreach, "wrong number", identity=[])
    outreach.moved(DAY + dt.timedelta(days=3))
    page = _calls(outreach)
    assert "1 call due today" in page
    assert "Book first" in page


def test_a_day_on_which_nobody_is_rung_is_refused_and_nothing_is_saved(signer: Outreach) -> None:
    refused = _arrange(signer, on=dt.date(2026, 11, 7))
    assert refused.status_code == 422
    assert "not at a weekend or a bank holiday" in refused.text
    with signer.acting("dover-town"):
        assert db.session.scalars(select(Call)).all() == []
        assert db.session.scalars(select(ReachDecision)).all() == []


def test_for_whom_nothing_is_to_be_arranged_nothing_is(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(outreach, monkeypatch, {"mobile": "", "home_phone": ""})
    assert TO_BOOK not in _cannot_reach(outreach)
    assert "There is nothing to decide" in _arrange(outreach).text
    with outreach.acting("dover-town"):
        assert db.session.scalars(select(ReachDecision)).all() == []


def test_the_only_steps_by_text_do_not_keep_them_from_being_rung(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A programme without a call step: they stand on the list all the same."""
    monkeypatch.setattr(seeding, "STEPS", seeding.STEPS[:1])
    outreach.start(SIGNERS["by format"])
    outreach.send()
    assert TO_BOOK in _cannot_reach(outreach)
    _arrange(outreach)
    outreach.moved(DAY + dt.timedelta(days=2))
    assert "Check who it is" in claim(outreach).text
