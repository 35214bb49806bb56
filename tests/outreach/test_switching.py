"""Another GOV.UK Notify service, or none, in the middle of a batch: nobody gets two, nobody is lost."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from app import clock, sealed
from app.audit import AuditEvent
from app.outreach import accounts
from app.outreach.gateway_models import InboundText, SendingAccount
from tenants.db import db
from tests.outreach.conftest import BASE, FORM, GATEWAYS, Outreach
from tests.outreach.test_notify import told
from tests.stand_in.notify import OTHER_KEY, OTHER_SERVICE, SERVICE, Served

OTHER = FORM | {"key": OTHER_KEY, "callback": "another-token-of-the-other-service"}


@pytest.fixture
def unclear(outreach: Outreach, connected: Served) -> int:
    """A batch of two: the service has taken one message, and nobody here knows."""
    outreach.start({}, {})
    connected.misbehave(cut_off=1)
    return outreach.send()


def _states(outreach: Outreach, batch_id: int) -> list[str]:
    return sorted(state for state, _ in outreach.states(batch_id).values())


def _resume(outreach: Outreach, batch_id: int) -> None:
    outreach.client_of("clara").post(f"{BASE}/outreach/batches/{batch_id}/resume")


def _sent_to(connected: Served) -> list[tuple[str, str]]:
    return sorted((each["to"], each["service"]) for each in connected.accepted())


@pytest.mark.parametrize("leave", ["another service", "none"])
def test_a_service_is_left_only_when_it_has_said_of_every_message_whether_it_has_it(
    outreach: Outreach, connected: Served, unclear: int, leave: str
) -> None:
    address, data = (f"{GATEWAYS}/text", OTHER) if leave == "another service" else (DISCONNECT, {})
    mandy = outreach.client_of("mandy")
    assert "sending" in _states(outreach, unclear)
    said = mandy.sent(address, **data).text
    assert "Nothing was changed yet: 1 message is under way" in said
    assert outreach.batch_state(unclear) == "paused"
    page = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{unclear}").text
    assert "Look under Settings, Gateways, that it is" in page
    outreach.later(minutes=2)
    assert "sending" not in _states(outreach, unclear)
    assert "Nothing was changed yet" not in mandy.sent(address, **data).text
    assert {service for _, service in _sent_to(connected)} == {SERVICE}


DISCONNECT = f"{GATEWAYS}/text/disconnect"


def test_everybody_has_one_message_though_the_service_changed_in_the_middle(
    outreach: Outreach, connected: Served
) -> None:
    mandy = outreach.client_of("mandy")
    mandy.post(f"{GATEWAYS}/text", data=FORM | {"per_minute": "1"})
    outreach.start({}, {}, {})
    connected.misbehave(cut_off=1)
    batch_id = outreach.send()
    mandy.post(f"{GATEWAYS}/text", data=OTHER)
    outreach.later(minutes=2)
    said = mandy.sent(f"{GATEWAYS}/text", **OTHER).text
    assert "Texts go out by GOV.UK Notify from now on." in said
    _resume(outreach, batch_id)
    outreach.later(minutes=2)
    assert _states(outreach, batch_id) == ["sent"] * 3
    numbers, services = zip(*_sent_to(connected), strict=True)
    assert len(set(numbers)) == 3
    assert sorted(services) == sorted([SERVICE, OTHER_SERVICE, OTHER_SERVICE])


def test_a_new_key_of_the_same_service_pauses_nothing(
    outreach: Outreach, connected: Served, unclear: int
) -> None:
    said = outreach.client_of("mandy").sent(f"{GATEWAYS}/text", **FORM).text
    assert "Texts go out by GOV.UK Notify from now on." in said
    outreach.later(minutes=2)
    assert _states(outreach, unclear) == ["sent", "sent"]
    assert len(connected.accepted()) == 2


def test_changing_the_service_pauses_what_waits_and_says_so(outreach: Outreach, connected: Served) -> None:
    mandy = outreach.client_of("mandy")
    mandy.post(f"{GATEWAYS}/text", data=FORM | {"per_minute": "1"})
    outreach.start({}, {})
    batch_id = outreach.send()
    assert "what goes out is paused until somebody resumes it" in mandy.get(f"{GATEWAYS}/text").text
    assert "What had not gone out yet is paused: 1 batch." in mandy.sent(f"{GATEWAYS}/text", **OTHER).text
    outreach.later(minutes=2)
    assert _states(outreach, batch_id) == ["sent", "waiting"]


def test_the_service_before_still_tells_what_became_of_its_messages_and_who_said_stop(
    outreach: Outreach, connected: Served
) -> None:
    outreach.start({"mobile": "07700900002"}, {})
    batch_id = outreach.send()
    outreach.client_of("mandy").post(f"{GATEWAYS}/text", data=OTHER)
    first, second = connected.accepted()
    assert told(outreach, first, "permanent-failure").status_code == 204
    text = {"id": "one", "source_number": second["to"], "message": "STOP", "date_received": None}
    tenant = outreach.world.organisations["dover-town"]
    for token, status in ((FORM["callback"], 204), (OTHER["callback"], 204), ("x" * 30, 404)):
        answer = outreach.client_of(None).post(
            f"/callbacks/{tenant}/texts", json=text, headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == status
    outreach.work()
    assert _states(outreach, batch_id) == ["failed", "sent"]
    with outreach.acting("dover-town"):
        assert db.session.scalars(select(InboundText.meant)).all() == ["stop"]


def test_a_token_that_was_replaced_for_the_same_service_is_good_no_more(
    outreach: Outreach, connected: Served
) -> None:
    mandy = outreach.client_of("mandy")
    mandy.post(f"{GATEWAYS}/text", data=OTHER)
    mandy.post(f"{GATEWAYS}/text", data=OTHER | {"callback": "a-newer-token-of-the-other"})
    with outreach.acting("dover-town"):
        assert accounts.callback_tokens() == ["a-newer-token-of-the-other", FORM["callback"]]


def test_messages_that_the_service_never_answers_about_can_be_given_up(
    outreach: Outreach, connected: Served, unclear: int
) -> None:
    mandy = outreach.client_of("mandy")
    mandy.post(f"{GATEWAYS}/text", data=FORM | {"key": FORM["key"][:-1] + "b"})
    assert "No answer about" not in mandy.get(GATEWAYS).text
    assert "Given up: 0 messages." in mandy.sent(f"{GATEWAYS}/text/give-up").text
    outreach.later(minutes=2)
    assert outreach.batch_state(unclear) == "paused", "the key is not accepted any more"
    outreach.later(minutes=2)
    page = mandy.get(GATEWAYS).text
    assert "No answer about 1 message" in page
    assert "Nothing was changed yet" in mandy.sent(f"{GATEWAYS}/text", **OTHER).text
    assert "Given up: 1 message." in mandy.sent(f"{GATEWAYS}/text/give-up").text
    assert "Nothing was changed yet" not in mandy.sent(f"{GATEWAYS}/text", **OTHER).text
    _resume(outreach, unclear)
    outreach.later(minutes=2)
    assert _states(outreach, unclear) == ["failed", "sent"]
    assert ("failed", "the gateway did not answer") in outreach.states(unclear).values()
    with outreach.acting("dover-town"):
        given_up = select(AuditEvent.count).where(AuditEvent.action == "gave up").order_by(AuditEvent.id)
        assert list(db.session.scalars(given_up)) == [0, 1]
    assert outreach.client_of("cora").post(f"{GATEWAYS}/text/give-up").status_code == 403
    assert mandy.post(f"{GATEWAYS}/pigeon/give-up").status_code == 404


def test_what_the_service_may_answer_about_in_a_moment_is_not_given_up(
    outreach: Outreach, connected: Served, unclear: int
) -> None:
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{unclear}/pause")
    outreach.moved(clock.local(clock.now()).replace(tzinfo=None) + dt.timedelta(seconds=179))
    assert "No answer about" not in outreach.client_of("mandy").get(GATEWAYS).text
    assert "Given up: 0 messages." in outreach.client_of("mandy").sent(f"{GATEWAYS}/text/give-up").text
    assert "sending" in _states(outreach, unclear)


def test_a_pcn_whose_keys_cannot_be_read_any_more_connects_anew(
    outreach: Outreach, connected: Served
) -> None:
    def spoilt() -> None:
        other = sealed.seal_text("a key", "another place")
        db.session.execute(update(SendingAccount).values(key_sealed=other, callback_sealed=other))

    outreach.change(spoilt)
    with outreach.acting("dover-town"):
        assert accounts.callback_tokens() == []
    assert "from now on" in outreach.client_of("mandy").sent(f"{GATEWAYS}/text", **FORM).text
    outreach.start({})
    outreach.send()
    assert len(connected.accepted()) == 1
