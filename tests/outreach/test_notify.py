"""Sending by GOV.UK Notify, against the stand-in: once each whatever breaks, and told what became of it."""

import datetime as dt
import threading
import time
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app import clock
from app.audit import AuditEvent
from app.outbox import Outbox
from app.outreach import accounts, bad_addresses, delivery
from app.outreach import notify as notify_module
from app.outreach.gateway_models import BadAddress, DeliveryReport, SendingAccount
from app.outreach.gateways import Busy, Message, NotConnected, Refused, Unclear
from app.outreach.models import Contact
from app.outreach.notify import Notify
from app.programmes.models import Participant
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.conftest import BASE, FORM, GATEWAYS, Outreach
from tests.rows import make
from tests.stand_in.notify import API_KEY, BEARER, Served

TAKEN_WITHIN = 60  # seconds, at most, by a slow stand-in


def accepted(notify: Served) -> list[str]:
    return [each["to"] for each in notify.accepted()]


def told(
    outreach: Outreach, message: dict[str, Any], status: str, *, token: str = BEARER, hour: int = 11
) -> Any:
    """What Notify would call back with; the answer to it."""
    said = message | {"status": status, "completed_at": f"2026-11-02T{hour:02d}:00:00.000000Z"}
    tenant = outreach.world.organisations["dover-town"]
    return outreach.client_of(None).post(
        f"/callbacks/{tenant}/notify", json=said, headers={"Authorization": f"Bearer {token}"}
    )


def contacts(outreach: Outreach) -> list[Contact]:
    with outreach.acting("dover-town"):
        return list(db.session.scalars(select(Contact).order_by(Contact.id)))


def test_what_is_connected_is_said_and_its_key_is_never_shown(outreach: Outreach, connected: Served) -> None:
    page = outreach.client_of("mandy").get(GATEWAYS).text
    assert "By GOV.UK Notify, at most 3,000 a minute" in page
    assert page.count("Not connected") == 2
    secret = API_KEY.removeprefix("oast-")
    assert secret not in page
    assert secret not in outreach.client_of("mandy").get(f"{GATEWAYS}/text").text
    with outreach.acting("dover-town"):
        kept = db.session.scalars(select(SendingAccount)).one()
        assert secret not in kept.key_sealed
    assert outreach.client_of("cora").get(GATEWAYS).status_code == 403


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"key": "oast-123"}, "Enter the whole API key"),
        ({"template": "mine"}, "Enter the template ID"),
        ({"callback": "short"}, "20 characters or more"),
        ({"per_minute": "9999"}, "Enter a whole number from 1 to 3,000"),
    ],
)
def test_what_cannot_be_a_key_or_a_template_is_asked_for_again(
    outreach: Outreach, given: dict[str, str], said: str
) -> None:
    page = outreach.client_of("mandy").post(f"{GATEWAYS}/text", data=FORM | given)
    assert page.status_code == 422
    assert said in page.text


def test_texts_go_out_once_each_with_our_reference(outreach: Outreach, connected: Served) -> None:
    outreach.start({}, {})
    outreach.send()
    rows = contacts(outreach)
    assert [row.state for row in rows] == ["sent", "sent"]
    assert [(m["reference"], m["to"]) for m in connected.accepted()] == [
        (r.reference, r.recipient) for r in rows
    ]
    assert [row.provider_id for row in rows] == [message["id"] for message in connected.accepted()]
    assert outreach.captured() == []
    page = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{rows[0].batch_id}").text
    assert "Messages go out by GOV.UK Notify." in page


def test_after_disconnecting_texts_are_captured_again(outreach: Outreach, connected: Served) -> None:
    outreach.client_of("mandy").post(f"{GATEWAYS}/text/disconnect")
    outreach.start({})
    outreach.send()
    assert len(outreach.captured()) == 1
    assert connected.accepted() == []


def test_disconnecting_pauses_what_is_going_out_and_nobody_is_said_to_have_it(
    outreach: Outreach, connected: Served
) -> None:
    outreach.client_of("mandy").post(f"{GATEWAYS}/text", data=FORM | {"per_minute": "1"})
    outreach.start({}, {})
    batch_id = outreach.send()
    said = outreach.client_of("mandy").sent(f"{GATEWAYS}/text/disconnect").text
    assert "What had not gone out yet is paused: 1 batch." in said
    outreach.later(minutes=1)
    assert sorted(state for state, _ in outreach.states(batch_id).values()) == ["sent", "waiting"]
    assert outreach.captured() == []
    page = f"{BASE}/outreach/batches/{batch_id}"
    assert (
        "Somebody is disconnecting this from GOV.UK Notify, or has done so."
        in outreach.client_of("cora").get(page).text
    )
    outreach.client_of("mandy").post(f"{GATEWAYS}/text", data=FORM)
    outreach.client_of("clara").post(f"{page}/resume")
    outreach.client_of("cora").post(f"{page}/pause")
    assert "Somebody is disconnecting" not in outreach.client_of("cora").get(page).text, "that was put right"
    outreach.client_of("clara").post(f"{page}/resume")
    outreach.later(minutes=1)
    assert len(connected.accepted()) == 2


@pytest.mark.parametrize("fault", ["limit", "break_down", "cut_off"])
def test_what_breaks_for_a_moment_is_tried_again_and_nobody_gets_two(
    outreach: Outreach, connected: Served, fault: str
) -> None:
    outreach.start({}, {}, {})
    connected.misbehave(**{fault: 1})
    batch_id = outreach.send()
    assert "done" not in outreach.batch_state(batch_id)
    outreach.later(minutes=1)
    assert outreach.batch_state(batch_id) == "done"
    assert sorted(accepted(connected)) == sorted(row.recipient for row in contacts(outreach))
    assert {row.state for row in contacts(outreach)} == {"sent"}


def test_what_is_refused_has_failed_with_the_reason(outreach: Outreach, connected: Served) -> None:
    outreach.start({}, {})
    connected.misbehave(refuse=1)
    batch_id = outreach.send()
    assert sorted(state for state, _ in outreach.states(batch_id).values()) == ["failed", "sent"]
    assert any("international" in (reason or "") for _, reason in outreach.states(batch_id).values())


@pytest.mark.parametrize("people", [4, 1], ids=["a batch", "one message"])
def test_nobody_has_failed_for_a_gateway_that_is_away_for_an_hour(
    outreach: Outreach, connected: Served, people: int
) -> None:
    outreach.start(*({} for _ in range(people)))
    connected.misbehave(break_down=1000)
    batch_id = outreach.send()
    for _ in range(60):
        outreach.later(minutes=1)
    assert {state for state, _ in outreach.states(batch_id).values()} <= {"waiting", "sending"}
    connected.misbehave(break_down=0)
    for _ in range(12):
        outreach.later(minutes=10)
    assert [state for state, _ in outreach.states(batch_id).values()] == ["sent"] * people
    assert len(connected.accepted()) == people


@pytest.mark.parametrize(("others", "state"), [(2, "sent"), (0, "sending")])
def test_a_message_waits_no_longer_once_the_gateway_takes_others(
    outreach: Outreach, connected: Served, others: int, state: str
) -> None:
    outreach.start({}, *({} for _ in range(others)))
    batch_id = outreach.build()
    outreach.approve(batch_id)
    with outreach.acting("dover-town"):
        first = select(func.min(Contact.id)).where(Contact.batch_id == batch_id).scalar_subquery()
        broken = {"state": "sending", "tries": 4, "marked_at": clock.now()}
        db.session.execute(update(Contact).where(Contact.id == first).values(**broken))
        db.session.commit()
    outreach.later(seconds=20)
    assert len(connected.accepted()) == others
    outreach.later(seconds=40)
    assert [row.state for row in contacts(outreach) if row.tries] == [state]


def test_a_batch_says_that_its_gateway_has_not_answered(outreach: Outreach, connected: Served) -> None:
    outreach.start({}, {})
    batch_id = outreach.build()
    outreach.approve(batch_id)
    address, told = f"{BASE}/outreach/batches/{batch_id}", "The gateway has not answered for 2 messages."
    connected.misbehave(break_down=1000)
    outreach.work()
    assert told in outreach.client_of("cora").get(address).text
    connected.misbehave()
    outreach.later(minutes=2)
    assert "2 of 2 sent" in outreach.client_of("cora").get(address).text
    assert told not in outreach.client_of("cora").get(address).text


def test_a_gateway_that_never_answers_is_given_up_after_many_tries(
    outreach: Outreach, connected: Served
) -> None:
    outreach.start({})
    connected.misbehave(break_down=1000)
    batch_id = outreach.send()
    for _ in range(8):
        outreach.later(hours=1)
    assert list(outreach.states(batch_id).values()) == [("failed", "the gateway did not answer")]
    assert outreach.batch_state(batch_id) == "done"


def test_a_wrong_key_pauses_the_batch_and_says_what_to_do(outreach: Outreach, connected: Served) -> None:
    wrong = API_KEY[:-1] + "b"
    outreach.client_of("mandy").post(f"{GATEWAYS}/text", data=FORM | {"key": wrong})
    outreach.start({}, {})
    batch_id = outreach.send()
    assert outreach.batch_state(batch_id) == "paused"
    page = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}").text
    assert "does not accept the key" in page
    outreach.client_of("mandy").post(f"{GATEWAYS}/text", data=FORM)
    outreach.client_of("clara").post(f"{BASE}/outreach/batches/{batch_id}/resume")
    outreach.later(minutes=1)
    assert outreach.batch_state(batch_id) == "done"
    assert len(connected.accepted()) == 2


def test_what_is_wrong_with_the_service_pauses_the_batch_and_nobody_has_failed(
    outreach: Outreach, connected: Served
) -> None:
    outreach.start({}, {})
    connected.misbehave(not_ready=1)
    batch_id = outreach.send()
    assert outreach.batch_state(batch_id) == "paused"
    assert {state for state, _ in outreach.states(batch_id).values()} == {"waiting"}
    page = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}").text
    assert "GOV.UK Notify refuses every message: Template not found." in page
    outreach.client_of("clara").post(f"{BASE}/outreach/batches/{batch_id}/resume")
    outreach.later(minutes=1)
    assert len(connected.accepted()) == 2


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Can’t send to this recipient using a team-only API key", NotConnected),
        (
            "Can't send to this recipient when service is in trial mode - see https://example.com",
            NotConnected,
        ),
        ("Missing personalisation: body", NotConnected),
        ("template_id is not a valid UUID", NotConnected),
        ("phone_number Not enough digits", Refused),
        ("Content for template has a character count greater than the limit of 918", Refused),
    ],
)
def test_what_concerns_one_person_does_not_stop_the_others(said: str, meant: type[Exception]) -> None:
    assert isinstance(notify_module.refusal(said), meant)


def test_no_more_go_out_in_a_minute_than_the_rate_allows(outreach: Outreach, connected: Served) -> None:
    outreach.client_of("mandy").post(f"{GATEWAYS}/text", data=FORM | {"per_minute": "2"})
    outreach.start({}, {}, {}, {}, {})
    outreach.send()
    assert len(connected.accepted()) == 2
    outreach.later(minutes=1)
    assert len(connected.accepted()) == 4
    outreach.later(minutes=1)
    assert len(connected.accepted()) == 5


def test_what_became_of_a_message_is_taken_in_once(outreach: Outreach, connected: Served) -> None:
    outreach.start({})
    outreach.send()
    (message,) = connected.accepted()
    for _ in range(2):
        assert told(outreach, message, "delivered").status_code == 204
    outreach.work()
    (row,) = contacts(outreach)
    assert (row.delivery, row.state) == ("delivered", "sent")
    with outreach.acting("dover-town"):
        assert len(list(db.session.scalars(select(DeliveryReport)))) == 1


def test_a_callback_without_the_token_or_of_another_pcn_is_told_nothing(
    outreach: Outreach, connected: Served
) -> None:
    outreach.start({})
    outreach.send()
    (message,) = connected.accepted()
    assert told(outreach, message, "permanent-failure", token="x" * 30).status_code == 404
    other = outreach.world.organisations["medway-central"]
    headers = {"Authorization": f"Bearer {BEARER}"}
    assert (
        outreach.client_of(None).post(f"/callbacks/{other}/notify", json={}, headers=headers).status_code
        == 404
    )
    outreach.work()
    assert contacts(outreach)[0].delivery == "not known"


def test_a_number_that_does_not_work_is_bad_and_the_letter_is_due_at_once(
    outreach: Outreach, connected: Served
) -> None:
    (ada,) = outreach.start({"mobile": "07700900002"})
    outreach.send()
    (message,) = connected.accepted()
    told(outreach, message, "permanent-failure")
    outreach.work()
    (row,) = contacts(outreach)
    assert (row.state, row.delivery) == ("failed", "permanent failure")
    with outreach.acting("dover-town"):
        (bad,) = db.session.scalars(select(BadAddress))
        assert (bad.kind, bad.value) == ("mobile", "07700900002")
        status = db.session.scalar(select(Participant.status).where(Participant.id == ada))
        assert status == "identified"
    assert set(outreach.states(outreach.build(2))) == {ada}


def test_the_link_works_in_a_message_that_arrived_although_it_was_given_up(
    outreach: Outreach, connected: Served
) -> None:
    (ada,) = outreach.start({})
    outreach.send()
    (message,) = connected.accepted()
    link = "/r/" + message["body"].split("/r/")[1].split(". ")[0]
    told(outreach, message, "temporary-failure")
    outreach.work()
    assert contacts(outreach)[0].state == "failed"
    outreach.client_of(None).post(link, data={"answer": "no thank you"})
    with outreach.acting("dover-town"):
        status = db.session.scalar(select(Participant.status).where(Participant.id == ada))
    assert status == "opted out"


def test_what_is_cancelled_at_notify_has_reached_nobody(outreach: Outreach, connected: Served) -> None:
    (ada,) = outreach.start({})
    outreach.send()
    (message,) = connected.accepted()
    told(outreach, message, "cancelled")
    outreach.work()
    (row,) = contacts(outreach)
    assert (row.state, row.reason) == ("failed", "cancelled at GOV.UK Notify before it went out")
    with outreach.acting("dover-town"):
        assert not list(db.session.scalars(select(BadAddress)))
    assert set(outreach.states(outreach.build(2))) == {ada}


def test_what_went_out_before_a_batch_was_cancelled_is_asked_about_too(
    outreach: Outreach, connected: Served
) -> None:
    outreach.client_of("mandy").post(f"{GATEWAYS}/text", data=FORM | {"per_minute": "1"})
    outreach.start({"mobile": "07700900002"}, {})
    batch_id = outreach.send()
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{batch_id}/cancel")
    for minutes in (1, 70):
        outreach.later(minutes=minutes)
    assert sorted(state for state, _ in outreach.states(batch_id).values()) == ["cancelled", "failed"]


def test_a_batch_that_was_approved_long_ago_is_asked_about_after_it_went_out(
    outreach: Outreach, connected: Served
) -> None:
    outreach.start({})
    batch_id = outreach.build()
    outreach.approve(batch_id)
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{batch_id}/pause")
    outreach.moved(seeding.MONDAY + dt.timedelta(days=7))
    outreach.client_of("clara").post(f"{BASE}/outreach/batches/{batch_id}/resume")
    outreach.work()
    (message,) = connected.accepted()
    connected.arrive(message["id"], "sending")
    outreach.later(minutes=70)
    # The stand-in tells the real time of day; what was heard must not lie in this test's future.
    outreach.change(lambda: db.session.execute(update(Contact).values(delivery_at=clock.now())))
    connected.arrive(message["id"], "delivered")
    outreach.later(minutes=150)
    assert contacts(outreach)[0].delivery == "delivered"


@pytest.mark.parametrize(
    ("order", "ends"),
    [
        (("delivered", "permanent-failure"), "delivered"),
        (("sending", "delivered"), "delivered"),
        (("delivered", "sending"), "delivered"),
        (("temporary-failure", "sending"), "temporary failure"),
        (("received", "returned-letter"), "returned"),
    ],
)
def test_words_may_come_in_any_order_and_the_first_that_is_final_holds(
    outreach: Outreach, connected: Served, order: tuple[str, str], ends: str
) -> None:
    outreach.start({})
    outreach.send()
    (message,) = connected.accepted()
    for hour, status in enumerate(order, 11):
        told(outreach, message, status, hour=hour)
        outreach.work()
    assert contacts(outreach)[0].delivery == ends


def test_a_callback_before_the_send_has_returned_is_not_lost(outreach: Outreach, connected: Served) -> None:
    outreach.start({})
    outreach.send()
    (message,) = connected.accepted()
    outreach.change(lambda: db.session.execute(update(Contact).values(state="sending", provider_id=None)))
    told(outreach, message, "permanent-failure")
    outreach.work()
    assert contacts(outreach)[0].state == "failed"
    assert len(connected.accepted()) == 1


def test_a_callback_of_a_message_that_we_do_not_know_changes_nothing(
    outreach: Outreach, connected: Served
) -> None:
    outreach.start({})
    outreach.send()
    (message,) = connected.accepted()
    strange = message | {"reference": "00000000-0000-4000-8000-000000000000"}
    assert told(outreach, strange, "permanent-failure").status_code == 204
    outreach.work()
    with outreach.acting("dover-town"):
        assert list(db.session.scalars(select(DeliveryReport))) == []
    assert contacts(outreach)[0].state == "sent"


def _given_up(outreach: Outreach, connected: Served, monkeypatch: pytest.MonkeyPatch) -> int:
    """A batch of one message that the gateway took and would not tell of for too long; its id."""

    def no_answer(self: Notify, message: Message) -> str:
        raise Unclear

    with monkeypatch.context() as down:
        down.setattr(Notify, "find", no_answer)
        connected.misbehave(cut_off=1)
        batch_id = outreach.send()
        for _ in range(8):
            outreach.later(hours=1)
    return batch_id


def test_a_message_that_was_given_up_and_arrives_after_all_is_sent(
    outreach: Outreach, connected: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ada,) = outreach.start({})
    batch_id = _given_up(outreach, connected, monkeypatch)
    assert outreach.states(batch_id) == {ada: ("failed", "the gateway did not answer")}
    told(outreach, connected.accepted()[0], "delivered")
    outreach.work()
    assert outreach.states(batch_id) == {ada: ("sent", None)}
    assert len(connected.accepted()) == 1
    with outreach.acting("dover-town"):
        assert db.session.scalar(select(Participant.status).where(Participant.id == ada)) == "contacted"


@pytest.mark.parametrize(
    ("second", "states"),
    [("waiting", {"sent", "cancelled"}), ("sent", {"failed", "sent"})],
)
def test_whoever_is_tried_again_meanwhile_has_the_message_once(
    outreach: Outreach, connected: Served, monkeypatch: pytest.MonkeyPatch, second: str, states: set[str]
) -> None:
    outreach.start({})
    _given_up(outreach, connected, monkeypatch)

    def tried_again() -> None:
        first = db.session.scalars(select(Contact)).one()
        own = {"step_id": first.step_id, "participant_id": first.participant_id}
        make(Contact, **own, person_id=first.person_id, state=second, link_token_hash=None, reason=None)

    outreach.change(tried_again)
    told(outreach, connected.accepted()[0], "delivered")
    outreach.work()
    with outreach.acting("dover-town"):
        assert set(db.session.scalars(select(Contact.state))) == states
        assert db.session.scalar(select(func.count()).where(Outbox.error.is_not(None))) == 0


def test_a_gateway_slower_than_we_wait_is_asked_once_it_must_be_done_and_nobody_gets_two(
    outreach: Outreach, connected: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    outreach.start({}, {})
    connected.misbehave(slow=1)
    with monkeypatch.context() as hurried:
        hurried.setattr(notify_module, "PATIENCE", 0.3)
        hurried.setattr(notify_module, "_clients", threading.local())
        batch_id = outreach.send()
    assert outreach.batch_state(batch_id) == "sending"
    outreach.moved(seeding.MONDAY + dt.timedelta(seconds=39))
    outreach.work()
    assert {row.state for row in contacts(outreach)} == {"sending"}, "it may still be taking them"
    connected.misbehave()
    end = time.monotonic() + TAKEN_WITHIN
    while len(connected.accepted()) < 2 and time.monotonic() < end:
        time.sleep(0.1)
    outreach.later(minutes=1)
    outreach.later(minutes=1)
    assert {row.state for row in contacts(outreach)} == {"sent"}
    assert sorted(accepted(connected)) == sorted(row.recipient for row in contacts(outreach))
    assert outreach.batch_state(batch_id) == "done"


def test_letters_are_connected_without_a_template(outreach: Outreach, notify: Served) -> None:
    mandy = outreach.client_of("mandy")
    assert "Template ID" not in mandy.get(f"{GATEWAYS}/letter").text
    assert mandy.post(f"{GATEWAYS}/letter", data=FORM | {"template": ""}).status_code == 303
    assert "Disconnect letters" in mandy.get(GATEWAYS).text
    said = mandy.sent(f"{GATEWAYS}/letter/disconnect").text
    assert "Letters are made as files from now on, for your own printer." in said


def test_a_phone_that_could_not_be_reached_is_not_bad_and_the_letter_is_due_at_once(
    outreach: Outreach, connected: Served
) -> None:
    (ada,) = outreach.start({})
    outreach.send()
    told(outreach, connected.accepted()[0], "temporary-failure")
    outreach.work()
    with outreach.acting("dover-town"):
        assert list(db.session.scalars(select(BadAddress))) == []
    assert outreach.states(outreach.build(2)) == {ada: ("waiting", None)}


def test_what_waits_and_what_stopped_it_stand_under_settings(outreach: Outreach, connected: Served) -> None:
    outreach.client_of("mandy").post(f"{GATEWAYS}/text", data=FORM | {"per_minute": "2"})
    outreach.start({}, {}, {})
    outreach.send()
    page = outreach.client_of("mandy").get(GATEWAYS).text
    assert "1 person waits in approved batches. 2 of at most 2 have gone out in this minute" in page
    outreach.client_of("mandy").post(f"{GATEWAYS}/text", data=FORM | {"key": API_KEY[:-1] + "b"})
    outreach.later(minutes=1)
    page = outreach.client_of("mandy").get(GATEWAYS).text
    assert "Texts have stopped" in page
    assert "does not accept the key" in page


def test_what_is_not_told_is_asked_for(outreach: Outreach, connected: Served) -> None:
    outreach.start({}, {"mobile": "07700900003"})
    outreach.send()
    outreach.later(minutes=59)
    assert {row.delivery for row in contacts(outreach)} == {"not known"}
    outreach.later(minutes=2)
    assert [row.delivery for row in contacts(outreach)] == ["delivered", "temporary failure"]
    assert [row.state for row in contacts(outreach)] == ["sent", "failed"]
    with outreach.acting("dover-town"):
        assert list(db.session.scalars(select(BadAddress))) == []


def test_a_bad_number_is_said_once_and_can_be_used_again(outreach: Outreach) -> None:
    outreach.start({})

    def mark() -> list[bool]:
        person = db.session.scalars(select(Participant.person_id)).one()
        given = {"why": "rang out", "source": "a call"}
        return [bad_addresses.mark(person, "mobile", "07700900100", **given) for _ in range(2)]

    assert outreach.change(mark) == [True, False]
    bad = outreach.change(lambda: db.session.scalars(select(BadAddress)).one())
    assert outreach.change(lambda: [bad_addresses.lift(bad) for _ in range(2)]) == [True, False]
    assert outreach.change(mark) == [True, False]


def test_a_moment_that_cannot_be_read_is_now(outreach: Outreach) -> None:
    outreach.moved(seeding.MONDAY)
    assert delivery.moment_of(None) == clock.now()
    assert delivery.moment_of("2026-11-02T10:00:00") == dt.datetime(2026, 11, 2, 10, tzinfo=dt.UTC)


def test_connecting_and_disconnecting_are_recorded(outreach: Outreach, connected: Served) -> None:
    outreach.client_of("mandy").post(f"{GATEWAYS}/text/disconnect")
    with outreach.acting("dover-town"):
        wanted = select(AuditEvent.action).where(AuditEvent.subject == "gateway").order_by(AuditEvent.id)
        assert list(db.session.scalars(wanted)) == ["connected", "disconnected"]
        assert accounts.callback_tokens() == []


def test_nobody_gets_two_when_the_gateway_is_busy_at_the_moment_it_is_asked(
    outreach: Outreach, connected: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    outreach.start({}, {})
    connected.misbehave(cut_off=1)
    find, times = Notify.find, []

    def busy_at_first(self: Notify, message: Message) -> str | None:
        times.append(message.reference)
        if len(times) == 1:
            raise Busy
        return find(self, message)

    monkeypatch.setattr(Notify, "find", busy_at_first)
    batch_id = outreach.send()
    for _ in range(3):
        outreach.later(minutes=1)
    assert len(times) > 1, "the gateway was not asked again"
    assert outreach.batch_state(batch_id) == "done"
    assert sorted(accepted(connected)) == sorted(row.recipient for row in contacts(outreach))


def test_a_channel_that_is_none_cannot_be_connected(outreach: Outreach) -> None:
    mandy = outreach.client_of("mandy")
    assert mandy.post(f"{GATEWAYS}/pigeon", data=FORM).status_code == 404
    assert mandy.post(f"{GATEWAYS}/pigeon/disconnect").status_code == 404


def test_a_pcn_that_shows_a_wrong_token_keeps_no_other_from_being_told(
    outreach: Outreach, connected: Served
) -> None:
    outreach.start({})
    outreach.send()
    (message,) = connected.accepted()
    other = outreach.world.organisations["medway-central"]
    headers = {"Authorization": f"Bearer {'x' * 30}"}
    for _ in range(50):
        outreach.client_of(None).post(f"/callbacks/{other}/notify", json={}, headers=headers)
    assert told(outreach, message, "delivered").status_code == 204


@pytest.mark.parametrize("rate", ["²", "0", "3001", "ten"])
def test_a_rate_that_is_no_number_is_asked_for_again(outreach: Outreach, rate: str) -> None:
    answer = outreach.client_of("mandy").post(f"{GATEWAYS}/text", data=FORM | {"per_minute": rate})
    assert answer.status_code == 422
    assert "Enter a whole number from 1 to 3,000" in answer.text
