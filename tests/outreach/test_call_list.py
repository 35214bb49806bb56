"""The call list: its order, its parts, who must not be rung, and how it does with thousands."""

import datetime as dt
import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app import clock
from app.cohorts.models import Cohort, Release
from app.outreach import choices
from app.outreach.call_models import Call
from app.outreach.gateway_models import BadAddress
from app.outreach.models import Contact, Step
from app.outreach.rules import FOR_NOW, Reason
from app.people.models import Person
from app.programmes.milestones import reach
from app.programmes.models import Participant, Programme
from tenants.db import db
from tenants.models import PcnSettings
from tests.outreach.calling import DAY, call_of, claim, listed, person_id, ring, status
from tests.outreach.conftest import BASE, Outreach
from tests.rows import make

TODAY = DAY.date()
PEOPLE = ({}, {"given_name": "Ben"}, {"given_name": "Cleo"})


@pytest.fixture
def calls(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> Outreach:
    """Ada, Ben and Cleo are on the call list on Monday 2 November at 10."""
    return listed(outreach, monkeypatch, *PEOPLE)


def _change(outreach: Outreach, number: int, **values: Any) -> None:
    one = call_of(outreach, number)
    outreach.change(lambda: db.session.execute(update(Call).where(Call.id == one.id).values(**values)))


def _page(outreach: Outreach, query: str = "", who: str = "lena") -> str:
    return str(outreach.client_of(who).get(f"{BASE}/calls{query}").text)


def _order(page: str) -> list[str]:
    return re.findall(r">(\w+) Example</a>", page)


def test_agreed_times_come_first_in_their_order(calls: Outreach) -> None:
    at = clock.now()
    _change(calls, 1, agreed_at=at + dt.timedelta(hours=5), agreed_time="in the afternoon")
    _change(calls, 2, agreed_at=at + dt.timedelta(hours=1), agreed_time="in the morning")
    page = _page(calls)
    assert _order(page) == ["Cleo", "Ben", "Ada"]
    assert "2 November 2026 at 11am" in page
    assert "Missed" not in page


def test_whoever_asked_for_a_call_comes_before_those_who_never_answered(calls: Outreach) -> None:
    _change(calls, 0, due_on=TODAY - dt.timedelta(days=20))
    calls.change(lambda: reach(calls.people[2], "wants a call"))
    assert _order(_page(calls)) == ["Cleo", "Ada", "Ben"]
    _change(calls, 1, agreed_at=clock.now() + dt.timedelta(hours=1), agreed_time="in the morning")
    assert _order(_page(calls)) == ["Ben", "Cleo", "Ada"]


def test_an_agreed_time_that_nobody_kept_is_marked_and_stays_on_top(calls: Outreach) -> None:
    _change(calls, 1, agreed_at=clock.now() - dt.timedelta(days=3), due_on=TODAY - dt.timedelta(days=3))
    page = _page(calls)
    assert _order(page)[0] == "Ben"
    assert page.count("Missed") == 1


def test_the_next_slot_a_person_names_puts_them_on_that_day(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = {"name": "Text", "channel": "text", "template": "Our text", "after_days": 0}
    monkeypatch.setattr("tests.outreach.seeding.STEPS", [text])
    outreach.start({})
    outreach.send()
    link = outreach.links()[0]
    outreach.client_of(None).post(link, data={"answer": "yes, call me"})
    said = {"days": ["Monday", "Wednesday"], "times": "in the morning"}
    outreach.moved(DAY.replace(hour=13))  # Monday's morning is over
    outreach.client_of(None).post(f"{link}/times", data=said)
    one = call_of(outreach)
    assert (one.due_on, one.agreed_time) == (dt.date(2026, 11, 4), "Monday or Wednesday, in the morning")
    assert one.agreed_at == dt.datetime(2026, 11, 4, 9, tzinfo=dt.UTC)
    assert "4 November 2026 at 9am" in _page(outreach, "?show=later")


def test_the_list_can_be_narrowed_to_a_language_an_interpreter_and_a_programme(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(
        outreach, monkeypatch, {}, {"given_name": "Ben", "language": "pl"},
        {"given_name": "Cleo", "interpreter": True},
    )  # fmt: skip
    assert _order(_page(outreach, "?language=pl")) == ["Ben"]
    assert _order(_page(outreach, "?need=interpreter")) == ["Cleo"]
    assert len(_order(_page(outreach, f"?programme={outreach.programme_id}"))) == 3
    none = _page(outreach, f"?programme={outreach.programme_id + 1}")
    assert "0 calls due today" in none
    assert "No call is like that." in none
    assert "3 calls due today" in _page(outreach, "?programme=x&language=&need=nonsense&show=all&page=-1")


def test_who_wants_another_way_can_be_listed_and_is_done_with_when_they_say_yes(calls: Outreach) -> None:
    calls.change(lambda: reach(calls.people[1], "engaged"))
    calls.change(lambda: reach(calls.people[1], "wants another way"))
    assert _order(_page(calls, "?need=another+way")) == ["Ben"]
    ring(calls, "spoke: accepted", 1)
    assert status(calls, 1) == "engaged"
    assert "No call is like that." in _page(calls, "?need=another+way")


def test_a_call_left_lying_is_free_and_says_who_had_it(calls: Outreach) -> None:
    claim(calls, 0, "lena")
    assert "Lena is on this call" in _page(calls, who="hari")
    calls.moved(DAY + dt.timedelta(minutes=31))
    page = _page(calls, who="hari")
    assert "Lena is on this call" not in page
    assert "Free again: Lena took it at 2 November 2026 at 10am." in page
    assert "Check who it is" in claim(calls, 0, "hari").text


def test_a_call_can_be_left_to_a_colleague_at_once(calls: Outreach) -> None:
    claim(calls, 0, "lena")
    one = call_of(calls)
    assert "a colleague can take it" in calls.client_of("lena").sent(f"{BASE}/calls/{one.id}/put-back").text
    assert call_of(calls).claimed_by is None
    assert "Check who it is" in claim(calls, 0, "hari").text
    refused = calls.client_of("lena").sent(f"{BASE}/calls/{one.id}/put-back").text
    assert "Hari is on this call" in refused
    assert call_of(calls).claimed_by == "Hari"


def _next(outreach: Outreach, who: str = "lena") -> str:
    """Take the next call: whose it is, or what is said where there is none."""
    page = outreach.client_of(who).sent(f"{BASE}/calls/next").text
    named = re.search(r"</span> (\w+) Example</h1>", page)
    return named[1] if named else re.sub(r"\s+", " ", page)


def test_the_next_call_is_the_first_that_can_be_made_now(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("Held", "Booking", "Later", "Taken", "Due", "Agreed")
    people: list[dict[str, Any]] = [{"given_name": name} for name in names]
    people[1]["interpreter"] = True
    calls = listed(outreach, monkeypatch, *people)
    held = person_id(calls, 0)
    calls.change(lambda: choices.hold(held, note="x", source="y", entered_by="z"))
    _change(calls, 2, agreed_at=clock.now() + dt.timedelta(hours=1))
    claim(calls, 3, "hari")
    _change(calls, 5, agreed_at=clock.now() - dt.timedelta(minutes=5))
    assert "Take the next call" in _page(calls)
    assert _next(calls) == "Agreed"
    assert call_of(calls, 5).claimed_by == "Lena"
    assert _next(calls, "hari") == "Taken"  # it is his
    ring(calls, "no answer", 3, "hari", identity=[])
    assert _next(calls, "hari") == "Due"
    said = _next(calls, "clara")
    assert "No call of today&#39;s list can be made now" in said
    calls.moved(DAY + dt.timedelta(hours=1))
    assert _next(calls, "clara") == "Agreed"  # Lena let it lie
    assert _next(calls, "lena") == "Later"


def test_in_the_evening_the_next_call_is_to_somebody_who_asked_for_it(calls: Outreach) -> None:
    evening = dt.datetime(2026, 11, 2, 18, tzinfo=dt.UTC)
    _change(calls, 1, agreed_at=evening - dt.timedelta(hours=8))
    _change(calls, 2, agreed_at=evening)
    calls.moved(DAY.replace(hour=18, minute=30))
    assert _next(calls) == "Cleo"
    assert "No call of today&#39;s list can be made now" in _next(calls, "hari")


def test_what_was_written_down_names_the_person_and_leads_on(calls: Outreach) -> None:
    page = ring(calls, "number dead", identity=[]).text
    assert "Ada Example</span> Call written down" in page
    assert "the people whom we cannot reach" in page
    assert f'action="{BASE}/calls/next"' in page
    assert "cannot reach" not in ring(calls, "spoke: accepted", 1).text


# Reason → what makes Ben one who must not be rung for it.
def _died(one: Outreach) -> None:
    _person(one, died_on=dt.date(2026, 10, 1))


def _person(one: Outreach, **values: Any) -> None:
    db.session.execute(update(Person).where(Person.id == person_id_now(one)).values(**values))


def person_id_now(one: Outreach) -> Any:
    """Ben's id as a sub-select, inside a block that acts."""
    return select(Participant.person_id).where(Participant.id == one.people[1]).scalar_subquery()


def _ben(one: Outreach) -> int:
    return int(db.session.scalar(select(Participant.person_id).where(Participant.id == one.people[1])) or 0)


def _withdraw_release(one: Outreach) -> None:
    values = {"withdrawn_at": clock.now(), "withdrawn_by": "Rita"}
    db.session.execute(update(Release).where(Release.programme_id == one.programme_id).values(**values))


def _screened_first(one: Outreach) -> None:
    make(Cohort, programme_id=one.programme_id, screened_first=True)


def _too_old(one: Outreach) -> None:
    rules = [{"kind": "age", "from": 40, "to": 69}]
    make(
        Cohort, programme_id=one.programme_id, state="frozen", screened_first=False,
        definition={"rules": rules},
    )  # fmt: skip
    _person(one, born=dt.date(1940, 1, 1))


def _elsewhere(one: Outreach, times: int = 1, **values: Any) -> None:
    step = make(Step, weekdays=[], who=[])
    for _ in range(times):
        place = make(Participant, person_id=_ben(one), status="contacted")
        make(
            Contact, step_id=step.id, participant_id=place.id, person_id=_ben(one), state="sent",
            sent_at=clock.now() - values.get("ago", dt.timedelta(hours=1)),
        )  # fmt: skip


def _bad_number(one: Outreach) -> None:
    number = db.session.scalar(select(Person.mobile).where(Person.id == _ben(one)))
    make(BadAddress, person_id=_ben(one), kind="mobile", value=number)


HELD: dict[Reason, Any] = {
    Reason.DIED: _died,
    Reason.LEFT: lambda one: _person(one, left_on=TODAY),
    Reason.MISSING: lambda one: _person(one, missing_since=TODAY),
    Reason.SENSITIVE: lambda one: _person(one, sensitive=True),
    Reason.AGE: _too_old,
    Reason.HOLD: lambda one: choices.hold(_ben(one), note="x", source="y", entered_by="z"),
    Reason.NOT_RELEASED: _withdraw_release,
    Reason.NOT_SCREENED: _screened_first,
    Reason.LEFT_OUT: lambda one: reach(one.people[1], "left out"),
    Reason.OPTED_OUT: lambda one: choices.opt_out(_ben(one), one.programme_id, source="x", entered_by="y"),
    Reason.DO_NOT_CONTACT: lambda one: choices.never_contact(_ben(one), source="x", entered_by="y"),
    Reason.NOT_THIS_WAY: lambda one: choices.never_contact(
        _ben(one), source="x", entered_by="y", channel="call"
    ),
    Reason.NO_TELEPHONE: lambda one: _person(one, preferred_contact="No telephone contact"),
    Reason.NO_PHONE: _bad_number,
    Reason.FORMAT: lambda one: _person(one, information_format="BSL"),
    Reason.ANSWERED: lambda one: reach(one.people[1], "not now"),
    Reason.LATELY: _elsewhere,
    Reason.OFTEN: lambda one: _elsewhere(one, 5, ago=dt.timedelta(days=4)),
}
# Of other channels, or not asked of a single person.
NEVER_ON_A_CALL = {Reason.NO_MOBILE, Reason.NO_EMAIL, Reason.NO_ADDRESS, Reason.SHARED}
EVERYBODY = {Reason.NOT_RELEASED, Reason.NOT_SCREENED}


def test_every_reason_for_which_somebody_is_not_rung_is_tried_here() -> None:
    assert set(HELD) == set(Reason) - FOR_NOW - NEVER_ON_A_CALL


@pytest.mark.parametrize("reason", HELD)
def test_who_must_not_be_rung_is_held_with_the_reason_and_cannot_be_taken(
    calls: Outreach, reason: Reason
) -> None:
    calls.change(lambda: HELD[reason](calls))
    due, held = (unescape(_page(calls, query)) for query in ("", "?show=held"))
    gone = 3 if reason in EVERYBODY else 1
    assert f"{3 - gone} calls due today" in due
    assert "Ben" not in _order(due)
    assert f"{gone} call{'' if gone == 1 else 's'} not to be made" in held
    assert reason[0].upper() + reason[1:] in held
    assert "Take this call" not in held
    assert ("Ben" in _order(held)) == (reason is not Reason.NOT_RELEASED)
    assert f"Do not ring: {reason}." in unescape(claim(calls, 1).text)


@pytest.mark.parametrize("reason", [Reason.HOLD, Reason.NOT_RELEASED, Reason.LATELY, Reason.MISSING])
def test_what_passes_leaves_the_call_on_the_list(calls: Outreach, reason: Reason) -> None:
    calls.change(lambda: HELD[reason](calls))
    claim(calls, 1)
    assert call_of(calls, 1).state == "due"


@pytest.mark.parametrize("reason", [Reason.DIED, Reason.OPTED_OUT, Reason.ANSWERED])
def test_what_is_for_good_takes_the_call_off_the_list(calls: Outreach, reason: Reason) -> None:
    calls.change(lambda: HELD[reason](calls))
    claim(calls, 1)
    assert call_of(calls, 1).state == "stopped"


@pytest.mark.parametrize(
    ("moment", "who_asked", "opens"),
    [
        ((2026, 11, 3, 8, 59), False, False),
        ((2026, 11, 3, 9, 0), False, True),
        ((2026, 11, 3, 17, 59), False, True),
        ((2026, 11, 3, 18, 0), False, False),
        ((2026, 11, 3, 18, 30), True, True),
        ((2026, 11, 3, 20, 0), True, False),
        ((2026, 11, 4, 18, 30), True, False),  # asked for the evening before
        ((2026, 11, 7, 10, 0), False, False),  # a Saturday
        ((2026, 12, 25, 10, 0), False, False),
    ],
)
def test_nobody_is_rung_outside_calling_hours(
    calls: Outreach, moment: tuple[int, ...], who_asked: bool, opens: bool
) -> None:
    asked = dt.datetime(2026, 11, 3, 18, 30, tzinfo=dt.UTC)
    _change(calls, 0, agreed_at=asked if who_asked else None)
    calls.moved(dt.datetime(*moment, tzinfo=clock.LONDON))  # type: ignore[misc, arg-type]
    page = claim(calls).text
    assert ("Check who it is" in page) == opens
    assert ("Nobody is rung now. Ring between 9am and 6pm on a working day." in page) != opens


@pytest.mark.parametrize(("hour", "asked", "opens"), [(9, False, False), (11, False, True), (9, True, True)])
def test_the_hours_of_a_call_step_hold_but_not_for_whoever_named_a_time(
    calls: Outreach, hour: int, asked: bool, opens: bool
) -> None:
    calls.change(lambda: db.session.execute(update(Step).values(opens=dt.time(10), closes=dt.time(16, 30))))
    agreed = dt.datetime(2026, 11, 3, 9, tzinfo=dt.UTC)
    _change(calls, 0, agreed_at=agreed if asked else None)
    calls.moved(dt.datetime(2026, 11, 3, hour))  # noqa: DTZ001 - the time in Kent
    page = claim(calls).text
    assert ("Check who it is" in page) == opens
    assert ("Ring between 10am and 4:30pm on a working day." in page) != opens
    assert (call_of(calls).claimed_by == "Lena") == opens


def _second_programme(outreach: Outreach) -> int:
    """Ada's call for another programme; its id."""

    def add() -> int:
        one = db.session.scalars(select(Call).where(Call.participant_id == outreach.people[0])).one()
        place = db.session.get(Participant, (one.tenant_id, one.participant_id))
        assert place is not None
        other = make(Participant, person_id=one.person_id, practice_id=place.practice_id, status="identified")
        values = {"state": "live", "name": "Stop smoking"}
        db.session.execute(update(Programme).where(Programme.id == other.programme_id).values(**values))
        make(Release, programme_id=other.programme_id, practice_id=place.practice_id, withdrawn_at=None)
        step = make(Step, programme_id=other.programme_id, channel="call", weekdays=[], who=[])
        made = make(
            Call, programme_id=other.programme_id, step_id=step.id, participant_id=other.id,
            person_id=one.person_id, due_on=TODAY, agreed_at=None, agreed_time="", state="due",
        )  # fmt: skip
        return int(made.id)

    return int(outreach.change(add))


def test_nobody_is_rung_by_two_at_once_for_two_programmes(calls: Outreach) -> None:
    other = _second_programme(calls)
    claim(calls, 0, "lena")
    page = calls.client_of("hari").sent(f"{BASE}/calls/{other}/claim").text
    assert "Lena is on this call. Choose another one." in page


def test_nobody_is_rung_twice_on_one_day_whatever_the_programme(calls: Outreach) -> None:
    other = _second_programme(calls)
    calls.change(lambda: db.session.execute(update(PcnSettings).values(days_between=0)))
    ring(calls, "no answer", identity=[])
    with calls.acting("dover-town"):
        found = db.session.get(Call, (calls.world.organisations["dover-town"], other))
        assert found is not None
        assert found.due_on == TODAY + dt.timedelta(days=1)
    refused = calls.client_of("hari").sent(f"{BASE}/calls/{other}/claim").text
    assert "This person was rung today already, on 2 November 2026 at 10am by Lena." in refused
    calls.moved(DAY + dt.timedelta(days=1))
    page = calls.client_of("hari").sent(f"{BASE}/calls/{other}/claim").text
    assert "Check who it is" in page, re.findall(
        r"(?s)notification-banner__(?:heading|content).{0,200}", page
    )


def test_a_list_of_thousands_opens_within_the_budget_of_statements(calls: Outreach) -> None:
    def add() -> None:
        one = db.session.scalars(select(Call).where(Call.participant_id == calls.people[0])).one()
        pattern = db.session.get(Person, (one.tenant_id, one.person_id))
        assert pattern is not None
        columns = [c.name for c in Person.__table__.columns if c.name not in ("id", "tenant_id")]
        alike = {name: getattr(pattern, name) for name in columns}
        people = [alike | {"nhs_number": f"9{n:09d}", "pseudonym": f"T-{n}"} for n in range(3000)]
        ids = list(db.session.scalars(insert(Person).returning(Person.id), people))
        place = {"programme_id": calls.programme_id, "practice_id": pattern.practice_id, "wave": 1}
        place |= {"status": "identified", "status_since": clock.now(), "joined_at": clock.now()}
        joined = list(
            db.session.execute(
                insert(Participant).returning(Participant.id, Participant.person_id),
                [place | {"person_id": number} for number in ids],
            )
        )
        due = {"programme_id": calls.programme_id, "step_id": one.step_id, "why": "No answer yet"}
        due |= {"due_on": TODAY, "agreed_time": "", "state": "due", "created_at": clock.now()}
        rows = [due | {"participant_id": place_id, "person_id": number} for place_id, number in joined]
        db.session.execute(insert(Call), rows)

    calls.change(add)
    page = _page(calls, "?page=121")  # the client counts the statements
    assert "3,003 calls due today" in page
    assert "(page 121 of 121)" in page
    assert len(_order(page)) == 3
