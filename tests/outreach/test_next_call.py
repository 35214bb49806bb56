"""Who is offered by "Take the next call", and that the list stays narrowed through the round of a call."""

import datetime as dt
import re
from html import unescape
from typing import Any

import pytest
from flask import g
from sqlalchemy import select, update

from app import clock
from app.here import Here
from app.outreach import call_list, obstacles
from app.outreach.call_models import Call
from app.outreach.models import Blackout, Step
from tenants.db import db
from tenants.models import PcnSettings
from tests.checking import counted
from tests.outreach.calling import DAY, call_of, claim, listed, ring
from tests.outreach.conftest import BASE, Outreach
from tests.outreach.test_call_list import _second_programme as second_programme
from tests.rows import make

PEOPLE = ({}, {"given_name": "Ben"}, {"given_name": "Cleo"})
NONE = "No call of today's list can be made now"


@pytest.fixture
def calls(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> Outreach:
    """Ada, Ben and Cleo are on the call list on Monday 2 November at 10."""
    return listed(outreach, monkeypatch, *PEOPLE)


def _next(outreach: Outreach, query: str = "") -> str:
    """Take the next call: whose it is, or what is said where there is none."""
    page = outreach.client_of("lena").sent(f"{BASE}/calls/next{query}").text
    named = re.search(r"</span> (\w+) Example</h1>", page)
    return named[1] if named else re.sub(r"\s+", " ", unescape(page))


def _change(outreach: Outreach, number: int, **values: Any) -> None:
    one = call_of(outreach, number)
    outreach.change(lambda: db.session.execute(update(Call).where(Call.id == one.id).values(**values)))


def _own_step(outreach: Outreach, number: int, **hours: Any) -> None:
    """The call of that person belongs to a step with hours of its own."""

    def add() -> None:
        step = make(
            Step, programme_id=outreach.programme_id, position=9 + number, weekdays=[], who=[],
            **({"channel": "call"} | hours),
        )  # fmt: skip
        mine = update(Call).where(Call.participant_id == outreach.people[number])
        db.session.execute(mine.values(step_id=step.id))

    outreach.change(add)


def test_nobody_is_offered_outside_the_hours_of_their_call_step(calls: Outreach) -> None:
    _own_step(calls, 0, opens=dt.time(14), closes=None)
    _own_step(calls, 1, opens=dt.time(9), closes=dt.time(10))
    assert _next(calls) == "Cleo"
    _change(calls, 2, state="done")
    assert NONE in _next(calls)
    _change(calls, 1, agreed_at=clock.now())  # who named a time is rung then
    assert _next(calls) == "Ben"
    _change(calls, 1, state="done")
    calls.moved(DAY.replace(hour=14))
    assert _next(calls) == "Ada"


def test_the_hours_of_a_text_do_not_keep_a_call_from_being_made(calls: Outreach) -> None:
    """Who asks for a call in a programme without a call step stands on the step that they answered."""
    _own_step(calls, 0, channel="text", opens=dt.time(14), closes=None)
    assert _next(calls) == "Ada"


def test_nobody_is_offered_who_was_rung_today(calls: Outreach) -> None:
    """Ada's time for another programme was missed, so her other call stands on top and stays due."""
    other = second_programme(calls)
    missed = clock.now() - dt.timedelta(days=3)
    calls.change(lambda: db.session.execute(update(PcnSettings).values(days_between=0)))
    calls.change(lambda: db.session.execute(update(Call).where(Call.id == other).values(agreed_at=missed)))
    ring(calls, "no answer", identity=[])
    assert "rung today already" in calls.client_of("lena").sent(f"{BASE}/calls/{other}/claim").text
    assert _next(calls) == "Ben"


TIMES = [DAY.replace(day=day, hour=hour) for day in (2, 3, 7) for hour in (8, 9, 11, 15, 17, 18, 19, 20)]


@pytest.fixture
def many(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> Outreach:
    """Eight people, three on steps with their own hours; two named a time, and one was rung today."""
    listed(outreach, monkeypatch, *({"given_name": f"P{number}"} for number in range(8)))
    for number in range(3):
        _own_step(outreach, number, opens=dt.time(10 + 4 * number), closes=dt.time(12 + 4 * number))
    evening = dt.datetime(2026, 11, 2, 18, tzinfo=dt.UTC)
    _change(outreach, 3, agreed_at=evening)
    _change(outreach, 4, agreed_at=evening - dt.timedelta(hours=4))
    ring(outreach, "no answer", 5, identity=[])
    _change(outreach, 5, agreed_at=evening - dt.timedelta(days=4), due_on=DAY.date())
    return outreach


def test_the_next_call_is_the_first_of_the_list_that_can_be_taken_at_any_moment(many: Outreach) -> None:
    offered = []
    for moment in TIMES:
        many.moved(moment)
        with many.acting("dover-town"):
            g.here = Here()
            due = [one.call for one in call_list.call_list(call_list.asked_for({})).rows]
            found = call_list.next_call(call_list.asked_for({}))
            kept = obstacles.obstacles_to(due)
            can = [one for one in due if one.id not in kept]
            come = [one.id for one in can if one.agreed_at is None or one.agreed_at <= clock.now()]
            assert (found.id if isinstance(found, Call) else None) == next(iter(come), None), moment
            offered.append(found.participant_id if isinstance(found, Call) else None)
    assert len(set(offered)) > 3  # several people, and nobody at night


@pytest.mark.parametrize("channels", [["call"], ["text"]])
def test_on_a_quiet_day_for_calls_nobody_is_offered_and_it_is_said_why(
    calls: Outreach, channels: list[str]
) -> None:
    quiet = {"starts_on": DAY.date(), "ends_on": DAY.date(), "why": "Booster clinics", "removed_at": None}
    calls.change(lambda: make(Blackout, channels=channels, removed_by=None, **quiet))
    said = "Today is one of your PCN’s quiet days, on which nobody is rung."
    if channels == ["text"]:
        assert _next(calls) == "Ada"
    else:
        assert said in _next(calls)
        assert said in claim(calls).text
        assert call_of(calls).claimed_by is None


def test_once_all_sending_is_stopped_nobody_is_offered_and_it_is_said_why(calls: Outreach) -> None:
    calls.client_of("cora").post(f"{calls.page}/stop-all")
    assert "Do not ring: the PCN has stopped all sending." in _next(calls)
    assert call_of(calls).state == "due"


def test_whoever_takes_a_call_has_the_facts_looked_up_once(calls: Outreach) -> None:
    address = f"{BASE}/calls/{call_of(calls).id}/claim"
    lena = calls.client_of("lena")
    for path in (address, f"{BASE}/calls/next"):
        with counted() as statements:
            assert "/calls/" in lena.post(path).location
        assert sum("WITH wanted AS" in one for one in statements) == 1, path


def test_a_call_that_is_done_stays_done_whoever_takes_it_from_an_old_page(calls: Outreach) -> None:
    ring(calls, "spoke: accepted")
    assert "Do not ring: has already answered." in claim(calls, 0, "hari").text
    assert call_of(calls).state == "done"


# The round of a call, from a list that was narrowed


@pytest.fixture
def polish(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> Outreach:
    """Ada speaks English; Basia and Celina speak Polish."""
    named = ({"given_name": name, "language": "pl"} for name in ("Basia", "Celina"))
    return listed(outreach, monkeypatch, {}, *named)


@pytest.fixture
def kept(polish: Outreach) -> str:
    """What the address of the list says of how it was narrowed."""
    return f"programme={polish.programme_id}&language=pl"


def _all_keep(page: str, kept: str) -> None:
    """Every address of the round on this page keeps how the list was narrowed."""
    shown = re.findall(rf'(?:href|action)="({BASE}/calls[^"]*)"', unescape(page))
    rounds = [one for one in shown if one != f"{BASE}/calls"]  # the menu's own
    assert rounds
    assert all(kept in one for one in rounds), rounds


def test_the_list_stays_narrowed_until_the_call_is_written_down_and_the_next_is_taken(
    polish: Outreach, kept: str
) -> None:
    lena, one = polish.client_of("lena"), call_of(polish, 1)
    page = lena.get(f"{BASE}/calls?{kept}").text
    action = re.search(rf'action="({BASE}/calls/{one.id}/claim[^"]*)"', unescape(page))
    assert action is not None
    taken = lena.post(action[1])
    assert taken.location == f"{BASE}/calls/{one.id}?{kept}"
    page = lena.get(taken.location).text
    _all_keep(page, kept)
    refused = lena.post(taken.location, data={"outcome": ""})
    assert refused.status_code == 422
    _all_keep(refused.text, kept)
    key = re.search(r'name="form_key"[^>]*value="([^"]+)"', page)
    assert key is not None
    saved = lena.post(taken.location, data={"form_key": key[1], "outcome": "no answer", "barrier": ""})
    assert saved.location == f"{BASE}/calls/{one.id}/done?{kept}"
    page = lena.get(saved.location).text
    _all_keep(page, kept)
    assert "Go back to the calls" in page
    action = re.search(r'action="([^"]*/calls/next[^"]*)"', unescape(page))
    assert action is not None
    assert lena.post(action[1]).location == f"{BASE}/calls/{call_of(polish, 2).id}?{kept}"


def test_the_next_call_is_one_of_the_list_as_it_was_narrowed(polish: Outreach, kept: str) -> None:
    assert _next(polish, f"?{kept}") == "Basia"
    assert _next(polish) == "Ada"
    none = polish.client_of("lena").post(f"{BASE}/calls/next?language=so")
    assert none.location == f"{BASE}/calls?language=so"
    assert "No call of this part of today's list can be made now" in _next(polish, "?language=so")


def test_a_call_given_back_or_refused_leads_to_the_list_as_it_was_narrowed(
    polish: Outreach, kept: str
) -> None:
    lena, one = polish.client_of("lena"), call_of(polish, 1)
    assert lena.get(f"{BASE}/calls/{one.id}?{kept}").location == f"{BASE}/calls?{kept}"  # not taken
    lena.post(f"{BASE}/calls/{one.id}/claim?{kept}")
    assert lena.post(f"{BASE}/calls/{one.id}/put-back?{kept}").location == f"{BASE}/calls?{kept}"
    polish.moved(DAY.replace(hour=21))
    assert lena.post(f"{BASE}/calls/{one.id}/claim?{kept}").location == f"{BASE}/calls?{kept}"


def test_the_page_of_an_interpreter_leads_back_to_the_list_as_it_was_narrowed(
    polish: Outreach, kept: str
) -> None:
    address = f"{BASE}/calls/{call_of(polish, 1).id}/interpreter?{kept}&show=later&page=2"
    lena = polish.client_of("lena")
    _all_keep(lena.get(address).text, kept)
    booked = {"day-day": 3, "day-month": 11, "day-year": 2026, "time": "10:00"}
    assert lena.post(address, data=booked).location == f"{BASE}/calls?{kept}&show=later&page=2"


def test_only_what_the_list_can_be_narrowed_to_is_kept(polish: Outreach) -> None:
    odd = "language=pl&need=nonsense&show=all&page=x&programme=-1&next=https://example.org&_external=1"
    answer = polish.client_of("lena").post(f"{BASE}/calls/{call_of(polish, 1).id}/claim?{odd}")
    assert answer.location == f"{BASE}/calls/{call_of(polish, 1).id}?language=pl"
    with polish.acting("dover-town"):
        assert db.session.scalars(select(Call.claimed_by).where(Call.claimed_by.is_not(None))).one() == "Lena"
