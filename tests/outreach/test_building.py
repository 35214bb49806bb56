"""Building a batch: two at once, and a list of calls in which nobody can be rung."""

import datetime as dt
import threading
from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock
from app.outreach import steps
from app.outreach.call_models import Call
from app.outreach.models import Batch, Contact, Step
from app.programmes.models import Programme
from tenants import scope
from tenants.db import db
from tests import world as worlds
from tests.conftest import block, signed_in_client
from tests.outreach import seeding
from tests.outreach.conftest import BASE, Outreach
from tests.world import World

MONDAY = seeding.MONDAY.replace(tzinfo=clock.LONDON).astimezone(dt.UTC)
NO_PHONE = {"mobile": "none", "home_phone": ""}


def ring_first(programme_id: int) -> None:
    """Make the first step of a programme a call."""
    steps.ensure(db.session.get_one(Programme, (scope.current().tenant, programme_id)))
    by_phone = {"channel": "call", "template_name": "Our script"}
    db.session.execute(update(Step).where(Step.position == 1).values(**by_phone))


def test_two_who_build_the_call_list_at_once_put_each_person_on_it_once(
    live: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    with live.app_context():
        worlds.stay_signed_in(world)
    with block(live, world, "dover-town", None, False):
        programme_id, people = seeding.started(world, [{}, NO_PHONE, {}])
        ring_first(programme_id)
        db.session.commit()
    gate = threading.Barrier(2)

    def build(who: str) -> None:
        client = signed_in_client(live, world, who)
        client.get(f"{BASE}/programmes/{programme_id}/outreach")
        gate.wait()
        client.post(f"{BASE}/programmes/{programme_id}/outreach/build", data={"position": 1})

    for _ in range(2):  # the second time there is an open list already
        threads = [threading.Thread(target=build, args=(who,)) for who in ("cora", "mandy")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with block(live, world, "dover-town", None, False):
            rows = db.session.execute(select(Contact.participant_id, Contact.state)).all()
            assert Counter(tuple(row) for row in rows) == {
                (people[0], "waiting"): 1, (people[1], "held back"): 1, (people[2], "waiting"): 1,
            }  # fmt: skip
            assert len(db.session.scalars(select(Call.id)).all()) == 2


def test_a_list_of_calls_in_which_nobody_can_be_rung_is_done_at_once(outreach: Outreach) -> None:
    (ada,) = outreach.start(NO_PHONE)
    outreach.change(lambda: ring_first(outreach.programme_id))
    batch_id = outreach.build()
    assert outreach.states(batch_id) == {ada: ("held back", "no usable phone number")}
    assert outreach.batch_state(batch_id) == "done"
    with outreach.acting("dover-town"):
        assert db.session.scalars(select(Batch.finished_at)).one() is not None


@pytest.mark.parametrize(("weekdays", "on"), [([], 2), ([0, 3], 2), ([3], 5), ([5, 6], 2)])
def test_calls_come_on_the_list_on_the_days_of_their_step(
    outreach: Outreach, weekdays: list[int], on: int
) -> None:
    outreach.start({})
    outreach.change(lambda: ring_first(outreach.programme_id))
    outreach.change(lambda: db.session.execute(update(Step).values(weekdays=weekdays)))
    outreach.build()
    with outreach.acting("dover-town"):
        assert db.session.scalars(select(Call.due_on)).one() == dt.date(2026, 11, on)


def test_a_batch_in_which_everybody_is_held_back_needs_no_approval(outreach: Outreach) -> None:
    (ada,) = outreach.start({"mobile": "none"})
    assert "Nobody can be contacted now." in outreach.client_of("cora").get(outreach.page).text
    said = outreach.client_of("cora").sent(f"{outreach.page}/build", position=1)
    assert "Everybody who is due is held back, so there is nothing to send." in said.text
    with outreach.acting("dover-town"):
        batch = db.session.scalars(select(Batch)).one()
        assert (batch.state, batch.approved_by) == ("done", None)
        number = batch.id
    assert "Read and approve" not in outreach.client_of("clara").get(f"{BASE}/outreach/batches/{number}").text
    assert outreach.states(number)[ada] == ("held back", "no usable mobile number")
    letters = outreach.build(2)
    assert outreach.states(letters)[ada] == ("waiting", None)


@pytest.mark.parametrize(
    ("person", "told"),
    [
        ({}, "The call list is made. Nobody is rung before a colleague takes their call."),
        (NO_PHONE, "Everybody who is due is held back, so there is nobody to ring."),
    ],
)
def test_what_is_said_of_a_call_list_is_of_calls_and_not_of_messages(
    outreach: Outreach, person: dict[str, str], told: str
) -> None:
    outreach.start(person)
    outreach.change(lambda: ring_first(outreach.programme_id))
    said = outreach.client_of("cora").sent(f"{outreach.page}/build", position=1).text
    assert told in said
    assert "Nothing is sent yet" not in said


def test_whoever_cancels_a_call_list_is_told_who_stays_on_it(outreach: Outreach) -> None:
    outreach.start({})
    outreach.change(lambda: ring_first(outreach.programme_id))
    asked = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{outreach.build()}/cancel").text
    assert "1 person who waits will not be contacted by it." in asked
    assert "Whoever has asked for a call stays on the call list." in asked
    assert "What was sent" not in asked
