"""A programme on a Monday morning, and shortcuts through its batches."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.outreach.models import Batch
from tenants.db import db
from tests.conftest import Acting
from tests.outreach import approving, seeding
from tests.stand_in.notify import API_KEY, BEARER, Served, served
from tests.world import World

BASE = "/pcn/dover-town"
GATEWAYS = f"{BASE}/settings/gateways"
# What is entered to let texts go by GOV.UK Notify; or rather by the stand-in.
TEMPLATE = "0f5a2b3c-1d2e-4f60-8a7b-9c0d1e2f3a4b"
FORM = {"key": API_KEY, "template": TEMPLATE, "callback": BEARER, "per_minute": "3000"}


class Outreach:
    """A programme in Dover Town, acted on through HTTP by the named people."""

    def __init__(self, app: Flask, world: World, client_of: Any, acting: Acting, moved: Any) -> None:
        self.app, self.world, self.client_of, self.acting, self.moved = app, world, client_of, acting, moved
        self.programme_id = 0
        self.people: list[int] = []

    def start(self, *people: dict[str, Any], released: bool = True) -> list[int]:
        """Make the programme on Monday 2 November 2026 at 10, with these people. Their participant ids."""
        self.moved(seeding.MONDAY)
        with self.acting("dover-town"):
            self.programme_id, self.people = seeding.started(self.world, list(people), released=released)
        return self.people

    @property
    def page(self) -> str:
        """The address of the programme's outreach."""
        return f"{BASE}/programmes/{self.programme_id}/outreach"

    def build(self, position: int = 1, who: str = "cora") -> int:
        """Build the batch of the step at `position`; its id."""
        answer = self.client_of(who).post(f"{self.page}/build", data={"position": position})
        assert "/batches/" in answer.location, answer.location
        return int(answer.location.rsplit("/", 1)[1])

    def approve(self, batch_id: int, who: str = "clara") -> Any:
        """Approve a batch; the answer."""
        return approving.approve(self.client_of(who), batch_id)

    def send(self, position: int = 1) -> int:
        """Build, approve and send a batch; its id."""
        batch_id = self.build(position)
        self.approve(batch_id)
        self.work()
        return batch_id

    def letters(self) -> int:
        """Send the texts and, a week later, build, approve and make the letters; their batch's id."""
        self.send()
        self.moved(seeding.MONDAY + dt.timedelta(days=7))
        return self.send(2)

    def work(self) -> int:
        """Run the worker until nothing is due."""
        return seeding.work(self.app, self.world)

    def later(self, **passed: float) -> int:
        """So long later (`minutes=1`), the worker works until nothing is due."""
        self.moved(clock.local(clock.now()).replace(tzinfo=None) + dt.timedelta(**passed))
        return self.work()

    def states(self, batch_id: int) -> dict[int, tuple[str, str | None]]:
        """State and reason of each participant in a batch."""
        with self.acting("dover-town"):
            return seeding.states(batch_id)

    def batch_state(self, batch_id: int) -> str:
        """The batch's state."""
        with self.acting("dover-town"):
            return str(db.session.scalar(select(Batch.state).where(Batch.id == batch_id)))

    def captured(self) -> list[Any]:
        """The messages that the captured gateway took."""
        with self.acting("dover-town"):
            return seeding.captured()

    def links(self) -> list[str]:
        """The reply link of each message, as a path."""
        return ["/r/" + row.body.split("/r/")[1].split(". ")[0] for row in self.captured()]

    def change(self, work: Callable[[], Any]) -> Any:
        """Do something as Dover Town and commit it."""
        with self.acting("dover-town"):
            done = work()
            db.session.commit()
            return done


@pytest.fixture
def outreach(app: Flask, world: World, client_of: Any, acting: Acting, moved: Any) -> Outreach:
    """Outreach of a programme, not started yet."""
    return Outreach(app, world, client_of, acting, moved)


@pytest.fixture
def link(outreach: Outreach) -> str:
    """Ada's link, on Monday at 10."""
    outreach.start({})
    outreach.send()
    return outreach.links()[0]


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    """A stand-in for GOV.UK Notify in a process of its own."""
    with served() as found:
        yield found


@pytest.fixture
def notify(running: Served, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Served:
    """A stand-in that nothing was sent to yet, where the application asks for GOV.UK Notify."""
    running.reset()
    monkeypatch.setitem(app.config, "NOTIFY_URL", running.url)
    return running


@pytest.fixture
def connected(outreach: Outreach, notify: Served) -> Served:
    """The PCN's texts go by the stand-in."""
    outreach.moved(seeding.MONDAY)
    assert outreach.client_of("mandy").post(f"{GATEWAYS}/text", data=FORM).status_code == 303
    return notify
