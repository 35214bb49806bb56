"""One call, written down from two windows at the same moment."""

import datetime as dt
import threading
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.outreach import calls
from app.outreach.call_models import CallAttempt
from tenants.db import db
from tests.conftest import block, signed_in_client
from tests.outreach import seeding
from tests.outreach.calling import CALL_ONLY, DAY
from tests.outreach.conftest import BASE
from tests.outreach.test_call_outcomes import _listed_live
from tests.world import World, stay_signed_in

SAID = {"outcome": "no answer", "barrier": ""}


@pytest.mark.parametrize("keys", [("a" * 20, "b" * 20), ("a" * 20, "a" * 20)], ids=["two forms", "one form"])
def test_a_call_sent_from_two_windows_at_once_is_written_down_once(
    live: Flask, world: World, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, str]
) -> None:
    there = DAY.replace(tzinfo=clock.LONDON).astimezone(dt.UTC)
    monkeypatch.setattr(clock, "now", lambda: there)
    monkeypatch.setattr(seeding, "STEPS", CALL_ONLY)
    call_id = _listed_live(live, world)
    with live.app_context():
        stay_signed_in(world)
    signed_in_client(live, world, "lena").post(f"{BASE}/calls/{call_id}/claim")
    gate, together, record, went = threading.Barrier(2), threading.Barrier(2), calls.record, []

    def both(*given: Any) -> bool:
        """Let the two go on together where both have come so far; alone where one had to wait before."""
        with suppress(threading.BrokenBarrierError):
            together.wait(1)
        return record(*given)

    def send(key: str) -> None:
        client: Any = signed_in_client(live, world, "lena")
        gate.wait()
        went.append(client.post(f"{BASE}/calls/{call_id}", data=SAID | {"form_key": key}).status_code)

    monkeypatch.setattr(calls, "record", both)
    threads = [threading.Thread(target=send, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(went) == [303, 303 if keys[0] == keys[1] else 422]
    with block(live, world, "dover-town", "cora", audited=False):
        assert db.session.scalar(select(func.count()).select_from(CallAttempt)) == 1
