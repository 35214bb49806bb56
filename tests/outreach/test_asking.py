"""What a gateway does not tell by itself is asked for, also while a batch stands still."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from app.outbox import Outbox
from app.outreach import delivery
from app.outreach.models import Batch, Contact
from app.programmes.models import Programme
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.conftest import BASE, FORM, GATEWAYS, Outreach
from tests.stand_in.notify import API_KEY, Served

BOUNCES = {"mobile": "07700900002"}


def _half_sent(outreach: Outreach, *people: dict[str, str]) -> int:
    """A batch of two, or of these, of which one message went out in this minute; its id."""
    outreach.client_of("mandy").post(f"{GATEWAYS}/text", data=FORM | {"per_minute": "1"})
    outreach.start(*(people or (BOUNCES, {})))
    return outreach.send()


def _paused_by_hand(outreach: Outreach) -> None:
    with outreach.acting("dover-town"):
        batch_id = db.session.scalars(select(Batch.id)).one()
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{batch_id}/pause")


def _programme_is(outreach: Outreach, state: str) -> None:
    outreach.change(lambda: db.session.execute(update(Programme).values(state=state)))


def _key_is_refused(outreach: Outreach) -> None:
    """The batch is paused by the worker; then the right key is entered, and the batch is left as it is."""
    outreach.client_of("mandy").post(f"{GATEWAYS}/text", data=FORM | {"key": f"{API_KEY[:-1]}b"})
    outreach.later(minutes=1)
    outreach.client_of("mandy").post(f"{GATEWAYS}/text", data=FORM)


STANDS_STILL: dict[str, Callable[[Outreach], object]] = {
    "paused": _paused_by_hand,
    "all sending stopped": lambda outreach: outreach.client_of("cora").post(f"{outreach.page}/stop-all"),
    "programme paused": lambda outreach: _programme_is(outreach, "paused"),
    "programme closed": lambda outreach: _programme_is(outreach, "closed"),
    "key refused": _key_is_refused,
    "night": lambda outreach: outreach.moved(seeding.MONDAY.replace(hour=17, minute=59)),
}


def _asking(outreach: Outreach) -> list[bool]:
    """Of each piece of work that asks what became of messages, whether it is done."""
    with outreach.acting("dover-town"):
        rows = db.session.scalars(select(Outbox).where(Outbox.kind == "outreach.ask"))
        return [row.done_at is not None for row in rows]


def _sent(outreach: Outreach) -> list[Contact]:
    with outreach.acting("dover-town"):
        return list(db.session.scalars(select(Contact).where(Contact.state == "sent")))


@pytest.mark.parametrize("why", STANDS_STILL)
def test_lost_callbacks_are_asked_for_while_a_batch_stands_still(
    outreach: Outreach, connected: Served, why: str
) -> None:
    batch_id = _half_sent(outreach)
    STANDS_STILL[why](outreach)
    outreach.later(minutes=2)
    outreach.later(minutes=70)
    states = sorted(state for state, _ in outreach.states(batch_id).values())
    assert (states, outreach.batch_state(batch_id) in ("paused", "sending")) == (["failed", "waiting"], True)
    assert len(connected.accepted()) == 1
    outreach.later(hours=3)
    assert _asking(outreach) == [True], "nothing more is open"


def test_a_batch_that_goes_on_is_asked_for_in_the_same_piece_of_work(
    outreach: Outreach, connected: Served
) -> None:
    batch_id = _half_sent(outreach, {}, {}, {})
    address = f"{BASE}/outreach/batches/{batch_id}"
    for act, who in (("pause", "cora"), ("resume", "clara"), ("pause", "cora")):
        outreach.client_of(who).post(f"{address}/{act}")
        outreach.later(minutes=1)
    assert len(connected.accepted()) == 2
    assert _asking(outreach) == [False]
    outreach.later(minutes=70)
    outreach.later(hours=3)
    assert _asking(outreach) == [True]
    outreach.client_of("clara").post(f"{address}/resume")
    outreach.later(minutes=1)
    assert outreach.batch_state(batch_id) == "done"
    assert _asking(outreach) == [False], "what went out since is open"
    outreach.later(minutes=70)
    outreach.later(hours=3)
    assert _asking(outreach) == [True]
    assert [row.delivery for row in _sent(outreach)] == ["delivered"] * 3


def test_of_a_batch_of_which_nothing_went_out_nothing_is_asked(outreach: Outreach, connected: Served) -> None:
    outreach.start({}, {})
    batch_id = outreach.build()
    outreach.approve(batch_id)
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{batch_id}/pause")
    outreach.work()
    assert (outreach.batch_state(batch_id), _asking(outreach)) == ("paused", [])


@pytest.mark.parametrize("why", ["paused", "all sending stopped"])
def test_what_never_gets_a_final_word_is_asked_for_five_days_and_no_longer(
    outreach: Outreach, connected: Served, why: str
) -> None:
    _half_sent(outreach, {}, {})
    (message,) = connected.accepted()
    connected.arrive(message["id"], "sending")
    STANDS_STILL[why](outreach)
    outreach.later(minutes=1)
    outreach.later(days=4)
    assert _asking(outreach) == [False]
    for passed in (delivery.ASKED_FOR.days, 1):
        outreach.later(days=passed)
        assert _asking(outreach) == [True]
