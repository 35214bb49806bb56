"""Parts and price of a text, and when texts may go out."""

import datetime as dt
from decimal import Decimal

import pytest

from app.library import sms
from app.outreach import hours


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 918, 6),
        ("€" * 80, 1),  # counts twice
        ("€" * 81, 2),
        ("é" * 160, 1),  # in the GSM set
        ("ł" * 70, 1),
        ("ł" * 71, 2),
        ("ł" * 134, 2),
        ("ł" * 135, 3),
        ("’" * 160, 1),  # sent as a plain quote
        ("…" * 54, 2),  # sent as three dots
        ("„a‚" * 53 + "−", 1),  # quotes and a minus from a word processor
        ("a\u200b\ufeff" * 160, 1),  # what nobody sees is not sent
        ("", 1),
    ],
)
def test_a_text_has_the_parts_that_it_is_charged_as(text: str, parts: int) -> None:
    assert sms.parts_of(text) == parts


def test_the_price_is_data_with_a_source() -> None:
    assert sms.cost("text", 97) == Decimal("2.33")
    assert all(price.source and price.read_on for price in sms.PRICES.values())


# Source: gov.uk/bank-holidays.json, England and Wales.
HOLIDAYS = ["2026-12-25", "2026-12-28", "2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03", "2027-05-31",
            "2027-08-30", "2027-12-27", "2027-12-28"]  # fmt: skip


def test_the_bank_holidays_are_those_of_england() -> None:
    day, found = dt.date(2026, 11, 1), []
    while day.year < 2028:
        if day.weekday() < 5 and not hours.is_working_day(day):
            found.append(day.isoformat())
        day += dt.timedelta(days=1)
    assert found == HOLIDAYS


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-02T10:00+00:00", "2026-11-02T10:00+00:00"),
        ("2026-11-02T07:00+00:00", "2026-11-02T09:00+00:00"),
        ("2026-11-06T18:00+00:00", "2026-11-09T09:00+00:00"),
        ("2026-12-24T18:30+00:00", "2026-12-29T09:00+00:00"),
        ("2027-03-27T12:00+00:00", "2027-03-30T08:00+00:00"),  # over Easter, and the clocks go forward
    ],
)
def test_what_may_not_go_out_now_goes_out_at_the_next_opening(moment: str, opening: str) -> None:
    found = hours.next_open(dt.datetime.fromisoformat(moment), dt.time(9), dt.time(18))
    assert found == dt.datetime.fromisoformat(opening)
