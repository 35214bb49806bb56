"""The calendar is in order and complete as far as it says, and a sending is warned of what it meets."""

import datetime as dt

import pytest

from app.library.setup_steps import CHANNELS
from app.outreach import calendar
from app.outreach.calendar import Series, clashes_on, events_in, not_known, series

LAUNCH = dt.date(2026, 11, 22)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize("one", series(), ids=lambda one: one.name)
def test_each_entry_is_in_order_and_complete_up_to_the_day_it_says(one: Series) -> None:
    assert one.events, one.name
    for event in one.events:
        assert event.starts <= event.ends
        assert event.starts <= one.until, "beyond this day it says that it knows nothing"
        assert event.affects
        assert event.affects <= set(CHANNELS)
        assert event.says[0].islower()
        assert not event.says.endswith(".")
        assert event.sure
    assert one.source
    pairs = list(zip(one.events, one.events[1:], strict=False))
    assert all(earlier.ends < later.starts for earlier, later in pairs)
    assert one.until >= LAUNCH + dt.timedelta(days=180), "half a year from when it was written"


def test_the_entries_are_in_the_order_of_their_first_day_and_named_once() -> None:
    listed = list(series())
    assert listed == sorted(listed, key=lambda one: one.events[0].starts)
    assert len({one.name for one in listed}) == len(listed)


def test_each_of_the_clashes_that_the_programmes_met_is_there() -> None:
    names = {one.name for one in series()}
    assert names >= {
        "Flu vaccination", "Covid-19 vaccination", "End of the QOF year", "Festive weeks", "Ramadan",
        "School holidays",
    }  # fmt: skip


def test_a_year_of_which_nothing_is_said_lies_between_no_two_years_of_an_entry() -> None:
    for name in ("Festive weeks", "End of the QOF year", "Ramadan"):
        one = next(one for one in series() if one.name == name)
        years = [event.starts.year for event in one.events]
        assert years == list(range(years[0], years[0] + len(years)))


def test_school_terms_and_holidays_fill_the_year_between_them() -> None:
    terms = [
        ("2026-09-01", "2026-10-16"), ("2026-11-02", "2026-12-18"), ("2027-01-04", "2027-02-12"),
        ("2027-02-22", "2027-03-25"), ("2027-04-12", "2027-05-28"), ("2027-06-07", "2027-07-22"),
    ]  # fmt: skip
    holidays = next(one for one in series() if one.name == "School holidays").events
    for (_, ends), (starts, _), holiday in zip(terms, terms[1:], holidays, strict=False):
        assert holiday.starts == day(ends) + calendar.DAY
        assert holiday.ends == day(starts) - calendar.DAY


@pytest.mark.parametrize(
    ("on", "channel", "meets"),
    [
        ("2026-12-14", "letter", {"Festive weeks", "Covid-19 vaccination", "School holidays"}),
        ("2026-12-04", "letter", {"Covid-19 vaccination", "Festive weeks"}),  # calls come up to 18 December
        ("2026-12-04", "call", {"Covid-19 vaccination"}),
        ("2027-06-21", "text", set()),
        # A day before, by the moon.
        ("2027-02-07", "text", {"Ramadan", "School holidays", "End of the QOF year"}),
        ("2027-02-06", "call", {"End of the QOF year"}),
        ("2027-09-20", "text", set()),
        ("2027-10-29", "call", {"Diwali"}),
        ("2027-10-29", "text", set()),
    ],
)  # fmt: skip
def test_a_sending_meets_what_falls_on_its_day_and_on_the_days_of_its_calls(
    on: str, channel: str, meets: set[str]
) -> None:
    said = " ".join(clashes_on([day(on)], channel))
    assert {one.name for one in series() if f"{one.name}, " in said} == meets


def test_what_meets_the_calls_alone_is_said_so_and_nothing_is_said_twice() -> None:
    said = clashes_on([day("2026-12-01"), day("2026-12-04"), day("2026-12-02")], "letter")
    assert said[-1] == (
        "In 5 to 14 days, when people ring or are rung: Festive weeks, 10 December 2026 to 5 January 2027: "
        "fewer people answer, post is slow, and teams are short of staff."
    )
    assert len(said) == len(set(said)) == 2
    assert clashes_on([], "letter") == []


def test_what_the_moon_decides_says_so() -> None:
    ramadan = next(said for said in clashes_on([day("2027-02-15")], "call") if said.startswith("Ramadan"))
    assert ramadan.startswith("Ramadan, about 8 February to 9 March 2027: ")
    assert ramadan.endswith("A day earlier or later, by the moon.")


def test_bank_holidays_and_clock_changes_are_reckoned() -> None:
    names = [(event.name, event.starts) for event in events_in(day("2027-03-22"), day("2027-03-28"))]
    assert ("Bank holiday", day("2027-03-26")) in names
    assert ("Clocks go forward", day("2027-03-28")) in names
    autumn = events_in(day("2026-10-19"), day("2026-10-25"))
    assert [event.sentence for event in autumn if "Clocks" in event.name] == [
        "Clocks go back, 25 October 2026: times agreed for calls are by the new time."
    ]
    # Boxing Day 2026 is a Saturday: its Monday is free instead.
    names = [(event.name, event.days) for event in events_in(day("2026-12-26"), day("2026-12-28"))]
    assert names[-1] == ("Bank holiday", "28 December 2026")


def test_it_is_said_of_what_there_are_no_dates() -> None:
    assert not_known(day("2027-08-31")) == []
    assert "School holidays: we have no dates after 31 August 2027." in not_known(day("2027-09-01"))
