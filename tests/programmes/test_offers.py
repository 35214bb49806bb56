"""What other rooms hang on "Today" and on a programme's page."""

import pytest

from app.programmes import next_steps, today
from app.programmes.models import Programme
from app.programmes.today import Todo


def test_rooms_say_what_waits_and_are_asked_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(today, "_OFFERS", [])

    @today.offers
    def calls() -> list[Todo]:
        return [Todo("calls due today", "/calls", 3)]

    today.offers(calls)
    assert today.waiting() == [Todo("calls due today", "/calls", 3)]


def test_a_room_without_a_next_step_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_steps, "_OFFERS", [])
    next_steps.offers(lambda _: None)
    next_steps.offers(lambda programme: Todo(f"Freeze the cohort of {programme.name}", "/cohort"))
    assert [todo.text for todo in next_steps.next_steps(Programme(name="Aim high"))] == [
        "Freeze the cohort of Aim high"
    ]
