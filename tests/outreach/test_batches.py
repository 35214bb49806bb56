"""Building, approving and sending a batch: nobody wrongly, nobody twice, nobody lost."""

import datetime as dt
import re
import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app import clock, outbox
from app.library.models import LibraryItem
from app.outreach import building, choices, jobs
from app.outreach.facts import everyone_in
from app.outreach.gateway_models import CapturedMessage
from app.outreach.gateways import Captured, Message, Refused
from app.outreach.models import Batch, Contact, Step
from app.outreach.sequence import Place, Where
from app.people.models import Person
from app.programmes.models import Participant, Programme
from tenants import scope
from tenants.db import db
from tenants.models import PcnSettings
from tests import world as worlds
from tests.conftest import block, signed_in_client
from tests.outreach import approving, seeding
from tests.outreach.conftest import BASE, Outreach
from tests.world import World

TUESDAY = seeding.MONDAY + dt.timedelta(days=1)
FOUR = [{}, {"mobile": "none"}, {"information_format": "Braille"}, {"given_name": "Maximiliane-Charlotte"}]


def _person_of(participant_id: int, **values: Any) -> None:
    whose = select(Participant.person_id).where(Participant.id == participant_id).scalar_subquery()
    db.session.execute(update(Person).where(Person.id == whose).values(**values))


def test_a_batch_holds_everybody_with_the_reason_they_are_held_back(outreach: Outreach) -> None:
    ada, ben, cleo, dora = outreach.start(*FOUR)
    found = outreach.states(outreach.build())
    assert found == {
        ada: ("waiting", None),
        ben: ("held back", "no usable mobile number"),
        cleo: ("held back", "needs a format that cannot be sent this way"),
        dora: ("waiting", None),
    }


def test_who_is_missing_from_the_latest_list_is_held_back_and_asked_once_a_list_has_them_again(
    outreach: Outreach,
) -> None:
    ada, ben = outreach.start({}, {})
    outreach.change(lambda: _person_of(ada, missing_since=seeding.MONDAY.date()))
    first = outreach.send()
    assert outreach.states(first)[ada] == ("held back", "not in the practice's latest list")
    assert len(outreach.captured()) == 1
    outreach.change(lambda: _person_of(ada, missing_since=None))
    second = outreach.send()
    assert outreach.states(second) == {ada: ("sent", None)}
    assert outreach.states(first)[ben] == ("sent", None)


def test_who_goes_missing_after_the_batch_was_built_is_not_written_to(outreach: Outreach) -> None:
    ada, ben = outreach.start({}, {})
    batch_id = outreach.build()
    outreach.change(lambda: _person_of(ada, missing_since=seeding.MONDAY.date()))
    outreach.approve(batch_id)
    outreach.work()
    found = outreach.states(batch_id)
    assert found[ada] == ("held back", "not in the practice's latest list")
    assert found[ben] == ("sent", None)


def test_the_page_of_a_batch_shows_counts_reasons_samples_and_price(outreach: Outreach) -> None:
    outreach.start(*FOUR)
    batch_id = outreach.build()
    page = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}")
    assert "No usable mobile number" in page.text
    assert "Maximiliane-Charlotte, this is Dover Town PCN" in page.text
    assert "2 parts in all, £0.05 without VAT (2.5p a person), at 2.4p" in page.text
    only = outreach.client_of("cora").get(
        f"{BASE}/outreach/batches/{batch_id}?state=held+back&reason=no+usable+mobile+number"
    )
    assert only.text.count("Held back: no usable mobile number") == 1


def test_a_manager_sees_pseudonyms_and_no_names(outreach: Outreach) -> None:
    outreach.start(*FOUR)
    page = outreach.client_of("mandy").get(f"{BASE}/outreach/batches/{outreach.build()}")
    assert "P-008000" in page.text
    assert "Maximiliane" not in page.text
    assert "Ada" not in page.text


def test_building_twice_shows_the_batch_that_is_open(outreach: Outreach) -> None:
    outreach.start({}, {})
    assert outreach.build() == outreach.build()
    with outreach.acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 2


def test_people_of_a_practice_that_has_not_released_them_are_in_no_batch(outreach: Outreach) -> None:
    outreach.start({}, released=False)
    page = outreach.client_of("cora").get(outreach.page)
    assert "1 person of 1 cannot be contacted yet" in page.text
    assert "Nobody is due now" in page.text


def test_a_step_whose_template_is_not_approved_says_so(outreach: Outreach) -> None:
    outreach.start({})
    from app.library.models import LibraryItem

    outreach.change(lambda: db.session.execute(update(LibraryItem).values(state="retired")))
    page = outreach.client_of("cora").get(outreach.page)
    assert "Approve “Our text” in" in page.text
    assert "&lt;" not in page.text
    answer = outreach.client_of("cora").sent(f"{outreach.page}/build", position=1)
    assert "Approve the template “Our text” in the library first." in answer.text


@pytest.mark.parametrize("missing", ["phone", "address", "privacy_url"])
def test_nothing_is_built_before_the_pcn_says_who_writes(outreach: Outreach, missing: str) -> None:
    outreach.start({})
    outreach.change(lambda: db.session.execute(update(PcnSettings).values({missing: ""})))
    answer = outreach.client_of("cora").sent(f"{outreach.page}/build", position=1)
    assert "Add your phone number, address and privacy page in Settings first" in answer.text
    with outreach.acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(Batch)) == 0


def test_who_built_a_batch_may_not_approve_it(outreach: Outreach) -> None:
    outreach.start({})
    batch_id = outreach.build(who="mandy")
    assert "You cannot approve your own batch" in outreach.approve(batch_id, "mandy").text
    assert outreach.batch_state(batch_id) == "built"
    assert outreach.approve(batch_id, "max").status_code == 303
    assert outreach.batch_state(batch_id) == "approved"


def test_the_approval_page_makes_people_stop_and_read(outreach: Outreach) -> None:
    outreach.start(*FOUR)
    page = outreach.client_of("clara").get(f"{BASE}/outreach/batches/{outreach.build()}/approve")
    assert "Send 2 texts now?" in page.text
    assert "2 people are held back" in page.text


def test_a_second_approval_is_told_who_was_first(outreach: Outreach) -> None:
    outreach.start({})
    batch_id = outreach.build()
    outreach.approve(batch_id, "clara")
    said = outreach.client_of("max").sent(f"{BASE}/outreach/batches/{batch_id}/approve")
    assert "Clara has approved this batch already. Nothing was done twice." in said.text


def test_a_coordinator_may_not_approve_and_a_neighbour_finds_nothing(outreach: Outreach) -> None:
    outreach.start({})
    batch_id = outreach.build()
    assert outreach.approve(batch_id, "cora").status_code == 403
    assert outreach.approve(batch_id, "mo").status_code == 404
    assert outreach.batch_state(batch_id) == "built"


def test_an_approved_batch_is_sent_and_everybody_is_accounted_for(outreach: Outreach) -> None:
    ada, ben, cleo, dora = outreach.start(*FOUR)
    batch_id = outreach.send()
    assert outreach.batch_state(batch_id) == "done"
    assert {p: state for p, (state, _) in outreach.states(batch_id).items()} == {
        ada: "sent", ben: "held back", cleo: "held back", dora: "sent",
    }  # fmt: skip
    assert [m.recipient for m in outreach.captured()] == ["07700900100", "07700900103"]
    with outreach.acting("dover-town"):
        assert db.session.get(Participant, (scope.current().tenant, ada)).status == "contacted"
        assert db.session.get(Participant, (scope.current().tenant, ben)).status == "identified"
        assert db.session.scalar(select(Contact.body).where(Contact.participant_id == ada)).startswith("Ada,")


def test_the_reconciliation_on_the_page_equals_the_rows(outreach: Outreach) -> None:
    outreach.start(*FOUR)
    batch_id = outreach.send()
    page = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}").text
    line = re.search(r'<p class="oast-reckoning">(.*?)</p>', page, re.S)
    assert line is not None
    words = " ".join(re.sub(r"<[^>]+>", "", line[1]).split())
    assert words == "4 people = 2 sent + 2 held back + 0 failed + 0 waiting"
    with outreach.acting("dover-town"):
        assert db.session.scalar(select(func.count()).where(Contact.batch_id == batch_id)) == 4


def test_running_the_work_again_sends_nothing_again(outreach: Outreach) -> None:
    outreach.start({}, {})
    batch_id = outreach.send()
    with outreach.acting("dover-town", audited=True):
        jobs.send({"batch_id": batch_id})
        db.session.commit()
    assert len(outreach.captured()) == 2


def test_many_people_are_sent_to_in_chunks_once_each(outreach: Outreach) -> None:
    outreach.start(*({} for _ in range(60)))
    batch_id = outreach.send()
    assert outreach.batch_state(batch_id) == "done"
    assert len(outreach.captured()) == 60


def test_an_opt_out_between_approval_and_sending_holds_the_person_back(outreach: Outreach) -> None:
    ada, ben = outreach.start({}, {})
    batch_id = outreach.build()
    outreach.approve(batch_id)
    outreach.change(lambda: choices.opt_out(_whose(ada), outreach.programme_id, source="x", entered_by="y"))
    outreach.work()
    assert outreach.states(batch_id) == {
        ada: ("held back", "opted out of the programme"), ben: ("sent", None),
    }  # fmt: skip


def _whose(participant_id: int) -> int:
    return int(db.session.scalar(select(Participant.person_id).where(Participant.id == participant_id)) or 0)


def test_a_death_between_building_and_approval_holds_the_person_back(outreach: Outreach) -> None:
    (ada,) = outreach.start({})
    batch_id = outreach.build()
    outreach.change(lambda: _person_of(ada, died_on=seeding.MONDAY.date()))
    outreach.approve(batch_id)
    assert outreach.states(batch_id) == {ada: ("held back", "has died")}


def test_outside_the_hours_nothing_goes_out_until_the_morning(outreach: Outreach) -> None:
    outreach.start({})
    batch_id = outreach.build()
    outreach.moved(seeding.MONDAY.replace(hour=18, minute=1))
    outreach.approve(batch_id)
    outreach.work()
    assert outreach.captured() == []
    page = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}").text
    assert "Nothing is sent before 3 November 2026 at 9am" in page
    outreach.moved(TUESDAY.replace(hour=9))
    outreach.work()
    assert len(outreach.captured()) == 1


@pytest.mark.parametrize("what", ["paused programme", "stopped PCN"])
def test_a_paused_programme_or_a_stopped_pcn_waits_and_goes_on(outreach: Outreach, what: str) -> None:
    outreach.start({})
    batch_id = outreach.build()
    outreach.approve(batch_id)

    def stop(on: bool) -> None:
        if what == "stopped PCN":
            moment = clock.now() if on else None
            db.session.execute(update(PcnSettings).values(sending_stopped_at=moment))
        else:
            db.session.execute(update(Programme).values(state="paused" if on else "live"))

    outreach.change(lambda: stop(True))
    outreach.work()
    assert outreach.captured() == []
    outreach.change(lambda: stop(False))
    outreach.moved(seeding.MONDAY + dt.timedelta(minutes=6))
    outreach.work()
    assert len(outreach.captured()) == 1
    assert outreach.batch_state(batch_id) == "done"


def test_a_batch_can_be_paused_and_resumed(outreach: Outreach) -> None:
    outreach.start({})
    batch_id = outreach.build()
    outreach.approve(batch_id)
    outreach.client_of("lena").post(f"{BASE}/outreach/batches/{batch_id}/pause")
    outreach.work()
    assert outreach.captured() == []
    outreach.client_of("clara").post(f"{BASE}/outreach/batches/{batch_id}/resume")
    outreach.work()
    assert len(outreach.captured()) == 1


def test_a_cancelled_batch_sends_nothing_and_a_new_one_can_be_built(outreach: Outreach) -> None:
    (ada,) = outreach.start({})
    batch_id = outreach.build()
    outreach.approve(batch_id)
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{batch_id}/cancel")
    outreach.work()
    assert outreach.captured() == []
    assert outreach.states(batch_id) == {ada: ("cancelled", None)}
    assert "1 cancelled</a>" in outreach.client_of("cora").get(outreach.page).text
    assert outreach.build() != batch_id


def test_a_pause_in_the_middle_of_a_chunk_is_respected_at_once(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    outreach.start({}, {}, {})
    batch_id = outreach.build()
    outreach.approve(batch_id)
    send = Captured.send

    def and_pause(self: Captured, message: Message) -> str:
        taken = send(self, message)
        db.session.execute(update(Batch).values(state="paused"))
        return taken

    monkeypatch.setattr(Captured, "send", and_pause)
    outreach.work()
    assert len(outreach.captured()) == 1
    assert sorted(state for state, _ in outreach.states(batch_id).values()) == ["sent", "waiting", "waiting"]


def test_a_message_that_the_gateway_refuses_has_failed_and_the_letter_is_due(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ada,) = outreach.start({})

    def refuse(self: Captured, message: Message) -> str:
        raise Refused("not a number in use")

    monkeypatch.setattr(Captured, "send", refuse)
    batch_id = outreach.send()
    assert outreach.states(batch_id) == {ada: ("failed", "not a number in use")}
    assert outreach.states(outreach.build(2)) == {ada: ("waiting", None)}


def test_the_letter_goes_at_once_to_whom_a_text_cannot_reach_and_later_to_the_others(
    outreach: Outreach,
) -> None:
    ada, ben, cleo, dora = outreach.start(*FOUR)
    outreach.send()
    first = outreach.build(2)
    assert outreach.states(first) == {
        ben: ("waiting", None), cleo: ("held back", "needs a format that cannot be sent this way"),
    }  # fmt: skip
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{first}/cancel")
    outreach.moved(seeding.MONDAY + dt.timedelta(days=7))
    assert set(outreach.states(outreach.build(2))) == {ada, ben, cleo, dora}


class Killed(BaseException):
    """The worker is gone."""


def test_a_worker_killed_after_handing_over_never_sends_twice(
    live: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = _approved(live, world)
    send = Captured.send

    def and_die(self: Captured, message: Message) -> str:
        send(self, message)
        raise Killed

    Captured.send = and_die  # type: ignore[method-assign]
    try:
        with pytest.raises(Killed):
            seeding.work(live, world)
    finally:
        Captured.send = send  # type: ignore[method-assign]
    with block(live, world, "dover-town", None, False):
        assert db.session.scalar(select(func.count()).select_from(CapturedMessage)) == 1
        assert set(db.session.scalars(select(Contact.state))) == {"sending"}
    a_minute_on = clock.now() + dt.timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: a_minute_on)
    seeding.work(live, world)
    with block(live, world, "dover-town", None, False):
        assert [m.recipient for m in seeding.captured()] == ["07700900100", "07700900101"]
        assert set(db.session.scalars(select(Contact.state))) == {"sent"}
        assert db.session.get(Batch, (scope.current().tenant, batch_id)).state == "done"
        links = [m.body.split("/r/")[1].split(". ")[0] for m in seeding.captured()]
    for token in links:
        assert signed_in_client(live, world, None).get(f"/r/{token}").status_code == 200


def _approved(live: Flask, world: World) -> int:
    """A batch of two, approved, on a database with real commits, within the hours."""
    with block(live, world, "dover-town", "cora", False):
        programme_id, _ = seeding.started(world, [{}, {}])
        db.session.execute(update(PcnSettings).values(send_from=dt.time(0), send_until=dt.time(23, 59, 59)))
        db.session.commit()
    cora = signed_in_client(live, world, "cora")
    built = cora.post(f"{BASE}/programmes/{programme_id}/outreach/build", data={"position": 1})
    batch_id = int(built.location.rsplit("/", 1)[1])
    approving.approve(signed_in_client(live, world, "clara"), batch_id)
    return batch_id


@pytest.fixture(autouse=True)
def _open_today(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests with real commits run on the real day, which may be a Sunday: call it a Monday."""
    if "live" not in request.fixturenames:
        return
    monday = seeding.MONDAY.replace(tzinfo=clock.LONDON).astimezone(dt.UTC)
    monkeypatch.setattr(clock, "now", lambda: monday)
    live, world = request.getfixturevalue("live"), request.getfixturevalue("world")
    with live.app_context():
        worlds.stay_signed_in(world)


def test_two_people_who_approve_at_once_give_one_approval_and_one_message(live: Flask, world: World) -> None:
    with block(live, world, "dover-town", "cora", False):
        programme_id, _ = seeding.started(world, [{}])
    cora = signed_in_client(live, world, "cora")
    built = cora.post(f"{BASE}/programmes/{programme_id}/outreach/build", data={"position": 1})
    batch_id = int(built.location.rsplit("/", 1)[1])
    gate, pages = threading.Barrier(2), []

    def approve(who: str) -> None:
        client = signed_in_client(live, world, who)
        read = approving.read_in(client.get(f"{BASE}/outreach/batches/{batch_id}/approve").text)
        gate.wait()
        pages.append(client.sent(f"{BASE}/outreach/batches/{batch_id}/approve", **read).text)

    threads = [threading.Thread(target=approve, args=(who,)) for who in ("clara", "max")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("Approved. 1 text will go out." in page for page in pages) == 1
    assert sum("has approved this batch already" in page for page in pages) == 1
    with block(live, world, "dover-town", None, False):
        left = select(func.count()).where(outbox.Outbox.kind == "outreach.send")
        assert db.session.scalar(left) == 1


def test_the_database_itself_refuses_the_same_person_twice_in_a_step(outreach: Outreach) -> None:
    outreach.start({})
    outreach.build()
    with outreach.acting("dover-town"):
        first = db.session.scalars(select(Contact)).one()
        again = db.session.get(Batch, (scope.current().tenant, first.batch_id))
        step = db.session.get(Step, (scope.current().tenant, first.step_id))
        template = db.session.get(LibraryItem, (scope.current().org, again.template_id))
        due = Place(Where.DUE, step.position, listed=True)
        everyone = [building.Due(one, due, template) for one in everyone_in(outreach.programme_id)]
        assert building.add_contacts(again, step, everyone) == 0
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 1


def test_the_progress_is_one_small_block_and_a_whole_page_without_a_script(outreach: Outreach) -> None:
    outreach.start({})
    batch_id = outreach.build()
    outreach.approve(batch_id)
    address = f"{BASE}/outreach/batches/{batch_id}/progress"
    client = outreach.client_of("cora")
    asked = client.get(address, headers={"HX-Request": "true", "HX-Target": "progress"})
    assert ' – Oast</title><div id="progress" hx-get=' in asked.text
    assert "0 of 1 sent" in asked.text
    assert "HX-Refresh" not in asked.headers
    assert "Everybody accounted for" in client.get(address).text
    outreach.work()
    done = client.get(address, headers={"HX-Request": "true", "HX-Target": "progress"})
    assert "hx-get" not in done.text
    assert "1 of 1 sent" in done.text
    assert done.headers["HX-Refresh"] == "true", "the rest of the page must not offer to pause what is done"
    assert "HX-Refresh" not in client.get(address).headers


def test_captured_messages_can_be_read_and_say_that_nothing_was_sent(outreach: Outreach) -> None:
    outreach.start({})
    outreach.send()
    page = outreach.client_of("cora").get(f"{BASE}/outreach/messages").text
    assert "No text and no e-mail gateway is connected" in page
    assert f'<a href="http://localhost{outreach.links()[0]}">' in page
    assert outreach.client_of("mandy").get(f"{BASE}/outreach/messages").status_code == 403


def test_a_step_that_takes_so_many_a_day_says_how_many_are_left_and_due_later(outreach: Outreach) -> None:
    outreach.start({}, {}, {})
    first = outreach.build()
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{first}/cancel")
    outreach.change(lambda: db.session.execute(update(Step).where(Step.position == 1).values(per_day=2)))
    page = _words(outreach.client_of("cora").get(outreach.page).text)
    assert "2 people are due now" in page
    assert "1 person is due later" in page
    batch = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{outreach.build()}").text
    assert "1 more person is due for this step." in _words(batch)
    assert "the step takes 2 people a day" in _words(batch)


def _words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())
