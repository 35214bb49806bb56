"""What the weeks to come hold at most: worked by hand, and against a day-by-day rule for random sequences."""

import datetime as dt
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from app.outreach import hours
from app.outreach.forecast import DAY, Pace, Turns, forecast

MONDAY = dt.date(2026, 11, 23)
DAYS = [MONDAY + DAY * number for number in range(42)]
TEXT, LETTER = Pace(1, "text"), Pace(2, "letter", 7)


def never(day: dt.date, channel: str) -> bool:
    return False


def on(number: int) -> dt.date:
    return MONDAY + DAY * number


def test_people_due_now_go_out_today_and_on_through_the_later_steps() -> None:
    call = Pace(3, "call", 5, working_days=True, per_day=40)
    going = forecast([TEXT, LETTER, call], Counter({(1, MONDAY): 100}), DAYS, never, {})
    assert going == Counter(
        {(on(0), 1): 100, (on(7), 2): 100, (on(14), 3): 40, (on(15), 3): 40, (on(16), 3): 20}
    )


def test_who_is_due_at_a_weekend_goes_out_on_the_next_day_that_the_step_is_sent() -> None:
    mondays = LETTER._replace(weekdays=frozenset({0}))
    saturday = on(5)
    assert forecast([TEXT, LETTER], Counter({(2, saturday): 3}), DAYS, never, {}) == Counter({(on(7), 2): 3})
    assert forecast([TEXT, mondays], Counter({(2, on(8)): 3}), DAYS, never, {}) == Counter({(on(14), 2): 3})


def test_on_quiet_days_nothing_goes_out_by_those_channels() -> None:
    def booster(day: dt.date, channel: str) -> bool:
        return channel == "text" and day < on(3)

    turns: Turns = Counter({(1, MONDAY): 5, (2, MONDAY): 4})
    going = forecast([TEXT, LETTER], turns, DAYS, booster, {})
    assert going == Counter({(on(0), 2): 4, (on(3), 1): 5, (on(10), 2): 5})


def test_no_more_go_out_today_than_are_left_of_the_limit() -> None:
    few = TEXT._replace(per_day=10)
    going = forecast([few], Counter({(1, MONDAY): 25}), DAYS, never, {1: 3})
    assert going == Counter({(on(0), 1): 3, (on(1), 1): 10, (on(2), 1): 10, (on(3), 1): 2})


def test_a_step_for_those_who_could_not_be_reached_is_passed_over_by_those_who_were() -> None:
    mail = Pace(2, "email", who=frozenset({"not delivered"}))
    going = forecast([TEXT, mail, Pace(3, "letter", 7)], Counter({(1, MONDAY): 5}), DAYS, never, {})
    assert going == Counter({(on(0), 1): 5, (on(7), 3): 5})


@st.composite
def sequences(draw: st.DrawFn) -> list[Pace]:
    """Up to four steps."""
    days = st.frozensets(st.integers(0, 4))
    return [
        Pace(
            position, "text", draw(st.integers(0, 10)), draw(st.booleans()), frozenset(), draw(days),
            draw(st.none() | st.integers(1, 9)),
        )
        for position in range(1, draw(st.integers(1, 4)) + 1)
    ]  # fmt: skip


@given(
    sequences(), st.lists(st.tuples(st.integers(1, 4), st.integers(-9, 30), st.integers(1, 30)), max_size=5)
)
def test_nobody_is_early_or_counted_twice_and_no_day_takes_too_many(
    paces: list[Pace], told: list[tuple[int, int, int]]
) -> None:
    turns: Turns = Counter()
    for position, day, people in told:
        turns[min(position, len(paces)), on(day)] += people
    going = forecast(paces, turns, DAYS, never, {})
    for (day, position), people in going.items():
        pace = paces[position - 1]
        assert hours.is_working_day(day)
        assert not pace.weekdays or day.weekday() in pace.weekdays
        assert pace.per_day is None or people <= pace.per_day
    for pace in paces:
        for last in DAYS:
            gone = sum(people for (day, at), people in going.items() if at == pace.position and day <= last)
            own = sum(people for (at, day), people in turns.items() if at == pace.position and day <= last)
            before = sum(
                people
                for (day, at), people in going.items()
                if at == pace.position - 1
                and hours.days_after(day, pace.after_days, working=pace.working_days) <= last
            )
            assert gone <= own + before
