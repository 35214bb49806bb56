"""Nobody is rung on a quiet day for calls, so no call is promised, agreed or booked for one."""

import datetime as dt
import re

import pytest

from app.outreach.models import Blackout
from tests.outreach.calling import DAY, call_of, claim, day, listed, ring
from tests.outreach.conftest import BASE, Outreach
from tests.outreach.test_quiet_days import DAYS, FORM
from tests.rows import make

MONDAY = DAY.date()  # 2 November 2026
TUESDAY, WEDNESDAY = (MONDAY + dt.timedelta(days=number) for number in (1, 2))
SAID = "Today is one of your PCN’s quiet days, on which nobody is rung."
KINDS = pytest.mark.parametrize(("channels", "kept"), [(["call"], True), (["text", "letter"], False)])


def _quiet(outreach: Outreach, first: dt.date, last: dt.date, channels: list[str]) -> None:
    values = {"channels": channels, "why": "Booster clinics", "removed_at": None, "removed_by": None}
    outreach.change(lambda: make(Blackout, starts_on=first, ends_on=last, **values))


@pytest.fixture
def calls(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> Outreach:
    """Ada is on the call list on Monday at 10, and Ben, who needs an interpreter."""
    return listed(outreach, monkeypatch, {}, {"given_name": "Ben", "interpreter": True})


def _asks(outreach: Outreach, link: str, *days: str) -> str:
    """What Ada is told who asks for a call on the mornings of these days."""
    stranger = outreach.client_of(None)
    stranger.post(link, data={"answer": "yes, call me"})
    page = stranger.sent(f"{link}/times", days=list(days), times="in the morning").text
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@KINDS
def test_a_time_that_somebody_names_is_on_a_day_on_which_they_can_be_rung(
    outreach: Outreach, link: str, channels: list[str], kept: bool
) -> None:
    _quiet(outreach, WEDNESDAY, WEDNESDAY, channels)
    said = _asks(outreach, link, "Wednesday")
    assert "We will call you: Wednesday, in the morning." in said
    assert ("We cannot call before 11 November 2026." in said) == kept
    assert ("We cannot call" in said) == kept
    on = WEDNESDAY + dt.timedelta(days=7 if kept else 0)
    assert call_of(outreach).due_on == on
    assert call_of(outreach).agreed_at == dt.datetime.combine(on, dt.time(9), dt.UTC)


def test_of_two_days_named_the_one_is_taken_on_which_they_can_be_rung(outreach: Outreach, link: str) -> None:
    _quiet(outreach, WEDNESDAY, WEDNESDAY, ["call"])
    said = _asks(outreach, link, "Wednesday", "Friday")
    assert "We will call you: Wednesday or Friday, in the morning." in said
    assert "We cannot call" not in said
    assert call_of(outreach).due_on == dt.date(2026, 11, 6)


def test_who_needs_another_way_is_told_when_nobody_can_ring_for_long(outreach: Outreach, link: str) -> None:
    _quiet(outreach, MONDAY, dt.date(2026, 11, 20), ["call", "text"])
    stranger = outreach.client_of(None)
    stranger.post(link, data={"answer": "yes, another way"})
    page = stranger.sent(f"{link}/another-way", ways=["large print"]).text
    assert "We cannot call before 23 November 2026." in page
    assert call_of(outreach).due_on == dt.date(2026, 11, 23)


def test_who_asks_for_a_call_on_a_quiet_day_is_rung_on_the_day_promised(
    outreach: Outreach, link: str
) -> None:
    _quiet(outreach, MONDAY, TUESDAY, ["call"])
    assert "We will call you: in the morning." in _asks(outreach, link)
    assert SAID in claim(outreach).text
    outreach.moved(DAY + dt.timedelta(days=1))
    assert SAID in claim(outreach).text
    outreach.moved(DAY + dt.timedelta(days=2))
    assert "Check who it is" in claim(outreach).text
    assert call_of(outreach).agreed_at == dt.datetime(2026, 11, 4, 9, tzinfo=dt.UTC)


@KINDS
def test_a_colleague_agrees_no_call_and_books_no_interpreter_for_a_quiet_day(
    calls: Outreach, channels: list[str], kept: bool
) -> None:
    _quiet(calls, WEDNESDAY, WEDNESDAY, channels)
    refused = "Choose another day to ring again: 4 November 2026 is one of your PCN’s quiet days"
    page = ring(calls, "spoke: wants time", barrier="work", **day("call_back_on", WEDNESDAY)).text
    assert (refused in page) == kept
    assert (call_of(calls).due_on == WEDNESDAY) != kept
    address = f"{BASE}/calls/{call_of(calls, 1).id}/interpreter"
    page = calls.client_of("lena").sent(address, **day("day", WEDNESDAY), time="10:00").text
    assert (refused in page) == kept
    assert (call_of(calls, 1).due_on == WEDNESDAY) != kept


@KINDS
def test_who_did_not_answer_is_rung_again_after_the_quiet_days(
    calls: Outreach, channels: list[str], kept: bool
) -> None:
    _quiet(calls, TUESDAY, WEDNESDAY, channels)
    page = ring(calls, "no answer", identity=[]).text
    on = "5 November 2026" if kept else "3 November 2026"
    assert f"This person is to be rung again on {on}." in page


@KINDS
def test_a_list_that_is_made_on_a_quiet_day_is_due_after_it(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch, channels: list[str], kept: bool
) -> None:
    _quiet(outreach, MONDAY, TUESDAY, channels)
    listed(outreach, monkeypatch, {})
    assert call_of(outreach).due_on == (WEDNESDAY if kept else MONDAY)


@KINDS
def test_the_call_list_says_that_nobody_is_rung_today_and_when_they_are(
    calls: Outreach, channels: list[str], kept: bool
) -> None:
    _quiet(calls, MONDAY, TUESDAY, channels)
    page = calls.client_of("lena").get(f"{BASE}/calls").text
    assert (f"{SAID} People are rung again from 4 November 2026 on." in page) == kept
    assert "2 calls due today" in page


def test_whoever_adds_quiet_days_is_told_of_calls_that_were_promised_on_them(calls: Outreach) -> None:
    ring(calls, "spoke: wants time", barrier="work", **day("call_back_on", dt.date(2026, 12, 10)))
    mandy = calls.client_of("mandy")
    told = "1 person has a time agreed for a call on these days, on which nobody is rung now."
    assert told in mandy.sent(f"{DAYS}/add", **FORM).text
    assert "Saved." in (
        other := mandy.sent(f"{DAYS}/add", **FORM | {"why": "Snow", "channels": ["text"]}).text
    )
    assert "time agreed" not in other
    after = {"starts_on-day": "11", "why": "Rest"}
    assert "time agreed" not in mandy.sent(f"{DAYS}/add", **FORM | after).text
