"""The hours in which messages go out, also on the days on which the clocks change.

In 2026 the clocks go forward on 29 March and back on 25 October, in 2027 on 28 March and on 31 October.
"""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.outreach import hours
from app.outreach.rules import Facts, Reason, Sending, next_opening, why_not
from app.outreach.sequence import Attempt, Rule, Where, place_of

KENT = ZoneInfo("Europe/London")
NINE, SIX = dt.time(9), dt.time(18)


def in_kent(*written: int, again: bool = False) -> dt.datetime:
    """A moment as the clock on the wall shows it; `again`: the second time that it shows it."""
    return dt.datetime(*written, tzinfo=KENT, fold=int(again)).astimezone(dt.UTC)  # type: ignore[arg-type,misc]


def utc(*written: int) -> dt.datetime:
    """A moment of the world's clock."""
    return dt.datetime(*written, tzinfo=dt.UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        (
            utc(2026, 3, 27, 18),
            utc(2026, 3, 30, 8),
        ),  # Friday evening in winter, Monday at nine in summer time
        (utc(2026, 3, 29, 0, 30), utc(2026, 3, 30, 8)),
        (utc(2026, 3, 30, 7, 59), utc(2026, 3, 30, 8)),
        (utc(2026, 3, 30, 8), utc(2026, 3, 30, 8)),
        (
            utc(2026, 10, 23, 17),
            utc(2026, 10, 26, 9),
        ),  # Friday at six in summer, Monday at nine in winter time
        (utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 9)),  # 01:30 the first time
        (utc(2026, 10, 25, 1, 30), utc(2026, 10, 26, 9)),  # 01:30 the second time
        (utc(2026, 10, 26, 8, 59), utc(2026, 10, 26, 9)),
        (utc(2027, 3, 25, 18), utc(2027, 3, 30, 8)),  # Easter, and the change of the clocks within it
        (utc(2027, 12, 24, 18), utc(2027, 12, 29, 9)),  # both bank holidays kept on later days
    ],
)
def test_the_next_opening_is_nine_by_the_clock_on_the_wall(moment: dt.datetime, opening: dt.datetime) -> None:
    assert hours.next_open(moment, NINE, SIX) == opening
    assert next_opening(Sending(opens=NINE, closes=SIX), moment) == opening


@pytest.mark.parametrize("again", [False, True])
def test_half_past_one_is_on_the_same_day_both_times(again: bool) -> None:
    moment = in_kent(2026, 10, 25, 1, 30, again=again)
    assert hours.day_of(moment) == dt.date(2026, 10, 25)
    assert moment == utc(2026, 10, 25, 1 if again else 0, 30)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (utc(2026, 3, 28, 23, 30), dt.date(2026, 3, 28)),
        (utc(2026, 3, 29, 23, 30), dt.date(2026, 3, 30)),  # half past midnight in summer time
        (utc(2026, 10, 24, 23, 30), dt.date(2026, 10, 25)),
        (utc(2026, 10, 25, 23, 30), dt.date(2026, 10, 25)),
    ],
)
def test_the_day_is_the_one_in_kent(moment: dt.datetime, day: dt.date) -> None:
    assert hours.day_of(moment) == day


@pytest.mark.parametrize("sunday", [dt.date(2026, 3, 29), dt.date(2026, 10, 25), dt.date(2027, 3, 28)])
def test_seven_days_across_the_change_of_the_clocks_are_seven_days(sunday: dt.date) -> None:
    rules = [Rule(1, "text"), Rule(2, "letter", 7)]
    reached = sunday - dt.timedelta(days=3)
    sent = [Attempt(1, "sent", None, reached)]
    found = [place_of(rules, sent, lambda _: None, reached + dt.timedelta(days=n)).where for n in range(9)]
    assert found == [Where.LATER] * 7 + [Where.DUE] * 2


MOMENTS = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2028, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001
TIMES = st.times().map(lambda time: time.replace(second=0, microsecond=0))
WEEKDAYS = st.frozensets(st.integers(0, 6))


@settings(deadline=None)
@given(MOMENTS, TIMES, TIMES, WEEKDAYS)
def test_the_next_opening_is_open_and_nothing_before_it_is(moment, opens, closes, weekdays) -> None:
    assume(opens < closes)
    opening = hours.next_open(moment, opens, closes, weekdays)
    assert opening >= moment
    there = opening.astimezone(KENT)
    assert hours.are_open(opening, opens, closes, weekdays)
    assert hours.is_working_day(there.date())
    step = dt.timedelta(minutes=17)
    before = moment
    while before < min(opening, moment + dt.timedelta(days=3)):
        assert not hours.are_open(before, opens, closes, weekdays)
        before += step


@settings(deadline=None)
@given(MOMENTS, WEEKDAYS)
def test_a_step_goes_out_on_its_own_weekdays_only(moment, weekdays) -> None:
    sending = Sending().narrowed(None, None, weekdays)
    well = Facts(mobile="07700900123")
    reason = why_not(well, "text", sending, next_opening(sending, moment))
    assert reason is None
    day = next_opening(sending, moment).astimezone(KENT).date()
    assert day.weekday() in weekdays or not weekdays & {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    ("opens", "closes", "within"),
    [
        (None, None, (NINE, SIX)),
        (dt.time(14), None, (dt.time(14), SIX)),
        (None, dt.time(12), (NINE, dt.time(12))),
        (dt.time(7), dt.time(21), (NINE, SIX)),
        (dt.time(18), dt.time(20), (NINE, SIX)),  # never open: the PCN's own hours hold
        (dt.time(15), dt.time(14), (NINE, SIX)),
    ],
)
def test_a_step_narrows_the_hours_of_the_pcn_and_never_widens_them(
    opens: dt.time | None, closes: dt.time | None, within: tuple[dt.time, dt.time]
) -> None:
    narrowed = Sending().narrowed(opens, closes, ())
    assert (narrowed.opens, narrowed.closes) == within


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        (in_kent(2026, 11, 4, 13, 59), Reason.HOURS),
        (in_kent(2026, 11, 4, 14, 0), None),
        (in_kent(2026, 11, 4, 15, 59), None),
        (in_kent(2026, 11, 4, 16, 0), Reason.HOURS),
        (in_kent(2026, 11, 5, 14, 0), Reason.HOURS),
    ],
)
def test_outside_the_hours_of_a_step_nothing_goes_out(moment: dt.datetime, reason: Reason | None) -> None:
    sending = Sending().narrowed(dt.time(14), dt.time(16), [2])
    well = Facts(mobile="07700900123", email="ada@example.test")
    assert why_not(well, "text", sending, moment) is reason
    assert why_not(well, "email", sending, moment) is reason
    assert why_not(well, "letter", sending, moment) is None


@settings(deadline=None)
@given(st.dates(dt.date(2026, 1, 1), dt.date(2028, 1, 1)), st.integers(0, 30))
def test_working_days_are_counted_one_by_one(day: dt.date, number: int) -> None:
    found = hours.days_after(day, number, working=True)
    between = [day + dt.timedelta(days=n) for n in range(1, (found - day).days + 1)]
    assert sum(hours.is_working_day(one) for one in between) == number
    assert not number or hours.is_working_day(found)
    assert hours.days_after(day, number, working=False) == day + dt.timedelta(days=number)
