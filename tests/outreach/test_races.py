"""Two who act at the same moment, with real commits: each person once, and what is said holds at once."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock, outbox
from app.outbox import Outbox
from app.outreach import accounts, choices, delivery, marking
from app.outreach.gateway_models import DeliveryReport
from app.outreach.gateways import Captured, Message
from app.outreach.models import Batch, Contact
from app.outreach.notify import Notify
from app.people.models import Person
from app.programmes.models import Participant
from tenants.db import db
from tests import world as worlds
from tests.conftest import block, signed_in_client
from tests.outreach import seeding
from tests.outreach.conftest import BASE, TEMPLATE
from tests.programmes.people import SETUP, programme
from tests.rows import make
from tests.stand_in.notify import API_KEY, BEARER, OTHER_KEY, OTHER_SERVICE, Served, served
from tests.world import World

MONDAY = seeding.MONDAY.replace(tzinfo=clock.LONDON).astimezone(dt.UTC)
A_MINUTE = dt.timedelta(minutes=1)
LONG_ENOUGH = 0.5  # seconds for a worker to come to where it waits; were it later, the outcome is the same


class Killed(BaseException):
    """The worker is gone."""


def elsewhere(work: Callable[[], Any]) -> Any:
    """What `work` returns, done by somebody else: in a thread that knows nothing of who acts here."""
    with ThreadPoolExecutor(1) as somebody:
        return somebody.submit(work).result(60)


class Racing:
    """A programme of texts in a database with real commits, and workers that are threads."""

    def __init__(self, app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app, self.world, self.monkeypatch = app, world, monkeypatch
        self.now = MONDAY
        monkeypatch.setattr(clock, "now", lambda: self.now)
        with app.app_context():
            worlds.stay_signed_in(world)

    def as_pcn(self, work: Callable[[], Any]) -> Any:
        """Do something as Dover Town in a transaction of its own, committed."""

        def alone() -> Any:
            with block(self.app, self.world, "dover-town", None, False):
                done = work()
                db.session.commit()
                return done

        return elsewhere(alone)

    def approved(self, people: int) -> int:
        """An approved batch of texts to so many people; its id."""
        rows = [{} for _ in range(people)]
        started = self.as_pcn(lambda: seeding.started(self.world, rows))
        return self.batch_of(started[0])

    def batch_of(self, programme_id: int) -> int:
        """A batch of everybody in the programme, approved; its id."""
        page = f"{BASE}/programmes/{programme_id}/outreach/build"
        answer = signed_in_client(self.app, self.world, "cora").post(page, data={"position": 1})
        batch_id = int(answer.location.rsplit("/", 1)[1])
        approved = {"state": "approved", "approved_at": clock.now()}
        self.as_pcn(lambda: db.session.execute(update(Batch).where(Batch.id == batch_id).values(**approved)))
        return batch_id

    def leave(self, batch_id: int, key: str) -> int:
        """Leave the batch to be sent; the id of that work."""
        given = {"batch_id": batch_id}
        self.as_pcn(lambda: outbox.leave("outreach.send", "Send", given, key=key))
        wanted = select(Outbox.id).where(Outbox.dedup_key == key)
        return int(self.as_pcn(lambda: db.session.scalar(wanted)))

    def run(self, number: int) -> str:
        """One run of a piece of work, as a worker does it; what came of it."""
        with self.app.app_context():
            return outbox.run(self.world.organisations["dover-town"], number)

    def worker(self, number: int) -> threading.Thread:
        """A worker that has begun one run of a piece of work."""
        thread = threading.Thread(target=self.run, args=(number,), daemon=True)
        thread.start()
        return thread

    def contacts(self) -> list[Contact]:
        """Every contact."""
        wanted = select(Contact).order_by(Contact.id)
        return list(self.as_pcn(lambda: db.session.scalars(wanted).all()))

    def on_each_send(self, also: Callable[[Message], None]) -> list[str]:
        """Do something right after each message was taken; the references as they are taken."""
        taken, send = [], Captured.send

        def and_more(gateway: Captured, message: Message) -> str:
            taken.append(message.reference)
            kept = send(gateway, message)
            also(message)
            return kept

        self.monkeypatch.setattr(Captured, "send", and_more)
        return taken


@pytest.fixture
def racing(live: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> Racing:
    """A database of its own on a Monday morning."""
    return Racing(live, world, monkeypatch)


def test_a_worker_that_wakes_up_after_another_took_over_sends_nothing(racing: Racing) -> None:
    batch_id = racing.approved(2)
    first, second = racing.leave(batch_id, "first"), racing.leave(batch_id, "second")
    stalled, wake = threading.Event(), threading.Event()
    still_mine = marking.still_mine

    def stall(marked: marking.Marked) -> list[Contact]:
        if threading.current_thread() is sleeper:
            stalled.set()
            wake.wait(30)
        return still_mine(marked)

    def die_on_the_last(message: Message) -> None:
        if len(taken) == 2:
            raise Killed

    racing.monkeypatch.setattr(marking, "still_mine", stall)
    taken = racing.on_each_send(die_on_the_last)
    sleeper = threading.Thread(target=racing.run, args=(first,), daemon=True)
    sleeper.start()
    assert stalled.wait(30), "the first worker never marked anything"
    racing.now += A_MINUTE
    with pytest.raises(Killed):
        racing.run(second)
    assert [contact.state for contact in racing.contacts()] == ["sending", "sending"]
    wake.set()
    sleeper.join(30)
    assert sorted(taken) == sorted(contact.reference for contact in racing.contacts())
    racing.now += A_MINUTE
    racing.run(second)
    assert [contact.state for contact in racing.contacts()] == ["sent", "sent"]
    assert len(taken) == 2


def test_what_was_just_marked_is_left_alone_until_the_gateway_can_be_asked(racing: Racing) -> None:
    batch_id = racing.approved(1)
    number = racing.leave(batch_id, "only")
    taken = racing.on_each_send(lambda message: None)
    with block(racing.app, racing.world, "dover-town", None, False):
        assert len(marking.mark_next(batch_id, "text").ids) == 1
    racing.now += dt.timedelta(seconds=39)
    racing.run(number)
    assert taken == []
    racing.now += A_MINUTE
    racing.run(number)
    assert len(taken) == 1


def test_two_workers_on_one_batch_send_to_each_person_once(racing: Racing) -> None:
    racing.monkeypatch.setattr(marking, "CHUNK", 2)
    batch_id = racing.approved(6)
    together = threading.Barrier(2)

    def wait_for_the_other(message: Message) -> None:
        if len(taken) <= 2:
            together.wait(30)

    taken = racing.on_each_send(wait_for_the_other)
    workers = [racing.worker(racing.leave(batch_id, f"lane {lane}")) for lane in range(2)]
    for each in workers:
        each.join(30)
    assert len(taken) == 4, "each has sent one chunk"
    while {contact.state for contact in racing.contacts()} != {"sent"}:
        racing.now += A_MINUTE
        racing.run(racing.leave(batch_id, f"on at {racing.now}"))
    assert sorted(taken) == sorted(contact.reference for contact in racing.contacts())


def test_two_programmes_do_not_both_write_to_a_person_at_the_same_moment(racing: Racing) -> None:
    here = racing.approved(1)
    there = racing.batch_of(racing.as_pcn(_another_programme))
    first, second = racing.leave(here, "here"), racing.leave(there, "there")
    other = [second]
    taken = racing.on_each_send(lambda message: [elsewhere(lambda: racing.run(other.pop())) for _ in other])
    racing.run(first)
    assert len(taken) == 1, "both programmes wrote"
    racing.now += A_MINUTE
    racing.run(second)
    assert len(taken) == 1
    found = [(contact.state, contact.reason) for contact in racing.contacts()]
    assert found == [("sent", None), ("held back", "contacted lately by another programme")]


def _another_programme() -> int:
    """A live programme with the same people; its id."""
    from app.cohorts.models import Release

    made = programme(name="Another", state="live", setup=SETUP | {"steps": seeding.STEPS})
    for one in list(db.session.scalars(select(Participant))):
        make(
            Participant, programme_id=made.id, person_id=one.person_id, practice_id=one.practice_id,
            status="identified", status_since=clock.now(),
        )  # fmt: skip
        make(
            Release,
            programme_id=made.id,
            practice_id=one.practice_id,
            released_by="R",
            released_at=clock.now(),
        )
    return int(made.id)


def _say_no(racing: Racing, contact: Contact, what: str) -> None:
    given = {"source": "a call", "entered_by": "Lena"}
    if what == "opted out of the programme":
        programme_id = db.session.scalar(select(Batch.programme_id)) or 0
        choices.opt_out(contact.person_id, programme_id, **given)
    else:
        choices.never_contact(contact.person_id, **given)


def test_who_texts_stop_while_the_batch_goes_out_gets_nothing_after_it(
    racing: Racing, notify: Served
) -> None:
    batch_id = racing.approved(3)
    last, send = racing.contacts()[-1], Notify.send
    path = f"/callbacks/{racing.world.organisations['dover-town']}/texts"
    text = {"id": "a text", "source_number": last.recipient, "message": "STOP", "date_received": ""}

    def stop_now(gateway: Notify, message: Message) -> str:
        client = signed_in_client(racing.app, racing.world, None)
        headers = {"Authorization": f"Bearer {BEARER}"}
        assert elsewhere(lambda: client.post(path, json=text, headers=headers).status_code) == 204
        return send(gateway, message)

    racing.monkeypatch.setattr(Notify, "send", stop_now)
    racing.run(racing.leave(batch_id, "only"))
    assert [contact.state for contact in racing.contacts()] == ["sent", "sent", "held back"]
    assert last.reference not in [message["reference"] for message in notify.accepted()]


@pytest.mark.parametrize("what", ["opted out of the programme", "asked not to be contacted"])
def test_who_says_no_while_the_batch_goes_out_gets_nothing_after_it(racing: Racing, what: str) -> None:
    batch_id = racing.approved(3)
    last = racing.contacts()[-1]

    def say_no(message: Message) -> None:
        if len(taken) == 1:
            racing.as_pcn(lambda: _say_no(racing, last, what))

    taken = racing.on_each_send(say_no)
    assert racing.run(racing.leave(batch_id, "only")) == "later"
    found = [(contact.state, contact.reason) for contact in racing.contacts()]
    assert found == [("sent", None), ("sent", None), ("held back", what)]
    assert last.reference not in taken


@pytest.mark.parametrize(("state", "then"), [("cancelled", "cancelled"), ("paused", "waiting")])
def test_a_batch_stopped_while_it_goes_out_sends_nothing_after_it(
    racing: Racing, state: str, then: str
) -> None:
    batch_id = racing.approved(3)
    number = racing.leave(batch_id, "only")
    stop = update(Batch).where(Batch.id == batch_id).values(state=state)

    def stop_now(message: Message) -> None:
        racing.as_pcn(lambda: db.session.execute(stop))

    taken = racing.on_each_send(stop_now)
    assert racing.run(number) == "later"
    assert racing.run(number) == "done"
    assert len(taken) == 1
    assert [contact.state for contact in racing.contacts()] == ["sent", then, then]


def test_a_contact_template_of_its_own_is_what_is_sent(racing: Racing) -> None:
    from app.library.models import LibraryItem

    batch_id = racing.approved(2)

    def give_own() -> None:
        own = make(
            LibraryItem, kind="text", name="Our text", body="Dzień dobry ((first name))", language="pl"
        )
        last = racing_last
        db.session.execute(update(Contact).where(Contact.id == last.id).values(template_id=own.id))
        db.session.execute(update(Person).where(Person.id == last.person_id).values(language="pl"))

    racing_last = racing.contacts()[-1]
    racing.as_pcn(give_own)
    racing.run(racing.leave(batch_id, "only"))
    bodies = [contact.body for contact in racing.contacts()]
    assert bodies[0].startswith("Ada, this is Dover Town PCN")
    assert bodies[1] == "Dzień dobry Ada"


@pytest.fixture
def notify(racing: Racing) -> Iterator[Served]:
    """The PCN's texts go by the stand-in."""
    with served() as found:
        racing.monkeypatch.setitem(racing.app.config, "NOTIFY_URL", found.url)
        given = {"key": API_KEY, "template": TEMPLATE, "callback": BEARER, "per_minute": 3000}
        racing.as_pcn(lambda: accounts.connect("text", **given))
        yield found


def test_a_callback_that_comes_before_the_send_has_returned_is_kept_and_takes_effect(
    racing: Racing, notify: Served
) -> None:
    batch_id = racing.approved(1)
    number = racing.leave(batch_id, "only")
    send, said = Notify.send, []

    def tell_at_once(gateway: Notify, message: Message) -> str:
        taken = send(gateway, message)
        told = {"reference": message.reference, "status": "permanent-failure"}
        path = f"/callbacks/{racing.world.organisations['dover-town']}/notify"
        headers = {"Authorization": f"Bearer {BEARER}"}
        client = signed_in_client(racing.app, racing.world, None)
        said.append(elsewhere(lambda: client.post(path, json=told, headers=headers).status_code))
        said.append(racing.as_pcn(lambda: delivery.take_in(_only_contact())))
        return taken

    racing.monkeypatch.setattr(Notify, "send", tell_at_once)
    assert racing.run(number) == "later"
    assert said == [204, False], "the callback waited for the send, or was taken in before it"
    assert [contact.state for contact in racing.contacts()] == ["sent"]
    racing.now += A_MINUTE
    seeding.work(racing.app, racing.world)
    (contact,) = racing.contacts()
    assert (contact.state, contact.delivery) == ("failed", "permanent failure")
    assert contact.provider_id == notify.accepted()[0]["id"]
    assert len(racing.as_pcn(lambda: db.session.scalars(select(DeliveryReport)).all())) == 1


def _only_contact() -> int:
    return db.session.scalars(select(Contact.id)).one()


def test_nobody_is_given_to_a_service_that_is_being_left_at_that_moment(
    racing: Racing, notify: Served
) -> None:
    batch_id = racing.approved(1)
    racing.as_pcn(lambda: db.session.execute(update(Batch).values(state="paused")))
    number, connect, workers = racing.leave(batch_id, "only"), accounts.connect, []

    def resumed_meanwhile(*given: Any, **told: Any) -> None:
        racing.as_pcn(lambda: db.session.execute(update(Batch).values(state="sending")))
        workers.append(racing.worker(number))
        workers[0].join(LONG_ENOUGH)
        connect(*given, **told)

    racing.monkeypatch.setattr(accounts, "connect", resumed_meanwhile)
    notify.misbehave(cut_off=1)
    given = {"key": OTHER_KEY, "template": TEMPLATE, "callback": BEARER, "per_minute": "3000"}
    client = signed_in_client(racing.app, racing.world, "mandy")
    said = client.post(f"{BASE}/settings/gateways/text", data=given)
    assert said.status_code == 303
    workers[0].join(60)
    for _ in range(3):
        racing.now += A_MINUTE
        seeding.work(racing.app, racing.world)
    assert [contact.state for contact in racing.contacts()] == ["sent"]
    assert [each["service"] for each in notify.accepted()] == [OTHER_SERVICE]
