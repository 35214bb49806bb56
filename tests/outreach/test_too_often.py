"""Bad numbers, holds, days on which nothing goes out, and how often one person may be contacted."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from app import clock
from app.outreach import bad_addresses
from app.outreach.choice_models import ContactChoice
from app.outreach.facts import known_of
from app.outreach.models import Blackout, Contact
from app.outreach.rules import Facts, Reason, Sending, why_not
from app.people.models import Person
from app.programmes.models import Participant
from tenants.db import db
from tenants.models import PcnSettings
from tests.outreach import seeding
from tests.outreach.calling import claim, ring
from tests.outreach.conftest import Outreach
from tests.programmes.people import SETUP, programme
from tests.rows import make

MONDAY = dt.datetime(2026, 11, 2, 10, tzinfo=dt.UTC)
TODAY = MONDAY.date()
YESTERDAY = TODAY - dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("facts", "programme", "reason"),
    [
        ({"held": True}, {}, Reason.HOLD),
        ({"held": True, "opted_out": True}, {}, Reason.HOLD),
        ({"contacts": 4}, {}, None),
        ({"contacts": 5}, {}, Reason.OFTEN),
        ({"contacts": 2}, {"most_contacts": 2}, Reason.OFTEN),
        ({"contacts": 9, "status": "wants a call"}, {}, None),
        ({"last_elsewhere": YESTERDAY}, {}, Reason.LATELY),
        ({"last_elsewhere": YESTERDAY}, {"days_between": 1}, None),
        ({"last_elsewhere": YESTERDAY, "status": "wants another way"}, {}, None),
        ({}, {"closed_to": frozenset({"call"})}, Reason.BLACKOUT),
        ({}, {"closed_to": frozenset({"text"})}, None),
    ],
)
def test_nobody_is_contacted_too_often_or_against_a_hold(
    facts: dict, programme: dict, reason: Reason | None
) -> None:
    known = Facts(**({"mobile": "07700900123"} | facts))
    assert why_not(known, "call", Sending(**programme), MONDAY) is reason


def person_of(participant_id: int) -> int:
    return int(
        db.session.scalars(select(Participant.person_id).where(Participant.id == participant_id)).one()
    )


def test_a_bad_number_is_not_texted_by_any_programme_until_a_new_one_comes(outreach: Outreach) -> None:
    (ada,) = outreach.start({})
    given = {"why": "does not work", "source": "a call"}
    outreach.change(lambda: bad_addresses.mark(person_of(ada), "mobile", "07700900100", **given))
    assert outreach.states(outreach.build()) == {ada: ("held back", "no usable mobile number")}
    outreach.change(lambda: db.session.execute(update(Person).values(mobile="07700 900 777")))
    cancelled(outreach, _newest(outreach))
    assert outreach.states(outreach.build()) == {ada: ("waiting", None)}


def test_who_waits_for_a_letter_is_not_texted_too_when_a_new_number_comes(outreach: Outreach) -> None:
    (ada,) = outreach.start({"mobile": "none"})
    outreach.send()
    letters = outreach.build(2)
    assert outreach.states(letters) == {ada: ("waiting", None)}
    outreach.change(lambda: db.session.execute(update(Person).values(mobile="07700 900 777")))
    answer = outreach.client_of("cora").sent(f"{outreach.page}/build", position=1)
    assert "Nobody is due for “Text” today" in answer.text
    cancelled(outreach, letters)
    assert outreach.states(outreach.build()) == {ada: ("waiting", None)}


def cancelled(outreach: Outreach, batch_id: int) -> None:
    """Cora cancels a batch."""
    outreach.client_of("cora").post(f"/pcn/dover-town/outreach/batches/{batch_id}/cancel")


def _newest(outreach: Outreach) -> int:
    with outreach.acting("dover-town"):
        return int(db.session.scalars(select(Contact.batch_id).order_by(Contact.id)).first() or 0)


def test_an_address_that_letters_came_back_from_gets_no_letter(outreach: Outreach) -> None:
    (ada,) = outreach.start({"mobile": ""})
    outreach.build()
    batch = outreach.build(2)
    with outreach.acting("dover-town"):
        address = db.session.scalars(select(Contact.recipient).where(Contact.batch_id == batch)).one()
    given = {"why": "the letter came back", "source": "the post"}
    outreach.change(lambda: bad_addresses.mark(person_of(ada), "address", address, **given))
    outreach.approve(batch)
    outreach.work()
    assert outreach.states(batch) == {ada: ("held back", "no complete address")}


def test_a_hold_stops_everything_until_it_is_lifted(outreach: Outreach) -> None:
    (ada,) = outreach.start({})
    batch = outreach.build()
    outreach.approve(batch)
    hold = {"kind": "hold", "source": "a call", "note": "worry about safety", "entered_by": "Cora"}
    outreach.change(
        lambda: make(
            ContactChoice, person_id=person_of(ada), programme_id=None, channel=None, lifted_at=None, **hold
        )
    )
    outreach.work()
    assert outreach.captured() == []
    assert outreach.states(batch) == {ada: ("held back", "nobody may contact them until a hold is settled")}
    outreach.change(lambda: db.session.execute(update(ContactChoice).values(lifted_at=clock.now())))
    assert outreach.states(outreach.build()) == {ada: ("waiting", None)}


def test_nothing_goes_out_on_a_blackout_day_and_everything_on_the_next_working_day(
    outreach: Outreach,
) -> None:
    outreach.start({})
    batch = outreach.build()
    days = {"starts_on": TODAY, "ends_on": TODAY, "channels": ["text"], "why": "booster clinics"}
    outreach.change(lambda: make(Blackout, removed_at=None, removed_by=None, **days))
    outreach.approve(batch)
    outreach.work()
    assert outreach.captured() == []
    outreach.moved(seeding.MONDAY.replace(day=3, hour=8))
    outreach.work()
    assert outreach.captured() == []
    outreach.moved(seeding.MONDAY.replace(day=3, hour=9))
    outreach.work()
    assert len(outreach.captured()) == 1


def test_who_another_programme_contacted_yesterday_waits_for_a_later_batch(outreach: Outreach) -> None:
    (ada,) = outreach.start({})

    def contacted_elsewhere() -> None:
        other = programme(name="Another", state="live", setup=SETUP)
        there = make(
            Participant, programme_id=other.id, person_id=person_of(ada), status="contacted",
            practice_id=outreach.world.practices["G82999"],
        )  # fmt: skip
        make(
            Contact, participant_id=there.id, person_id=there.person_id, state="sent", link_token_hash=None,
            sent_at=clock.now() - dt.timedelta(days=1),
        )  # fmt: skip

    outreach.change(contacted_elsewhere)
    first = outreach.build()
    assert outreach.states(first) == {ada: ("held back", "contacted lately by another programme")}
    outreach.client_of("cora").post(f"/pcn/dover-town/outreach/batches/{first}/cancel")
    outreach.moved(seeding.MONDAY + dt.timedelta(days=1))
    assert outreach.states(outreach.build()) == {ada: ("waiting", None)}


def test_no_more_contacts_than_the_pcn_allows_in_its_days(outreach: Outreach) -> None:
    (ada,) = outreach.start({})
    outreach.send()
    outreach.change(lambda: db.session.execute(update(PcnSettings).values(most_contacts=1, contacts_days=30)))
    outreach.moved(seeding.MONDAY + dt.timedelta(days=7))
    letters = outreach.build(2)
    assert outreach.states(letters) == {ada: ("held back", "contacted as often as the PCN allows")}
    outreach.client_of("cora").post(f"/pcn/dover-town/outreach/batches/{letters}/cancel")
    outreach.moved(seeding.MONDAY + dt.timedelta(days=31))
    assert outreach.states(outreach.build(2)) == {ada: ("waiting", None)}


def _facts(outreach: Outreach, participant_id: int) -> Facts:
    with outreach.acting("dover-town"):
        return known_of([participant_id])[participant_id].facts


def _rung(outreach: Outreach, monkeypatch: pytest.MonkeyPatch, *days: int) -> int:
    """Ada was texted on Monday, and rung in vain so many days later each; her participant id."""
    steps = [seeding.STEPS[0], {"name": "Call", "channel": "call", "template": "Our script", "after_days": 1}]
    monkeypatch.setattr(seeding, "STEPS", steps)
    (ada,) = outreach.start({})
    outreach.send()
    outreach.moved(seeding.MONDAY + dt.timedelta(days=days[0]))
    outreach.build(2)
    for later in days:
        outreach.moved(seeding.MONDAY + dt.timedelta(days=later))
        ring(outreach, "no answer", identity=[])
    return ada


def test_each_message_and_each_ringing_is_one_contact(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = _rung(outreach, monkeypatch, 1, 2)
    assert _facts(outreach, ada).contacts == 3  # a text and two calls: the first of these not twice
    outreach.change(lambda: db.session.execute(update(PcnSettings).values(most_contacts=3, contacts_days=30)))
    outreach.moved(seeding.MONDAY + dt.timedelta(days=3))
    held = outreach.client_of("lena").get("/pcn/dover-town/calls?show=held").text
    assert "Contacted as often as the PCN allows" in held
    assert "Do not ring: contacted as often as the PCN allows." in claim(outreach).text
    outreach.moved(seeding.MONDAY + dt.timedelta(days=30, hours=1))  # the text is out of the 30 days
    assert _facts(outreach, ada).contacts == 2


def test_who_was_rung_again_for_another_programme_waits(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = _rung(outreach, monkeypatch, 1, 7)

    def elsewhere() -> int:
        other = programme(name="Another", state="live", setup=SETUP)
        there = make(
            Participant, programme_id=other.id, person_id=person_of(ada), status="identified",
            practice_id=outreach.world.practices["G82999"],
        )  # fmt: skip
        return int(there.id)

    there = _facts(outreach, outreach.change(elsewhere))
    assert there.contacts == 3
    assert there.last_elsewhere == TODAY + dt.timedelta(days=7)
    assert _facts(outreach, ada).last_elsewhere is None
