"""When somebody may be rung, when they asked to be, and which time of day to try next."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import clock
from app.outreach import call_times, hours

FIRST, LAST = dt.datetime(2026, 1, 1), dt.datetime(2027, 12, 31)  # noqa: DTZ001 - the strategy adds the zone
MOMENTS = st.datetimes(FIRST, LAST, timezones=st.just(dt.UTC))


def _there(year: int, month: int, day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=clock.LONDON)


@pytest.mark.parametrize(
    ("days", "times", "moment", "begins"),
    [
        (["Monday"], "in the morning", _there(2026, 11, 2, 8), _there(2026, 11, 2, 9)),
        (["Monday"], "in the morning", _there(2026, 11, 2, 11), _there(2026, 11, 2, 9)),  # it is now
        (["Monday"], "in the morning", _there(2026, 11, 2, 12), _there(2026, 11, 9, 9)),  # it is over
        (["Monday", "Thursday"], "in the afternoon", _there(2026, 11, 3, 10), _there(2026, 11, 5, 12)),
        ([], "at any time", _there(2026, 11, 6, 19), _there(2026, 11, 9, 9)),  # Friday evening
        ([], "in the evening", _there(2026, 11, 6, 19), _there(2026, 11, 6, 18)),
        (["Friday"], "at any time", _there(2026, 12, 24, 10), _there(2027, 1, 8, 9)),  # two bank holidays
        ([], "in the morning", _there(2027, 3, 26, 8), _there(2027, 3, 30, 9)),  # Easter, and the clocks
    ],
)
def test_the_next_slot_is_the_first_that_is_not_over(
    days: list[str], times: str, moment: dt.datetime, begins: dt.datetime
) -> None:
    assert call_times.next_slot(days, times, moment) == begins


@given(st.lists(st.sampled_from(call_times.DAYS)), st.sampled_from([*call_times.SLOTS, ""]), MOMENTS)
def test_a_slot_is_on_a_day_that_was_named_and_ends_after_now(
    days: list[str], times: str, moment: dt.datetime
) -> None:
    begins = clock.local(call_times.next_slot(days, times, moment))
    opens, closes = call_times.SLOTS.get(times, call_times.SLOTS["at any time"])
    assert hours.is_working_day(begins.date())
    assert begins.time() == opens
    assert not days or call_times.DAYS[begins.weekday()] in days
    assert call_times.at(begins.date(), closes) > moment


def test_only_an_evening_that_was_asked_for_is_open_until_8pm() -> None:
    evening = call_times.agreed_on(dt.date(2026, 11, 4), "18:30")
    assert call_times.closes_for(evening, dt.date(2026, 11, 4)) == dt.time(20)
    assert call_times.closes_for(evening, dt.date(2026, 11, 5)) == dt.time(18)
    assert call_times.closes_for(
        call_times.agreed_on(dt.date(2026, 11, 4), "17:30"), dt.date(2026, 11, 4)
    ) == (dt.time(18))
    assert call_times.closes_for(None, dt.date(2026, 11, 4)) == dt.time(18)


@given(st.lists(MOMENTS, min_size=1, max_size=4))
def test_another_time_of_day_is_tried_than_the_last(tried: list[dt.datetime]) -> None:
    following = call_times.another_time(tried)
    parts = [call_times.part_of_day(moment) for moment in sorted(tried)]
    assert following in call_times.TRIED
    assert following != parts[-1] or parts.count(following) < len(parts) - parts.count(following)


def test_nothing_is_suggested_where_nobody_has_rung() -> None:
    assert call_times.another_time([]) is None
