"""All sending is stopped at once by whoever sees that something is wrong, and allowed again by a manager."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from app import clock
from app.outreach.call_models import Call
from app.outreach.gateways import Captured, Message
from app.outreach.models import Batch, Contact
from app.programmes.models import Programme
from tenants.db import db
from tenants.models import PcnSettings
from tests.outreach import seeding
from tests.outreach.conftest import BASE, Outreach


def test_a_coordinator_stops_everything_and_a_manager_allows_it_again(outreach: Outreach) -> None:
    outreach.start({}, {})
    batch = outreach.build()
    outreach.approve(batch)
    cora = outreach.client_of("cora")
    assert "Stop all sending" in cora.get(f"{BASE}/outreach/batches/{batch}").text
    said = cora.sent(f"{outreach.page}/stop-all").text
    assert "All sending is stopped, in every programme." in said
    assert "A PCN manager allows it again in Settings" in said
    assert "stopped already" in cora.sent(f"{outreach.page}/stop-all").text
    outreach.work()
    assert outreach.captured() == []
    assert cora.post(f"{BASE}/settings/sending/allow").status_code == 403
    mandy = outreach.client_of("mandy")
    assert "Allow sending again in Settings" in mandy.get(outreach.page).text
    assert "Sending is allowed again." in mandy.sent(f"{BASE}/settings/sending/allow").text
    assert "All sending is stopped" not in cora.get(outreach.page).text


def test_who_does_not_see_outreach_cannot_stop_it(outreach: Outreach) -> None:
    outreach.start({})
    assert outreach.client_of("rita").post(f"{outreach.page}/stop-all").status_code == 403


@pytest.mark.parametrize("when", ["before they are made", "after they are made"])
def test_printed_letters_that_were_paused_go_on_as_letters_for_the_printer(
    outreach: Outreach, when: str
) -> None:
    (ada,) = outreach.start({"mobile": "none"})
    outreach.send()
    texts = len(outreach.captured())
    batch = outreach.build(2)
    outreach.approve(batch)
    if when == "after they are made":
        outreach.work()
    address = f"{BASE}/outreach/batches/{batch}"
    assert "Paused" in outreach.client_of("cora").sent(f"{address}/pause").text
    outreach.work()
    assert "Handed to the printer" not in outreach.client_of("cora").get(address).text
    outreach.client_of("clara").post(f"{address}/resume")
    outreach.work()
    assert outreach.batch_state(batch) == "approved"
    assert "Handed to the printer" in outreach.client_of("cora").get(address).text
    outreach.client_of("cora").post(f"{address}/hand-over")
    assert outreach.states(batch) == {ada: ("sent", None)}
    assert len(outreach.captured()) == texts


def test_a_stop_in_the_middle_of_a_chunk_holds_at_the_next_message(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    outreach.start({}, {}, {})
    batch = outreach.build()
    outreach.approve(batch)
    _after_the_first(monkeypatch, lambda: db.session.execute(_stop_all()))
    outreach.work()
    assert len(outreach.captured()) == 1
    assert sorted(state for state, _ in outreach.states(batch).values()) == ["sent", "waiting", "waiting"]
    outreach.client_of("mandy").post(f"{BASE}/settings/sending/allow")
    outreach.moved(seeding.MONDAY + dt.timedelta(minutes=10))
    outreach.work()
    assert len(outreach.captured()) == 3
    assert outreach.batch_state(batch) == "done"


def test_cancelling_while_it_is_being_sent_cancels_the_rest_and_accounts_for_everybody(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    outreach.start({}, {}, {}, {"mobile": "none"})
    batch = outreach.build()
    outreach.approve(batch)
    address = f"{BASE}/outreach/batches/{batch}/cancel"
    _after_the_first(monkeypatch, lambda: db.session.execute(update(Batch).values(state="cancelled")))
    outreach.work()
    assert len(outreach.captured()) == 1
    states = sorted(state for state, _ in outreach.states(batch).values())
    assert states == ["cancelled", "cancelled", "held back", "sent"]
    page = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{batch}").text
    words = " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert "4 people = 1 sent + 1 held back + 0 failed + 0 waiting + 2 cancelled" in words
    assert "This batch is cancelled." in outreach.client_of("cora").sent(address).text


@pytest.mark.parametrize(("act", "then"), [("pause", "waiting"), ("cancel", "cancelled")])
def test_a_batch_just_stopped_says_that_some_may_have_gone_out_until_that_is_known(
    outreach: Outreach, act: str, then: str
) -> None:
    outreach.start({}, {}, {"mobile": "none"})
    batch = outreach.build()
    outreach.approve(batch)
    with outreach.acting("dover-town"):
        taken = update(Contact).where(Contact.state == "waiting")
        db.session.execute(taken.values(state="sending", marked_at=clock.now()))
        db.session.execute(update(Batch).values(state="sending"))
        db.session.commit()
    address, cora = f"{BASE}/outreach/batches/{batch}", outreach.client_of("cora")
    asked = cora.get(f"{address}/cancel").text
    assert "0 people who wait will not be contacted by it. 2 messages are about to go out" in asked
    page = cora.sent(f"{address}/{act}").text
    assert "2 messages were about to go out. Some of them may have:" in page
    assert "Refresh this page" in page, "also without a script"
    assert 'hx-trigger="load delay:2s"' in page, "it is told without anybody asking"
    outreach.moved(seeding.MONDAY + dt.timedelta(minutes=1))
    outreach.work()
    settled = cora.get(f"{address}/progress", headers={"HX-Request": "true", "HX-Target": "progress"})
    assert settled.headers["HX-Refresh"] == "true"
    assert "about to go out" not in settled.text
    assert "hx-get" not in settled.text
    assert sorted(state for state, _ in outreach.states(batch).values()) == sorted(["held back", then, then])


def _after_the_first(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something right after the first message has left."""
    send, left = Captured.send, [act]

    def and_act(self: Captured, message: Message) -> str:
        taken = send(self, message)
        if left:
            left.pop()()
        return taken

    monkeypatch.setattr(Captured, "send", and_act)


def _stop_all() -> Any:
    return update(PcnSettings).values(sending_stopped_at=clock.now(), sending_stopped_by="Lena")


def test_what_is_stopped_is_said_on_the_batch_and_holds_letters_and_calls_too(outreach: Outreach) -> None:
    outreach.start({"mobile": "none"}, {"mobile": "none", "house": "", "home_phone": "01304 200200"})
    outreach.send()
    letters = outreach.build(2)
    outreach.approve(letters)
    outreach.work()
    outreach.build(3)
    lena = outreach.client_of("lena")
    lena.post(f"{outreach.page}/stop-all")
    address = f"{BASE}/outreach/batches/{letters}"
    assert "All sending is stopped" in lena.get(address).text
    said = outreach.client_of("cora").sent(f"{address}/hand-over").text
    assert "Do not post these letters now: the PCN has stopped all sending" in said
    assert sorted(state for state, _ in outreach.states(letters).values()) == ["held back", "waiting"]
    assert lena.get(f"{BASE}/calls").status_code == 200
    with outreach.acting("dover-town"):
        call = db.session.scalars(select(Call.id)).one()
    lena.post(f"{BASE}/calls/{call}/claim")
    with outreach.acting("dover-town"):
        assert db.session.scalar(select(Call.claimed_by)) is None
        assert db.session.scalar(select(Call.state)) == "due"


def test_a_call_list_is_not_paused_but_says_what_can_be_done(outreach: Outreach) -> None:
    outreach.start({"mobile": "none", "house": "", "home_phone": "01304 200200"})
    outreach.send()
    outreach.send(2)
    calls = outreach.build(3)
    said = outreach.client_of("cora").sent(f"{BASE}/outreach/batches/{calls}/pause").text
    assert "A call list is not paused." in said
    assert outreach.batch_state(calls) == "sending"


def test_the_progress_is_asked_for_less_often_while_nothing_changes(outreach: Outreach) -> None:
    outreach.start({})
    batch = outreach.build()
    outreach.approve(batch)
    client, waits = outreach.client_of("cora"), []
    address = f"{BASE}/outreach/batches/{batch}"
    page = client.get(address).text
    for _ in range(8):
        found = re.search(r'hx-get="([^"]+)" hx-trigger="load delay:(\d+)s"', page)
        assert found is not None
        waits.append(int(found[2]))
        again = found[1].replace("&amp;", "&")
        page = client.get(again, headers={"HX-Request": "true", "HX-Target": "progress"}).text
    assert waits == [2, 4, 7, 11, 17, 26, 30, 30]
    assert 'delay:2s"' in client.get(f"{address}/progress?wait=x&seen=7").text


def test_what_came_too_late_is_not_told_as_a_success(outreach: Outreach) -> None:
    outreach.start({})
    batch_id = outreach.send()
    for who, act in (("cora", "pause"), ("clara", "resume"), ("cora", "cancel")):
        page = outreach.client_of(who).sent(f"{BASE}/outreach/batches/{batch_id}/{act}").text
        assert "This batch is done." in page
        assert "nhsuk-notification-banner--success" not in page


def _programme_is(outreach: Outreach, state: str) -> None:
    outreach.change(lambda: db.session.execute(update(Programme).values(state=state)))


def test_a_batch_says_that_its_programme_is_paused(outreach: Outreach) -> None:
    outreach.start({})
    address = f"{BASE}/outreach/batches/{outreach.build()}"
    assert "Nothing of this batch is sent" not in outreach.client_of("clara").get(address).text
    _programme_is(outreach, "paused")
    said = outreach.client_of("clara").get(address).text
    assert "This programme is paused. Nothing of this batch is sent until it is live." in said
    assert "Read and approve" in said


def test_what_waits_for_approval_in_a_closed_programme_can_only_be_cancelled(outreach: Outreach) -> None:
    outreach.start({})
    batch_id = outreach.build()
    address, clara = f"{BASE}/outreach/batches/{batch_id}", outreach.client_of("clara")
    assert "Read and approve" in clara.get(address).text
    _programme_is(outreach, "closed")
    assert "Read and approve" not in clara.get(address).text
    assert "The programme is closed, so nothing more of it is sent" in clara.sent(f"{address}/approve").text
    assert outreach.batch_state(batch_id) == "built"
    outreach.client_of("cora").sent(f"{address}/cancel")
    assert outreach.batch_state(batch_id) == "cancelled"


def test_a_paused_batch_is_not_said_to_go_on_once_its_programme_is_closed(outreach: Outreach) -> None:
    outreach.start({})
    batch_id = outreach.build()
    outreach.approve(batch_id)
    address, clara = f"{BASE}/outreach/batches/{batch_id}", outreach.client_of("clara")
    clara.sent(f"{address}/pause")
    assert "Resume sending" in clara.get(address).text
    _programme_is(outreach, "closed")
    assert "Resume sending" not in clara.get(address).text
    assert "The programme is closed, so nothing more of it is sent" in clara.sent(f"{address}/resume").text
    assert outreach.batch_state(batch_id) == "paused"


def test_whoever_may_not_resume_is_told_who_may(outreach: Outreach) -> None:
    outreach.start({})
    batch_id = outreach.build()
    outreach.approve(batch_id)
    address = f"{BASE}/outreach/batches/{batch_id}"
    assert "until a colleague who may approve batches resumes it" in (
        outreach.client_of("lena").sent(f"{address}/pause").text
    )
    can_resume = "A colleague who may approve batches can resume it."
    assert can_resume in outreach.client_of("lena").get(address).text
    assert can_resume not in outreach.client_of("clara").get(address).text
