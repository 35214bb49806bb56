"""Whoever says no is on no call list, and their place in the batch of calls says why."""

import datetime as dt

import pytest
from sqlalchemy import select

from app.outreach import choices, opt_outs
from app.outreach.call_models import Call
from app.outreach.choice_models import ContactChoice
from app.programmes.milestones import reach
from app.programmes.models import Participant
from tenants import scope
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.conftest import BASE, Outreach


@pytest.fixture
def ringing(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> tuple[Outreach, int]:
    """Ada and Ben, texted before, both on the list of calls of a batch that is going on; and the batch."""
    monkeypatch.setattr(seeding, "STEPS", [seeding.STEPS[0], seeding.STEPS[2]])
    outreach.start({}, {"given_name": "Ben"})
    outreach.send()
    outreach.moved(seeding.MONDAY + dt.timedelta(days=8))
    return outreach, outreach.send(2)


def call_states(outreach: Outreach) -> list[str]:
    with outreach.acting("dover-town"):
        return list(db.session.scalars(select(Call.state).order_by(Call.participant_id)))


def say(outreach: Outreach, asked: str) -> None:
    def entered() -> None:
        place = db.session.get_one(Participant, (scope.current().tenant, outreach.people[0]))
        opt_outs.enter(place, [asked], source="by phone", asked_on=None)

    outreach.change(entered)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("this programme", "opted out of the programme"),
        ("any", "asked not to be contacted"),
        ("call", "asked not to be contacted this way"),
        ("no thank you", "opted out of the programme"),
        ("not now", "has already answered"),
    ],
)
def test_a_no_takes_them_off_the_list_and_says_so_in_the_batch(ringing, asked: str, reason: str) -> None:
    outreach, batch_id = ringing
    assert call_states(outreach) == ["due", "due"]
    if asked in opt_outs.ASKED:
        say(outreach, asked)
    else:
        outreach.client_of(None).post(outreach.links()[0], data={"answer": asked})
    assert call_states(outreach) == ["stopped", "due"]
    assert outreach.states(batch_id)[outreach.people[0]] == ("held back", reason)
    assert outreach.states(batch_id)[outreach.people[1]][0] == "waiting"
    assert outreach.batch_state(batch_id) == "sending"


def test_a_batch_in_which_nobody_is_left_to_be_rung_is_done(ringing) -> None:
    outreach, batch_id = ringing

    def everybody() -> None:
        for number in outreach.people:
            place = db.session.get_one(Participant, (scope.current().tenant, number))
            opt_outs.enter(place, ["any"], source="by phone", asked_on=None)

    outreach.change(everybody)
    assert outreach.batch_state(batch_id) == "done"


def test_no_texts_leaves_the_call_on_the_list(ringing) -> None:
    outreach, _ = ringing
    say(outreach, "text")
    assert call_states(outreach) == ["due", "due"]


def test_what_was_said_on_a_call_can_be_taken_back_with_the_status_that_came_of_it(ringing) -> None:
    outreach, _ = ringing
    source = "on a call: asked not to be contacted"

    def place() -> Participant:
        return db.session.get_one(Participant, (scope.current().tenant, outreach.people[0]))

    def asked() -> None:
        choices.never_contact(place().person_id, source=source, entered_by="Cora")
        reach(place().id, "opted out", reason=source)

    outreach.change(asked)

    def taken_back() -> bool:
        row = db.session.scalars(select(ContactChoice)).one()
        return opt_outs.take_back(place(), row, "They rang us")

    assert outreach.change(taken_back)
    with outreach.acting("dover-town"):
        assert place().status != "opted out"
    assert not outreach.change(taken_back)


@pytest.mark.parametrize("asked", ["this programme", "any", "call"])
def test_who_asked_for_a_call_and_takes_a_no_back_is_on_the_call_list_again(
    outreach: Outreach, asked: str
) -> None:
    outreach.start({})
    outreach.send()
    link = outreach.links()[0]
    outreach.client_of(None).post(link, data={"answer": "yes, call me"})
    times = {"days": ["Friday"], "times": "in the morning"}
    outreach.client_of(None).post(f"{link}/times", data=times)
    say(outreach, asked)
    assert call_states(outreach) == ["stopped"]

    def taken_back() -> bool:
        place = db.session.get_one(Participant, (scope.current().tenant, outreach.people[0]))
        return opt_outs.take_back(place, db.session.scalars(select(ContactChoice)).one(), "They rang us")

    assert outreach.change(taken_back)
    assert call_states(outreach) == ["due"]
    page = outreach.client_of("cora").get(f"{BASE}/calls?show=later").text
    assert "Ada Example" in page
    assert "Friday, in the morning" in page
