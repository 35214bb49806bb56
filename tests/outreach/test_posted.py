"""Letters that GOV.UK Notify prints, against the stand-in, which reads each PDF as Notify does."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from app import clock
from app.library.models import LibraryItem
from app.outreach import accounts, needs
from app.outreach.models import Contact, LetterPart
from app.people.models import Person
from app.programmes.models import Participant, Programme
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.conftest import BASE, GATEWAYS, Outreach
from tests.outreach.test_letters import PEOPLE
from tests.rows import make
from tests.stand_in.notify import API_KEY, BEARER, Served

SUNDAY = seeding.MONDAY + dt.timedelta(days=13)


@pytest.fixture
def due(outreach: Outreach, notify: Served) -> Outreach:
    """Three people whose letter is due, in a PCN whose letters go by the stand-in."""
    outreach.start(*PEOPLE)
    outreach.send()
    outreach.moved(seeding.MONDAY + dt.timedelta(days=7))
    given = {"key": API_KEY, "callback": BEARER, "per_minute": "3000"}
    connected = outreach.client_of("mandy").post(f"{GATEWAYS}/letter", data=given)
    assert connected.status_code == 303
    return outreach


def _rows(outreach: Outreach, batch_id: int) -> list[Contact]:
    with outreach.acting("dover-town"):
        wanted = select(Contact).where(Contact.batch_id == batch_id).order_by(Contact.id)
        return list(db.session.scalars(wanted))


def test_each_letter_goes_once_and_can_be_printed(due: Outreach, notify: Served) -> None:
    batch_id = due.send(2)
    rows, taken = _rows(due, batch_id), notify.accepted()
    assert [row.state for row in rows] == ["sent"] * 3
    assert sorted(row.reference for row in rows) == sorted(each["reference"] for each in taken)
    assert [each["fault"] for each in taken] == ["", "", ""]
    assert {each["notification_type"] for each in taken} == {"letter"}
    assert due.batch_state(batch_id) == "done"
    with due.acting("dover-town"):
        assert list(db.session.scalars(select(LetterPart))) == []


def test_a_posted_letter_can_be_read_as_a_page_without_its_link(due: Outreach, notify: Served) -> None:
    ada = _rows(due, due.send(2))[0]
    page = due.client_of("cora").get(f"{BASE}/outreach/letters/{ada.id}").text
    assert "Dear Ada Łukaszewicz" in page
    assert "Given to GOV.UK Notify to be printed" in page
    assert "/r/…" in page


def test_a_posted_batch_says_who_prints_and_shows_how_far_it_is(due: Outreach, notify: Served) -> None:
    batch_id = due.build(2)
    page = due.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}").text
    assert "GOV.UK Notify prints and posts" in page
    due.approve(batch_id)
    page = due.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}").text
    assert "0 of 3 sent" in page
    assert "Pause sending" in page
    due.work()
    page = due.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}").text
    assert "For the printer" not in page


@pytest.mark.parametrize(
    ("fault", "says"),
    [("invalid", "GOV.UK Notify could not print the letter"), ("virus", "it found what may be a virus")],
)
def test_a_letter_that_cannot_be_printed_has_failed_and_the_call_is_due(
    due: Outreach, notify: Served, fault: str, says: str
) -> None:
    notify.misbehave(**{fault: 1})
    batch_id = due.send(2)
    due.later(hours=2)
    ended = sorted(_rows(due, batch_id), key=lambda row: row.state)
    assert [row.state for row in ended] == ["failed", "sent", "sent"]
    assert says in (ended[0].reason or "")
    assert {row.delivery for row in ended[1:]} == {"delivered"}
    assert set(due.states(due.build(3))) == {ended[0].participant_id}


def test_a_letter_that_notify_has_not_printed_yet_is_asked_about_again(due: Outreach, notify: Served) -> None:
    batch_id = due.send(2)
    first = notify.accepted()[0]["id"]
    notify.arrive(first, "accepted")
    due.later(hours=2)
    states = {row.provider_id: row.delivery for row in _rows(due, batch_id)}
    assert states.pop(first) == "on its way"
    assert set(states.values()) == {"delivered"}
    # The stand-in tells the real time of day; what was heard must not lie in this test's future.
    due.change(lambda: db.session.execute(update(Contact).values(delivery_at=clock.now())))
    notify.arrive(first, "received")
    due.later(hours=3)
    assert {row.delivery for row in _rows(due, batch_id)} == {"delivered"}


def test_letters_need_no_hours_and_no_working_day(due: Outreach, notify: Served) -> None:
    batch_id = due.build(2)
    due.moved(SUNDAY)
    due.approve(batch_id)
    due.work()
    assert len(notify.accepted()) == 3


def test_a_letter_that_was_cut_off_is_not_posted_twice(due: Outreach, notify: Served) -> None:
    notify.misbehave(cut_off=1)
    batch_id = due.send(2)
    for _ in range(3):
        due.later(hours=1)
    assert due.batch_state(batch_id) == "done"
    assert len({each["reference"] for each in notify.accepted()}) == len(notify.accepted()) == 3


@pytest.mark.parametrize("died", [False, True], ids=["answer lost", "worker died"])
def test_a_letter_that_is_found_at_notify_can_be_read_all_the_same(
    due: Outreach, notify: Served, *, died: bool
) -> None:
    notify.misbehave(cut_off=3)
    batch_id = due.send(2)
    if died:
        due.change(lambda: db.session.execute(update(Contact).values(body="")))
    due.later(hours=1)
    rows = _rows(due, batch_id)
    assert [row.state for row in rows] == ["sent"] * 3
    assert len(notify.accepted()) == 3
    page = due.client_of("cora").get(f"{BASE}/outreach/letters/{rows[0].id}").text
    assert "Dear Ada Łukaszewicz" in page
    assert "/r/…" in page


@pytest.mark.parametrize(
    ("asked", "says"),
    [(("language", "pl"), "Dzień dobry Ada Łukaszewicz"), (("format", "Large print"), 'class="large"')],
)
def test_who_asks_for_another_letter_after_the_batch_was_built_gets_that(
    due: Outreach, notify: Served, asked: tuple[str, str], says: str
) -> None:
    body = "# Chcemy pomóc\n\nDzień dobry ((full name))\n\n((reply link))"
    polish = {"language": "pl", "body": body, "state": "approved", "approved_by": "Clara"}
    due.change(lambda: make(LibraryItem, kind="letter", name="Our letter", **polish))
    batch_id = due.build(2)
    due.approve(batch_id)
    by = {"source": "by phone", "entered_by": "Cora"}
    ada, _, cleo = _rows(due, batch_id)
    due.change(lambda: needs.note(ada.person_id, *asked, **by))
    due.work()
    bodies = {row.id: row.body for row in _rows(due, batch_id)}
    assert (says in bodies[ada.id], says in bodies[cleo.id]) == (True, False)
    assert len(notify.accepted()) == 3
    page = due.client_of("cora").get(f"{BASE}/outreach/letters/{ada.id}").text
    assert ("Dzień dobry" in page) == (asked[0] == "language")


def test_what_never_came_to_notify_is_not_kept_of_somebody_held_back(due: Outreach, notify: Served) -> None:
    notify.misbehave(break_down=3)
    batch_id = due.send(2)
    assert [row.state for row in _rows(due, batch_id)] == ["sending"] * 3
    due.change(lambda: db.session.execute(update(Person).values(died_on=clock.today())))
    due.later(hours=1)
    assert [(row.state, row.body) for row in _rows(due, batch_id)] == [("held back", "")] * 3
    assert notify.accepted() == []


def test_a_batch_keeps_to_the_printer_that_it_was_approved_for(due: Outreach, notify: Served) -> None:
    due.change(lambda: accounts.disconnect("letter"))
    printed = due.build(2)
    due.approve(printed)
    given = {"key": API_KEY, "template": "", "callback": BEARER, "per_minute": 3000}
    due.change(lambda: accounts.connect("letter", **given))
    due.work()
    assert notify.accepted() == []
    assert "For the printer" in due.client_of("cora").get(f"{BASE}/outreach/batches/{printed}").text


def test_a_posted_batch_pauses_when_letters_are_disconnected_and_nobody_is_said_to_have_one(
    due: Outreach, notify: Served
) -> None:
    batch_id = due.build(2)
    due.approve(batch_id)
    due.change(lambda: accounts.disconnect("letter"))
    due.work()
    assert due.batch_state(batch_id) == "paused"
    assert {row.state for row in _rows(due, batch_id)} == {"waiting"}
    assert len(due.captured()) == 2  # the texts before
    page = due.client_of("clara").get(f"{BASE}/outreach/batches/{batch_id}").text
    assert "Connect letters" in page


def test_a_paused_posted_batch_goes_on_being_posted(due: Outreach, notify: Served) -> None:
    batch_id = due.build(2)
    due.approve(batch_id)
    due.client_of("cora").post(f"{BASE}/outreach/batches/{batch_id}/pause")
    due.work()
    assert notify.accepted() == []
    due.client_of("clara").post(f"{BASE}/outreach/batches/{batch_id}/resume")
    due.work()
    assert len(notify.accepted()) == 3


def test_nobody_gets_a_letter_while_the_programme_is_paused(due: Outreach, notify: Served) -> None:
    batch_id = due.build(2)
    due.approve(batch_id)
    due.change(lambda: db.session.execute(update(Programme).values(state="paused")))
    due.work()
    assert notify.accepted() == []
    assert {state for state, _ in due.states(batch_id).values()} == {"waiting"}
    with due.acting("dover-town"):
        assert db.session.scalar(select(Participant.status).limit(1)) is not None
