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


QUIET = st.lists(
    st.tuples(st.dates(FIRST.date(), LAST.date()), st.integers(0, 40)).map(
        lambda one: (one[0], one[0] + dt.timedelta(days=one[1]))
    ),
    max_size=4,
)


@given(st.lists(st.sampled_from(call_times.DAYS)), st.sampled_from([*call_times.SLOTS]), MOMENTS, QUIET)
def test_a_slot_is_the_first_on_a_day_that_the_pcn_does_not_keep_quiet(
    days: list[str], times: str, moment: dt.datetime, quiet: list[tuple[dt.date, dt.date]]
) -> None:
    begins = call_times.next_slot(days, times, moment, call_times.Offered(quiet=quiet))
    there = clock.local(begins).date()
    assert not any(first <= there <= last for first, last in quiet)
    earlier = call_times.next_slot(days, times, moment)
    while earlier < begins:  # what would have come before it is quiet
        day = clock.local(earlier).date()
        assert any(first <= day <= last for first, last in quiet)
        tomorrow = call_times.at(day + dt.timedelta(days=1), dt.time())
        earlier = call_times.next_slot(days, times, tomorrow)
    assert earlier == begins


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


@pytest.mark.parametrize(
    ("opens", "closes", "weekdays", "days", "slots"),
    [
        (None, None, [], 5, {"morning": (9, 12), "afternoon": (12, 18), "time": (9, 18)}),
        (10, 16, [], 5, {"morning": (10, 12), "afternoon": (12, 16), "time": (10, 16)}),
        (13, 17, [2], 1, {"afternoon": (13, 17), "time": (13, 17)}),
        (None, 20, [], 5, {"morning": (9, 12), "afternoon": (12, 18), "evening": (18, 20), "time": (9, 18)}),
        (17, 22, [0, 6], 1, {"afternoon": (17, 18), "evening": (18, 20), "time": (17, 18)}),
        (18, 20, [], 5, {"evening": (18, 20), "time": (18, 20)}),
        (20, 22, [], 5, {"morning": (9, 12), "afternoon": (12, 18), "time": (9, 18)}),  # never meet
    ],
)
def test_what_is_offered_lies_within_the_hours_in_which_people_are_rung(
    opens: int | None, closes: int | None, weekdays: list[int], days: int, slots: dict[str, tuple[int, int]]
) -> None:
    found = call_times.offered(*(dt.time(hour) if hour else None for hour in (opens, closes)), weekdays)
    assert len(found.days) == days
    said = {part.split()[-1]: (begins.hour, ends.hour) for part, (begins, ends) in found.slots.items()}
    assert said == slots


HOURS = st.one_of(st.none(), st.times().map(lambda time: time.replace(second=0, microsecond=0)))


@given(
    HOURS, HOURS, st.sets(st.integers(0, 6)), st.lists(st.sampled_from(call_times.DAYS)), MOMENTS, st.data()
)
def test_a_time_that_was_offered_is_one_at_which_they_can_be_rung(
    opens: dt.time | None, closes: dt.time | None, weekdays: set[int], days: list[str], moment: dt.datetime,
    data: st.DataObject,
) -> None:  # fmt: skip
    offered = call_times.offered(opens, closes, weekdays)
    times = data.draw(st.sampled_from(sorted(offered.slots)))
    begins = call_times.next_slot(days, times, moment, offered)
    there, (_, ends) = clock.local(begins), offered.slots[times]
    assert there.strftime("%A") in (set(days) & set(offered.days) or offered.days)
    last = dt.datetime.combine(there.date(), ends, clock.LONDON) - dt.timedelta(minutes=1)
    closing = call_times.closes_for(begins, there.date())
    for when in (begins, last):
        assert hours.are_open(when, call_times.OPENS, closing)
    assert last >= moment - dt.timedelta(minutes=1)
