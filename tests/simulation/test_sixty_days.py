"""Nobody early, late, twice, after an opt-out, or lost: sixty days of one programme on a moved clock.

The last tests break the service on purpose, one promise at a time, so that the judge is known to see it.
"""

from collections.abc import Callable

import pytest
from flask import Flask

from app.outreach import call_stops, opt_outs, replies, stopping
from tests.outreach import crowds
from tests.outreach.seeding import STEPS
from tests.simulation.days import Days
from tests.simulation.judge import Wrong
from tests.world import World

FEW, MANY = 300, 10_000


def simulated(app: Flask, world: World, people: int, patch: pytest.MonkeyPatch, *, seed: int) -> Days:
    """Sixty days with so many people, in which something of everything happened."""
    days = Days(app, world, people, seed, patch).run(60)
    happened = {kind for kind, often in days.tally.items() if often}
    assert {"killed", "stopped", "paused", "STOP", "permanent-failure", "returned-letter"} <= happened
    assert {"opted out by phone", "took it back"} <= happened
    assert {"yes, call me", "no thank you", "spoke: accepted", "deceased reported"} <= happened
    assert days.judge.contacts > people
    return days


def test_nobody_is_early_late_twice_stopped_or_lost(
    live: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated(live, world, FEW, monkeypatch, seed=7)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_thousand_people(live: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    simulated(live, world, MANY, monkeypatch, seed=11)


def _forgetful(_: pytest.MonkeyPatch, days: Days) -> None:
    days.outside.forgets = True


def _deaf(patch: pytest.MonkeyPatch, _: Days) -> None:
    patch.setattr(opt_outs, "enter", lambda *_, **__: 0)


def _hasty(patch: pytest.MonkeyPatch, _: Days) -> None:
    patch.setattr(crowds, "STEPS", [step | {"after_days": min(step["after_days"], 3)} for step in STEPS])


def _slow(patch: pytest.MonkeyPatch, _: Days) -> None:
    patch.setattr(crowds, "STEPS", [step | {"after_days": 3 * step["after_days"]} for step in STEPS])


def _forgets_calls(patch: pytest.MonkeyPatch, _: Days) -> None:
    patch.setattr(replies, "ask_for_call", lambda *_, **__: None)


def _forgets_who_took_it_back(patch: pytest.MonkeyPatch, _: Days) -> None:
    patch.setattr(call_stops, "ring_after_all", lambda *_: 0)


def _unstoppable(patch: pytest.MonkeyPatch, days: Days) -> None:
    patch.setattr(stopping, "stop", lambda: True)
    days.stops_early = True


BREAKS = {
    "got a second text": _forgetful,
    "after: opted out by phone": _deaf,
    "days after the": _hasty,
    "has waited since": _slow,
    "asked_for_call=datetime": _forgets_calls,
    "why='opted out by phone'.*asked_for_call=datetime": _forgets_who_took_it_back,
    "while all sending was stopped": _unstoppable,
}


@pytest.mark.parametrize("seen", BREAKS)
def test_the_judge_sees_a_broken_promise(
    live: Flask, world: World, monkeypatch: pytest.MonkeyPatch, seen: str
) -> None:
    days = Days(live, world, FEW, seed=7, patch=monkeypatch)
    broken: Callable[[pytest.MonkeyPatch, Days], None] = BREAKS[seen]
    broken(monkeypatch, days)
    with pytest.raises(Wrong, match=seen):
        days.run(60)
