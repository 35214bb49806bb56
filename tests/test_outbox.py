"""What a piece of work leaves behind."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app import clock, outbox
from tenants.db import db
from tests.world import World

PAYLOAD = {"link": "http://localhost/reset/1-secret"}


@pytest.fixture
def done_by(acting: Callable[..., Any], world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`done_by(handler)` leaves one piece of work, lets the handler do it, and returns its row."""

    def do(handler: Callable[[Any], Any]) -> outbox.Outbox:
        monkeypatch.setitem(outbox.HANDLERS, "test.work", handler)
        with acting("dover-town"):
            outbox.leave("test.work", "A piece of work", dict(PAYLOAD), key="1")
            db.session.commit()
            (row,) = db.session.scalars(select(outbox.Outbox))
            outbox.run(world.organisations["dover-town"], row.id)
            return db.session.scalars(select(outbox.Outbox).execution_options(populate_existing=True)).one()

    return do


def test_work_that_is_done_keeps_its_label_and_nothing_of_what_it_was_about(done_by) -> None:
    seen = []
    row = done_by(seen.append)
    assert seen == [PAYLOAD]
    assert row.done_at is not None
    assert (row.label, row.payload) == ("A piece of work", {})


def test_work_that_goes_on_later_keeps_what_it_needs(done_by) -> None:
    later = clock.now() + dt.timedelta(hours=1)
    row = done_by(lambda _: outbox.Later(later))
    assert (row.done_at, row.payload) == (None, PAYLOAD)


def test_work_that_failed_keeps_what_it_needs_to_be_tried_again(done_by) -> None:
    def fail(payload: Any) -> None:
        raise outbox.WorkCannotBeDone("The gateway does not answer.")

    row = done_by(fail)
    assert (row.done_at, row.payload) == (None, PAYLOAD)
    assert "The gateway does not answer." in (row.error or "")
