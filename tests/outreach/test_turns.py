"""Whose turn which step is: what brings people back, for whom a step is, and how many it takes a day."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, update

from app import clock
from app.cohorts.models import Cohort
from app.library.models import LibraryItem
from app.outreach import bad_addresses, choices, needs, steps, turns
from app.outreach.call_models import Call
from app.outreach.choice_models import ContactChoice, ReachDecision
from app.outreach.facts import candidates_of, known_of
from app.outreach.models import Batch, Contact, Reply, Step
from app.outreach.sequence import Where
from app.people.models import Person
from app.programmes.milestones import reach
from app.programmes.models import Participant, Programme
from tenants import scope
from tenants.db import db
from tests.outreach.conftest import BASE, Outreach
from tests.outreach.seeding import MONDAY, TEXT
from tests.rows import make

NO_PHONE = {"mobile": "none", "home_phone": ""}
HELD = "held back"


def person_of(participant_id: int) -> int:
    """The person in that place."""
    return int(
        db.session.scalars(select(Participant.person_id).where(Participant.id == participant_id)).one()
    )


def set_step(outreach: Outreach, position: int, **values: Any) -> None:
    """Say something of a step."""

    def work() -> None:
        steps.ensure(db.session.get_one(Programme, (scope.current().tenant, outreach.programme_id)))
        db.session.execute(update(Step).where(Step.position == position).values(**values))

    outreach.change(work)


def places(outreach: Outreach) -> dict[int, turns.Place]:
    """Where everybody is now."""
    with outreach.acting("dover-town"):
        programme = db.session.get_one(Programme, (scope.current().tenant, outreach.programme_id))
        found = turns.everybody(programme, steps.steps_of(programme))
        return {one.participant_id: place for one, place in found}


def counts(outreach: Outreach) -> dict[int, turns.Counts]:
    """How many people each step has."""
    with outreach.acting("dover-town"):
        programme = db.session.get_one(Programme, (scope.current().tenant, outreach.programme_id))
        mine = steps.steps_of(programme)
        return turns.counts_of(turns.everybody(programme, mine), mine)


def manifest(outreach: Outreach, batch_id: int) -> dict[str, Any]:
    """What was counted when the batch was built."""
    with outreach.acting("dover-town"):
        return dict(db.session.get_one(Batch, (scope.current().tenant, batch_id)).manifest)


def handed_over(outreach: Outreach, position: int = 2) -> int:
    """A batch of letters, at the printer's."""
    batch_id = outreach.send(position)
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{batch_id}/hand-over")
    outreach.work()
    return batch_id


def change_person(participant_id: int, **values: Any) -> None:
    """A new list says otherwise."""
    db.session.execute(update(Person).where(Person.id == person_of(participant_id)).values(**values))


# What brings people back


def test_who_had_a_number_added_since_is_texted(outreach: Outreach) -> None:
    (ada,) = outreach.start(NO_PHONE)
    first = outreach.send()
    assert outreach.states(first) == {ada: (HELD, "no usable mobile number")}
    assert places(outreach)[ada].position == 2
    outreach.change(lambda: change_person(ada, mobile="07700900555"))
    assert outreach.states(outreach.send()) == {ada: ("sent", None)}
    assert places(outreach)[ada].where is Where.LATER


def test_who_may_be_contacted_again_comes_back_at_the_step_that_stopped(outreach: Outreach) -> None:
    (ada,) = outreach.start({})
    outreach.send()
    outreach.change(lambda: choices.never_contact(person_of(ada), source="letter", entered_by="Cora"))
    outreach.moved(MONDAY + dt.timedelta(days=7))
    assert outreach.states(outreach.send(2)) == {ada: (HELD, "asked not to be contacted")}
    assert places(outreach)[ada].where is Where.HELD_BACK
    outreach.change(lambda: db.session.execute(update(ContactChoice).values(lifted_at=clock.now())))
    assert places(outreach)[ada].where is Where.DUE
    assert outreach.states(outreach.build(2)) == {ada: ("waiting", None)}


def test_who_opted_out_and_in_again_goes_on_where_they_were(outreach: Outreach) -> None:
    (ada,) = outreach.start({})
    outreach.send()
    outreach.change(
        lambda: choices.opt_out(person_of(ada), outreach.programme_id, source="phone", entered_by="Cora")
    )
    outreach.moved(MONDAY + dt.timedelta(days=7))
    assert places(outreach)[ada].where is Where.ANSWERED
    outreach.change(lambda: db.session.execute(update(ContactChoice).values(lifted_at=clock.now())))
    assert outreach.states(outreach.build(2)) == {ada: ("waiting", None)}


def test_who_was_held_back_lately_and_has_no_number_since_gets_the_letter(outreach: Outreach) -> None:
    """Held back for a reason that passes, then for one that does not: not lost between them."""
    (ada,) = outreach.start({})
    outreach.build()
    lately = {"state": HELD, "reason": "contacted lately by another programme"}
    outreach.change(lambda: db.session.execute(update(Contact).values(lately)))
    outreach.change(lambda: db.session.execute(update(Batch).values(state="done")))
    outreach.change(lambda: change_person(ada, mobile="none"))
    assert outreach.states(outreach.send()) == {ada: (HELD, "no usable mobile number")}
    assert outreach.states(outreach.build(2)) == {ada: ("waiting", None)}


def test_who_asked_to_be_asked_later_has_the_next_step_on_that_day(outreach: Outreach) -> None:
    (ada,) = outreach.start({})
    outreach.send()
    day = MONDAY.date() + dt.timedelta(days=30)

    asked_later(outreach, ada, day)
    outreach.moved(MONDAY + dt.timedelta(days=29))
    found = places(outreach)[ada]
    assert (found.where, found.position, found.on) == (Where.LATER, 2, day)
    outreach.moved(MONDAY + dt.timedelta(days=30))
    assert outreach.states(outreach.build(2)) == {ada: ("waiting", None)}


def asked_later(outreach: Outreach, participant_id: int, day: dt.date) -> None:
    """They answered that they want to be asked again on that day."""

    def work() -> None:
        contact = db.session.scalars(select(Contact.id).order_by(Contact.id)).first()
        make(Reply, contact_id=contact, participant_id=participant_id, answer="not now", ask_again_on=day,
             days=[], another_way=[])  # fmt: skip
        reach(participant_id, "not now")

    outreach.change(work)


def test_who_asked_to_be_asked_later_and_then_opted_out_is_not_asked_later(outreach: Outreach) -> None:
    (ada,) = outreach.start({})
    outreach.send()
    asked_later(outreach, ada, MONDAY.date() + dt.timedelta(days=30))
    programme = outreach.programme_id
    outreach.change(lambda: choices.opt_out(person_of(ada), programme, source="phone", entered_by="Cora"))
    found = places(outreach)[ada]
    assert (found.where, found.reason) == (Where.ANSWERED, "opted out of the programme")


def test_who_asked_to_be_asked_later_when_no_step_is_left_is_shown_so(outreach: Outreach) -> None:
    (ada,) = outreach.start({})
    batch_id = rung(outreach, ada)[1]
    day = MONDAY.date() + dt.timedelta(days=60)
    outreach.change(lambda: db.session.execute(update(Contact).where(Contact.batch_id == batch_id)
                                               .values(state="sent", sent_at=clock.now())))  # fmt: skip
    outreach.change(lambda: db.session.execute(update(Call).values(state="done")))
    asked_later(outreach, ada, day)
    for moment in (MONDAY + dt.timedelta(days=20), MONDAY + dt.timedelta(days=70)):
        outreach.moved(moment)
        assert places(outreach)[ada] == turns.Place(Where.OVER, None, turns.ASK_AGAIN, day)
    outreach.change(lambda: change_person(ada, died_on=day))
    assert places(outreach)[ada].reason == "has died"


def rung(outreach: Outreach, ada: int = 0) -> tuple[int, int]:
    """Somebody on the call list, after text and letter; their place and the batch."""
    if not ada:
        (ada,) = outreach.start({})
    outreach.send()
    outreach.moved(MONDAY + dt.timedelta(days=7))
    handed_over(outreach)
    outreach.moved(MONDAY + dt.timedelta(days=14))
    return ada, outreach.build(3)


def calls(outreach: Outreach) -> list[str]:
    """The state of every call."""
    with outreach.acting("dover-town"):
        return list(db.session.scalars(select(Call.state).order_by(Call.id)))


def test_a_cancelled_list_of_calls_can_be_built_again_with_everybody_on_it(outreach: Outreach) -> None:
    ada, batch_id = rung(outreach)
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{batch_id}/cancel")
    assert calls(outreach) == ["stopped"]
    assert outreach.states(outreach.build(3)) == {ada: ("waiting", None)}
    assert calls(outreach) == ["due"]


def test_whose_hold_was_lifted_is_on_the_call_list_again(outreach: Outreach) -> None:
    ada, batch_id = rung(outreach)
    outreach.change(
        lambda: choices.hold(person_of(ada), note="worry", source="a colleague", entered_by="Cora")
    )
    with outreach.acting("dover-town"):
        call = db.session.scalars(select(Call.id)).one()
    outreach.client_of("cora").post(f"{BASE}/calls/{call}/claim")
    assert outreach.states(batch_id)[ada][0] == HELD
    outreach.change(lambda: db.session.execute(update(ContactChoice).values(lifted_at=clock.now())))
    outreach.build(3)
    assert calls(outreach) == ["due"]
    assert places(outreach)[ada].where is Where.WAITING


def test_trying_again_begins_at_the_first_step_that_can_reach_them(outreach: Outreach) -> None:
    (ada,) = outreach.start({**NO_PHONE, "street": ""})
    for position in (1, 2, 3):
        outreach.send(position) if position < 3 else outreach.build(3)
    assert places(outreach)[ada].where is Where.OVER
    decided = {"participant_id": ada, "decision": "try again", "note": "", "by": "Cora"}
    outreach.moved(MONDAY + dt.timedelta(days=1))
    outreach.change(lambda: make(ReachDecision, at=clock.now(), **decided))
    assert places(outreach)[ada].where is Where.OVER
    outreach.change(lambda: change_person(ada, street="High Street"))
    assert outreach.states(outreach.build(2)) == {ada: ("waiting", None)}


def test_who_has_become_too_old_since_is_held_back_at_sending(outreach: Outreach) -> None:
    ada, ben = outreach.start({"born": dt.date(1956, 11, 3)}, {})
    definition = {"rules": [{"kind": "age", "from": 40, "to": 69}]}
    frozen = {"programme_id": outreach.programme_id, "state": "frozen", "definition": definition}
    outreach.change(lambda: make(Cohort, screened_first=False, **frozen))
    batch_id = outreach.build()
    assert outreach.states(batch_id) == {ada: ("waiting", None), ben: ("waiting", None)}
    outreach.approve(batch_id)
    outreach.moved(MONDAY + dt.timedelta(days=1))
    outreach.work()
    assert outreach.states(batch_id) == {
        ada: (HELD, "not of the age that the programme is for"), ben: ("sent", None),
    }  # fmt: skip


# For whom a step is, when, and how many a day


def test_a_letter_only_for_those_a_text_could_not_reach_leaves_the_others_to_the_call(
    outreach: Outreach,
) -> None:
    ada, ben = outreach.start({}, NO_PHONE)
    set_step(outreach, 2, who=["could not be reached", "not delivered"])
    outreach.send()
    assert outreach.states(outreach.build(2)) == {ben: ("waiting", None)}
    found = places(outreach)[ada]
    assert (found.where, found.position, found.on) == (Where.LATER, 3, MONDAY.date() + dt.timedelta(days=6))
    outreach.moved(MONDAY + dt.timedelta(days=6))
    assert outreach.states(outreach.build(3)) == {ada: ("waiting", None)}


def test_the_letter_counts_from_its_handing_over_in_working_days(outreach: Outreach) -> None:
    (ada,) = outreach.start({})
    set_step(outreach, 3, after_days=5, until_days=7, working_days=True)
    outreach.send()
    outreach.moved(dt.datetime(2026, 12, 22, 10))  # noqa: DTZ001 - as the time in Kent
    batch_id = outreach.send(2)
    outreach.moved(dt.datetime(2026, 12, 23, 10))  # noqa: DTZ001
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{batch_id}/hand-over")
    assert places(outreach)[ada].on == dt.date(2027, 1, 4)
    outreach.moved(dt.datetime(2027, 1, 6, 10))  # noqa: DTZ001
    assert counts(outreach)[3] == turns.Counts(due=1)
    outreach.moved(dt.datetime(2027, 1, 7, 10))  # noqa: DTZ001
    assert counts(outreach)[3] == turns.Counts(due=1, late=1)


def test_whoever_is_late_is_counted_in_the_batch(outreach: Outreach) -> None:
    outreach.start({}, {})
    set_step(outreach, 2, until_days=8)
    outreach.send()
    outreach.moved(MONDAY + dt.timedelta(days=10))
    assert manifest(outreach, outreach.build(2))["late"] == 2


def test_no_more_than_so_many_a_day_and_the_others_on_the_next(outreach: Outreach) -> None:
    ada, ben, cleo, dora, ed = outreach.start({}, {}, NO_PHONE, {}, {})
    set_step(outreach, 1, per_day=2)
    assert counts(outreach)[1] == turns.Counts(due=2, held_back=1, later=2)
    first = outreach.send()
    assert {number for number, (state, _) in outreach.states(first).items() if state == "sent"} == {ada, ben}
    assert outreach.states(first)[cleo][0] == HELD
    assert manifest(outreach, first)["left"] == 2
    answer = outreach.client_of("cora").sent(f"{outreach.page}/build", position=1)
    assert "Nobody is due for “Text” today" in answer.text
    outreach.moved(MONDAY + dt.timedelta(days=1))
    assert outreach.states(outreach.send()) == {dora: ("sent", None), ed: ("sent", None)}


def test_what_was_built_yesterday_and_is_sent_today_counts_for_today(outreach: Outreach) -> None:
    outreach.start({}, {}, {})
    set_step(outreach, 1, per_day=2)
    batch_id = outreach.build()
    outreach.moved(MONDAY + dt.timedelta(days=1))
    outreach.approve(batch_id)
    outreach.work()
    assert len(outreach.captured()) == 2
    assert counts(outreach)[1] == turns.Counts(due=0, later=1)
    outreach.moved(MONDAY + dt.timedelta(days=2))
    assert counts(outreach)[1] == turns.Counts(due=1)


def reached(participant_id: int, moment: dt.datetime) -> None:
    """Their text went out at that moment."""
    own = (Contact.participant_id == participant_id) & (Contact.state == "sent")
    db.session.execute(update(Contact).where(own).values(sent_at=moment))


def test_who_has_waited_the_longest_goes_first(outreach: Outreach) -> None:
    ada, ben = outreach.start({}, NO_PHONE)
    outreach.send()
    outreach.change(lambda: change_person(ben, mobile="07700900777"))
    outreach.moved(MONDAY + dt.timedelta(days=1))
    outreach.send()
    set_step(outreach, 2, per_day=1)
    outreach.change(lambda: reached(ada, clock.now()))
    outreach.change(lambda: reached(ben, clock.now() - dt.timedelta(days=1)))
    outreach.moved(MONDAY + dt.timedelta(days=9))
    assert set(outreach.states(outreach.build(2))) == {ben}


def test_a_step_goes_out_on_its_own_days_and_in_its_own_hours(outreach: Outreach) -> None:
    outreach.start({})
    set_step(outreach, 1, weekdays=[2, 3], opens=dt.time(14), closes=dt.time(16))
    outreach.send()
    assert outreach.captured() == []
    for moment in (MONDAY.replace(day=4, hour=13, minute=59), MONDAY.replace(day=4, hour=14)):
        outreach.moved(moment)
        outreach.work()
        assert len(outreach.captured()) == (moment.hour == 14)


# What people asked for, and what suits them


def facts(participant_id: int) -> Any:
    """What is known of a participant, which is the same however many are asked for."""
    one = known_of([participant_id])[participant_id].facts
    assert candidates_of([participant_id])[participant_id].facts == one
    return one


def test_what_somebody_asked_for_stands_before_what_the_list_says(outreach: Outreach) -> None:
    (ada,) = outreach.start({"language": "en", "information_format": "Braille", "interpreter": False})

    def work() -> None:
        found = facts(ada)
        assert (found.language, found.information_format) == ("en", "Braille")
        assert (found.interpreter, found.advocate) == (False, False)
        for kind, value in (("language", "pl"), ("format", "Large print"), ("interpreter", ""),
                            ("someone to speak for me", "")):  # fmt: skip
            needs.note(person_of(ada), kind, value, source="phone", entered_by="Cora")
        found = facts(ada)
        assert (found.language, found.information_format) == ("pl", "Large print")
        assert (found.interpreter, found.advocate) == (True, True)

    outreach.change(work)
    assert outreach.states(outreach.build()) == {ada: ("waiting", None)}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("11", "Large print"), ("12", "Braille"), ("13", "Audio tape"), ("Easy read", "Easy read"), ("", "")],
)
def test_a_format_is_known_by_its_code_too(outreach: Outreach, written: str, meant: str) -> None:
    (ada,) = outreach.start({"information_format": written})
    with outreach.acting("dover-town"):
        assert facts(ada).information_format == meant


def test_each_person_is_given_the_member_of_the_family_that_suits_them(outreach: Outreach) -> None:
    ada, ben, cleo = outreach.start({}, {"information_format": "Large print"}, {"language": "pl"})
    longer = TEXT + " " + "x" * 200
    outreach.change(
        lambda: make(LibraryItem, kind="text", name="Our text", body=longer, state="approved",
                     format="large print", language="en")
    )  # fmt: skip
    batch_id = outreach.build()
    with outreach.acting("dover-town"):
        large = db.session.scalars(select(LibraryItem.id).where(LibraryItem.format == "large print")).one()
        wanted = select(Contact.participant_id, Contact.template_id).where(Contact.batch_id == batch_id)
        assert {number: given for number, given in db.session.execute(wanted)} == {
            ada: None,
            ben: large,
            cleo: None,
        }
    assert manifest(outreach, batch_id)["units"] == 1 + 1 + 3
    assert manifest(outreach, batch_id)["most_parts"] == 3


def test_a_bad_number_and_address_are_left_out_of_the_facts_of_one_and_of_many(outreach: Outreach) -> None:
    (ada,) = outreach.start({"home_phone": "01304 555 111", "email": "ada@example.test"})
    given = {"why": "does not work", "source": "a call"}

    def work() -> None:
        address = f"{'Ada Example'}, 1 High Street, Dover, CT16 1AA"
        for kind, value in (("mobile", "07700900100"), ("home phone", "01304555111"),
                            ("email", "ada@example.test"), ("address", address)):  # fmt: skip
            bad_addresses.mark(person_of(ada), kind, value, **given)
        found = facts(ada)
        assert (found.mobile, found.home_phone, found.email) == ("", "", "")
        assert not found.address_complete

    outreach.change(work)


AGES = {"kind": "age", "from": 40, "to": 69}


@pytest.mark.parametrize(
    ("rules", "today", "is_of_age"),
    [
        ([AGES], dt.date(2026, 11, 2), True),
        ([AGES], dt.date(2026, 11, 3), False),
        ([AGES, {"kind": "age", "from": 30, "to": 65}], dt.date(2026, 11, 2), False),
        ([AGES | {"from": 70, "to": 80}], dt.date(2026, 11, 2), False),
        ([AGES | {"from": 70, "to": 80}], dt.date(2026, 11, 3), True),
        ([{"kind": "any of", "rules": [AGES]}], dt.date(2026, 11, 3), True),
        ([], dt.date(2026, 11, 3), True),
    ],
)
def test_the_age_is_that_of_the_day_within_what_the_whole_cohort_must_meet(
    outreach: Outreach, rules: list[dict[str, Any]], today: dt.date, is_of_age: bool
) -> None:
    (ada,) = outreach.start({"born": dt.date(1956, 11, 3)})
    frozen = {"programme_id": outreach.programme_id, "state": "frozen", "definition": {"rules": rules}}
    outreach.change(lambda: make(Cohort, screened_first=False, **frozen))
    outreach.moved(dt.datetime.combine(today, dt.time(10)))
    with outreach.acting("dover-town"):
        assert facts(ada).of_age is is_of_age


@pytest.mark.parametrize("missing", ["house", "street", "postcode"])
def test_an_address_that_lacks_something_is_not_complete(outreach: Outreach, missing: str) -> None:
    (ada,) = outreach.start({missing: ""})
    with outreach.acting("dover-town"):
        assert not facts(ada).address_complete
