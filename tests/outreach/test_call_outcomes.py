"""What follows from what was said on a call: ringing again, booking first, giving up."""

import datetime as dt
import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.audit import AuditEvent
from app.library.models import LibraryItem
from app.outreach.call_models import Call, CallAttempt
from app.outreach.choice_models import ContactNeed
from app.outreach.models import Contact
from app.programmes.milestones import reach
from tenants.db import db
from tests.conftest import block, signed_in_client
from tests.outreach import seeding
from tests.outreach.calling import CALL_ONLY, DAY, call_of, claim, day, listed, ring, status
from tests.outreach.conftest import BASE, Outreach
from tests.rows import make
from tests.world import World


@pytest.fixture
def calls(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> Outreach:
    """Ada and Ben are on the call list on Monday 2 November at 10."""
    return listed(outreach, monkeypatch, {}, {"given_name": "Ben"})


def _contact(outreach: Outreach, number: int = 0) -> tuple[str, str | None]:
    with outreach.acting("dover-town"):
        statement = select(Contact.state, Contact.reason).where(
            Contact.participant_id == outreach.people[number]
        )
        state, reason = db.session.execute(statement.order_by(Contact.id.desc())).first() or ("", None)
        return state, reason


@pytest.mark.parametrize(
    ("time", "begins", "shown"),
    [
        ("14:30", dt.time(14, 30), "5 November 2026 at 2:30pm"),
        ("in the afternoon", dt.time(12), "5 November 2026 at midday"),
        ("at any time", dt.time(9), "5 November 2026 at 9am"),
        ("19:00", dt.time(19), "5 November 2026 at 7pm"),
    ],
)
def test_a_day_and_time_to_ring_again_put_the_call_there(
    calls: Outreach, time: str, begins: dt.time, shown: str
) -> None:
    on = dt.date(2026, 11, 5)
    said = day("call_back_on", on) | {"call_back_time": time, "barrier": "work"}
    page = ring(calls, "spoke: wants time", **said).text
    assert f"rung again on {shown}" in page
    one = call_of(calls)
    assert (one.due_on, one.agreed_at) == (on, dt.datetime.combine(on, begins, dt.UTC))
    assert status(calls) == "wants a call"
    with calls.acting("dover-town"):
        attempt = db.session.scalars(select(CallAttempt)).one()
        assert (attempt.call_back_on, attempt.call_back_time) == (on, time)


def test_a_time_that_is_none_of_those_offered_is_refused(calls: Outreach) -> None:
    said = day("call_back_on", dt.date(2026, 11, 5)) | {"call_back_time": "03:00", "barrier": "work"}
    assert ring(calls, "spoke: wants time", **said).status_code == 422
    assert call_of(calls).agreed_at is None


def test_who_agreed_to_be_rung_later_today_is(calls: Outreach) -> None:
    said = day("call_back_on", DAY.date()) | {"call_back_time": "16:00", "barrier": "work"}
    ring(calls, "spoke: wants time", **said)
    calls.moved(DAY.replace(hour=16))
    assert "Check who it is" in claim(calls).text


def test_another_time_of_day_is_suggested_after_no_answer(calls: Outreach) -> None:
    ring(calls, "no answer", identity=[])
    calls.moved(DAY + dt.timedelta(days=1))
    assert "No answer 1 time. Try in the afternoon." in calls.client_of("lena").get(f"{BASE}/calls").text
    assert "Nobody answered 1 time. If nobody does now, try in the afternoon next." in claim(calls).text


def test_an_interpreter_is_booked_before_the_next_call(calls: Outreach) -> None:
    page = ring(calls, "interpreter needed", identity=[]).text
    assert "An interpreter has to be booked first." in page
    with calls.acting("dover-town"):
        need = db.session.scalars(select(ContactNeed)).one()
        assert (need.kind, need.person_id) == ("interpreter", call_of(calls).person_id)
    calls.moved(DAY + dt.timedelta(days=1))
    listed_now = calls.client_of("lena").get(f"{BASE}/calls?need=book+first").text
    assert "Say when the interpreter is booked" in listed_now
    assert "Interpreter needed<" in listed_now
    assert "Book an interpreter before you ring." in claim(calls).text
    address = f"{BASE}/calls/{call_of(calls).id}/interpreter"
    wrong = calls.client_of("lena").post(address, data=day("day", dt.date(2026, 11, 7)) | {"time": "10:00"})
    assert wrong.status_code == 422
    assert "not at a weekend or a bank holiday" in wrong.text
    calls.client_of("lena").sent(address, **day("day", dt.date(2026, 11, 4)), time="10:00")
    assert call_of(calls).agreed_at == dt.datetime(2026, 11, 4, 10, tzinfo=dt.UTC)
    assert call_of(calls).why == "An interpreter is booked"
    calls.moved(DAY + dt.timedelta(days=2))
    assert "Check who it is" in claim(calls).text


def test_three_calls_without_an_answer_end_the_calls_and_have_not_reached_the_person(calls: Outreach) -> None:
    for later in range(3):
        calls.moved(DAY + dt.timedelta(days=later))
        ring(calls, ("no answer", "busy", "voicemail not left")[later], identity=[])
    assert (call_of(calls).state, status(calls)) == ("done", "not reached")
    assert _contact(calls) == ("failed", "no answer to 3 calls")


@pytest.mark.parametrize(("outcome", "state"), [("no answer", "done"), ("answered by someone else", "due")])
def test_after_three_calls_only_a_day_that_somebody_there_named_is_another_one(
    calls: Outreach, outcome: str, state: str
) -> None:
    for later in range(2):
        calls.moved(DAY + dt.timedelta(days=later))
        ring(calls, "no answer", identity=[])
    calls.moved(DAY + dt.timedelta(days=2))
    ring(calls, outcome, identity=[], **day("call_back_on", dt.date(2026, 11, 9)))
    assert call_of(calls).state == state


@pytest.mark.parametrize("named", [{}, day("call_back_on", dt.date(2026, 11, 9))])
def test_an_interpreter_is_booked_anew_where_nobody_answered(calls: Outreach, named: dict[str, int]) -> None:
    ring(calls, "interpreter needed", identity=[])
    address = f"{BASE}/calls/{call_of(calls).id}/interpreter"
    calls.client_of("lena").sent(address, **day("day", dt.date(2026, 11, 4)), time="10:00")
    calls.moved(DAY + dt.timedelta(days=2))
    ring(calls, "no answer", identity=[], **named)
    assert call_of(calls).why == "Interpreter needed: book one before ringing"


def test_a_message_on_their_voicemail_has_reached_them(calls: Outreach) -> None:
    for later in range(3):
        calls.moved(DAY + dt.timedelta(days=later))
        ring(calls, "voicemail left" if later == 1 else "no answer", identity=[])
    assert call_of(calls).state == "done"
    assert _contact(calls) == ("sent", None)


@pytest.mark.parametrize("outcome", ["wrong number", "number dead"])
def test_a_wrong_number_without_another_has_not_reached_the_person(calls: Outreach, outcome: str) -> None:
    ring(calls, outcome, identity=[])
    assert (call_of(calls).state, status(calls)) == ("done", "not reached")
    assert _contact(calls) == ("failed", outcome)


def test_who_said_yes_is_no_longer_listed_as_wanting_a_call(calls: Outreach) -> None:
    calls.change(lambda: [reach(calls.people[0], kind) for kind in ("engaged", "wants a call")])
    ring(calls, "spoke: accepted")
    assert status(calls) == "engaged"


def test_the_script_is_the_one_chosen_for_the_person(calls: Outreach) -> None:
    def choose() -> None:
        own = make(
            LibraryItem, kind="call script", name="Our script", language="pl", state="approved",
            body="# Powiedz\n\nDzień dobry",
        )  # fmt: skip
        one = Contact.participant_id == calls.people[0]
        db.session.execute(update(Contact).where(one).values(template_id=own.id))

    calls.change(choose)
    assert "Dzień dobry" in claim(calls).text
    assert "Hello, I am Lena." in claim(calls, 1).text


def test_the_voicemail_rule_and_the_way_to_the_form_stand_before_the_script(calls: Outreach) -> None:
    page = claim(calls).text
    assert page.index('href="#write-down"') < page.index("Check who it is") < page.index("Hello, I am Lena")
    assert "leave only your name and your number" in page
    assert 'id="write-down"' in page


def test_what_was_looked_at_and_rung_is_recorded(calls: Outreach) -> None:
    ring(calls, "no answer", identity=[])
    with calls.acting("dover-town"):
        events = select(AuditEvent.action, AuditEvent.subject).where(
            AuditEvent.person_id == call_of(calls).person_id, AuditEvent.actor == "Lena"
        )
        seen = {tuple(row) for row in db.session.execute(events)}
    assert {("claimed", "call"), ("viewed", "person"), ("rang", "call")} <= seen


def _listed_live(live: Flask, world: World) -> int:
    """Ada on a call list in a database with real commits; the call's id."""
    with block(live, world, "dover-town", "cora", audited=False):
        programme_id, (ada,) = seeding.started(world, [{}])
        from app.outreach.models import Step

        step = make(Step, programme_id=programme_id, position=1, channel="call", weekdays=[], who=[])
        one = db.session.scalars(select(seeding.Participant).where(seeding.Participant.id == ada)).one()
        made = make(
            Call, programme_id=programme_id, step_id=step.id, participant_id=ada, person_id=one.person_id,
            due_on=DAY.date(), agreed_at=None, agreed_time="", claimed_at=None, state="due",
        )  # fmt: skip
        db.session.commit()
        return int(made.id)


def test_of_two_who_claim_at_once_one_rings(
    live: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app import clock

    there = DAY.replace(tzinfo=clock.LONDON).astimezone(dt.UTC)
    monkeypatch.setattr(clock, "now", lambda: there)
    monkeypatch.setattr(seeding, "STEPS", CALL_ONLY)
    call_id = _listed_live(live, world)
    from tests.world import stay_signed_in

    with live.app_context():
        stay_signed_in(world)
    gate, went = threading.Barrier(2), {}

    def take(who: str) -> None:
        client: Any = signed_in_client(live, world, who)
        gate.wait()
        went[who] = client.post(f"{BASE}/calls/{call_id}/claim").location

    threads = [threading.Thread(target=take, args=(who,)) for who in ("lena", "hari")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(went.values()) == [f"{BASE}/calls", f"{BASE}/calls/{call_id}"]
    with block(live, world, "dover-town", "cora", audited=False):
        winner = next(who for who, where in went.items() if where.endswith(str(call_id)))
        assert db.session.scalar(select(Call.claimed_by)) == winner.capitalize()
        claims = select(func.count()).where(AuditEvent.action == "claimed", AuditEvent.subject == "call")
        assert db.session.scalar(claims) == 1


def test_who_asks_not_to_be_contacted_waits_in_no_batch_of_any_programme(calls: Outreach) -> None:
    from app.outreach.models import Batch, Step
    from app.programmes.models import Participant

    def elsewhere() -> tuple[int, int]:
        one = db.session.scalars(select(Call).where(Call.participant_id == calls.people[0])).one()
        place = make(Participant, person_id=one.person_id, status="wants a call")
        step = make(Step, programme_id=place.programme_id, channel="call", weekdays=[], who=[])
        batch = make(Batch, programme_id=place.programme_id, step_id=step.id, state="sending")
        shared = {"step_id": step.id, "participant_id": place.id, "person_id": one.person_id}
        made = make(Contact, batch_id=batch.id, state="waiting", reason=None, sent_at=None, **shared)
        make(Call, programme_id=place.programme_id, state="due", due_on=DAY.date(), **shared)
        return made.id, batch.id

    contact_id, batch_id = calls.change(elsewhere)
    ring(calls, "asked not to be contacted")
    with calls.acting("dover-town"):
        states = db.session.execute(select(Call.state, func.count()).group_by(Call.state)).all()
        assert {state: number for state, number in states} == {"stopped": 2, "due": 1}
        held = db.session.execute(select(Contact.state, Contact.reason).where(Contact.id == contact_id)).one()
        assert tuple(held) == ("held back", "asked not to be contacted")
        assert db.session.scalar(select(Batch.state).where(Batch.id == batch_id)) == "done"
