"""The steps are changed at the very moment at which somebody else builds or changes, with real commits."""

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.outreach import building, step_changes
from app.outreach.models import Batch, Step
from tenants.db import db
from tests.conftest import block, signed_in_client
from tests.outreach import seeding
from tests.outreach.conftest import BASE
from tests.world import World

LONG_ENOUGH = 0.3  # seconds for the second to come to where it waits; were it later, the outcome is the same


class AtOnce:
    """A programme, and two people who press a button while one of them is held up half way."""

    def __init__(self, app: Flask, world: World) -> None:
        self.app, self.world = app, world
        with block(app, world, "dover-town", None, False):
            programme_id, _ = seeding.started(world, [{}, {}])
            db.session.commit()
        self.page = f"{BASE}/programmes/{programme_id}/outreach"

    def press(self, who: str, path: str, **values: Any) -> tuple[int, str]:
        """Send a form as `who`; the status and where it leads or what it says."""
        answer = signed_in_client(self.app, self.world, who).post(f"{self.page}/{path}", data=values)
        return answer.status_code, answer.location or answer.text

    def mark(self) -> str:
        """The state of the steps that a page shows now."""
        page = signed_in_client(self.app, self.world, "mandy").get(f"{self.page}/steps").text
        found = re.search(r'name="seen" value="(\w+)"', page)
        assert found is not None
        return found[1]

    def names(self) -> tuple[list[str], int]:
        """The steps in order, and how many batches there are."""
        with block(self.app, self.world, "dover-town", None, False):
            steps = list(db.session.scalars(select(Step.name).order_by(Step.position)))
            return steps, len(list(db.session.scalars(select(Batch.id))))


@pytest.fixture
def at_once(live: Flask, world: World) -> AtOnce:
    """As in AtOnce."""
    return AtOnce(live, world)


def held_up(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, meanwhile: Callable[[], Any]
) -> list[Future[Any]]:
    """Let `meanwhile` begin, once, when somebody comes to `module.name`; what came of it."""
    work, begun, came = getattr(module, name), threading.Lock(), []
    pool = ThreadPoolExecutor(1)

    def slowly(*args: Any, **kwargs: Any) -> Any:
        if begun.acquire(blocking=False):
            came.append(pool.submit(meanwhile))
            time.sleep(LONG_ENOUGH)
        return work(*args, **kwargs)

    monkeypatch.setattr(module, name, slowly)
    return came


def test_a_step_cannot_be_taken_out_while_a_batch_of_it_is_being_built(
    at_once: AtOnce, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = at_once.mark()
    came = held_up(
        monkeypatch, building, "build",
        lambda: at_once.press("mandy", "steps/change", act="remove", position=1, seen=mark),
    )  # fmt: skip
    status, where = at_once.press("cora", "build", position=1, name="Text")
    assert (status, "/batches/" in where) == (303, True)
    refused, page = came[0].result(60)
    assert refused == 422
    assert "A batch of this step was built, so it stays" in page
    assert at_once.names() == (["Text", "Letter", "Call"], 1)


def test_nothing_is_built_of_a_step_that_is_being_taken_out(
    at_once: AtOnce, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = at_once.mark()
    came = held_up(
        monkeypatch, step_changes, "_kept", lambda: at_once.press("cora", "build", position=1, name="Text")
    )
    status, _ = at_once.press("mandy", "steps/change", act="remove", position=1, seen=mark)
    assert status == 303
    assert came[0].result(60) == (303, at_once.page)
    assert at_once.names() == (["Letter", "Call"], 0)


def test_of_two_managers_who_move_at_once_one_is_told_to_look_again(
    at_once: AtOnce, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = at_once.mark()
    came = held_up(
        monkeypatch, step_changes, "_kept",
        lambda: at_once.press("max", "steps/change", act="up", position=3, seen=mark),
    )  # fmt: skip
    status, _ = at_once.press("mandy", "steps/change", act="down", position=1, seen=mark)
    assert status == 303
    refused, page = came[0].result(60)
    assert (refused, "Somebody changed the steps after you opened this page." in page) == (422, True)
    assert at_once.names() == (["Letter", "Text", "Call"], 0)
