"""Who may be contacted."""

import datetime as dt
from typing import Any

import pytest

from app.outreach.rules import Facts, Reason, Sending, can_be_rung, mobile_of, phone_of, why_not

MONDAY = dt.datetime(2026, 11, 2, 10, tzinfo=dt.UTC)
TODAY = MONDAY.date()
WELL = Facts(mobile="07700 900123")
LIVE = Sending()


@pytest.mark.parametrize(
    ("facts", "channel", "reason"),
    [
        ({"died_on": TODAY}, "text", Reason.DIED),
        ({"left_on": TODAY}, "text", Reason.LEFT),
        ({"missing_since": TODAY}, "text", Reason.MISSING),
        ({"missing_since": TODAY}, "call", Reason.MISSING),
        ({"missing_since": TODAY, "left_on": TODAY}, "letter", Reason.LEFT),
        ({"sensitive": True}, "letter", Reason.SENSITIVE),
        ({"of_age": False}, "text", Reason.AGE),
        ({"released": False}, "text", Reason.NOT_RELEASED),
        ({"do_not_contact": frozenset({"any"})}, "call", Reason.DO_NOT_CONTACT),
        ({"do_not_contact": frozenset({"text"})}, "text", Reason.NOT_THIS_WAY),
        ({"opted_out": True}, "text", Reason.OPTED_OUT),
        ({"status": "left out"}, "text", Reason.LEFT_OUT),
        ({"screened": False}, "text", Reason.NOT_SCREENED),
        ({"screened": False, "status": "left out"}, "call", Reason.LEFT_OUT),
        ({"screened": False, "released": False}, "letter", Reason.NOT_RELEASED),
        ({"screened": False, "mobile": ""}, "text", Reason.NOT_SCREENED),
        ({"status": "engaged"}, "letter", Reason.ANSWERED),
        ({"status": "wants a call"}, "text", Reason.ANSWERED),
        ({"preferred_contact": "No telephone contact"}, "call", Reason.NO_TELEPHONE),
        ({"preferred_contact": "8"}, "call", Reason.NO_TELEPHONE),
        ({"preferred_contact": "8", "status": "wants a call", "mobile": ""}, "call", Reason.NO_PHONE),
        ({"preferred_contact": "Sign language"}, "call", Reason.FORMAT),
        ({"preferred_contact": "7"}, "call", Reason.FORMAT),
        ({"mobile": "none"}, "text", Reason.NO_MOBILE),
        ({"mobile": "01304 555 838"}, "text", Reason.NO_MOBILE),
        ({"mobile": ""}, "call", Reason.NO_PHONE),
        ({"address_complete": False}, "letter", Reason.NO_ADDRESS),
        ({"information_format": "Braille"}, "text", Reason.FORMAT),
        ({"information_format": "Braille"}, "letter", Reason.FORMAT),
        ({"information_format": "BSL"}, "call", Reason.FORMAT),
    ],
)
def test_a_person_is_held_back_for_a_named_reason(facts: dict, channel: str, reason: Reason) -> None:
    assert why_not(Facts(**({"mobile": "07700 900123"} | facts)), channel, LIVE, MONDAY) is reason


@pytest.mark.parametrize(
    ("facts", "channel"),
    [
        ({"left_on": TODAY + dt.timedelta(days=1)}, "text"),
        ({"do_not_contact": frozenset({"call"})}, "text"),
        ({"preferred_contact": "No telephone contact"}, "letter"),
        ({"preferred_contact": "Sign language"}, "text"),
        ({"preferred_contact": "Sign language", "status": "wants another way"}, "call"),
        ({"preferred_contact": "No telephone contact", "status": "wants a call"}, "call"),
        ({"mobile": "01304 555 838"}, "call"),
        ({"information_format": "Large print"}, "letter"),
        ({"information_format": "Braille"}, "call"),
        ({"status": "wants another way"}, "call"),
        ({"status": "not reached"}, "letter"),
        ({"of_age": False, "status": "wants a call"}, "call"),
    ],
)
def test_a_person_may_be_contacted_by_a_channel_that_suits_them(facts: dict, channel: str) -> None:
    assert why_not(Facts(**({"mobile": "07700 900123"} | facts)), channel, LIVE, MONDAY) is None


@pytest.mark.parametrize(
    ("sending", "moment", "reason"),
    [
        (Sending(stopped=True), MONDAY, Reason.STOPPED),
        (Sending(state="paused"), MONDAY, Reason.PAUSED),
        (LIVE, MONDAY.replace(hour=8, minute=59), Reason.HOURS),
        (LIVE, MONDAY.replace(hour=18), Reason.HOURS),
        (LIVE, dt.datetime(2026, 11, 1, 11, tzinfo=dt.UTC), Reason.HOURS),
        (LIVE, dt.datetime(2026, 12, 28, 11, tzinfo=dt.UTC), Reason.HOURS),
        (LIVE, dt.datetime(2026, 7, 1, 8, 30, tzinfo=dt.UTC), None),  # 9:30 in summer time
    ],
)
def test_sending_keeps_to_the_programme_and_the_hours(
    sending: Sending, moment: dt.datetime, reason: Reason | None
) -> None:
    assert why_not(WELL, "text", sending, moment) is reason


def test_a_letter_may_be_made_at_night() -> None:
    assert why_not(WELL, "letter", LIVE, MONDAY.replace(hour=23)) is None


def test_not_now_holds_until_the_day_they_named() -> None:
    later = Facts(mobile="07700900123", status="not now", ask_again_on=TODAY + dt.timedelta(days=1))
    assert why_not(later, "letter", LIVE, MONDAY) is Reason.ANSWERED
    assert why_not(later, "letter", LIVE, MONDAY + dt.timedelta(days=1)) is None


def test_the_reason_that_never_passes_comes_before_the_one_that_does() -> None:
    assert why_not(Facts(died_on=TODAY), "text", Sending(stopped=True), MONDAY) is Reason.DIED


@pytest.mark.parametrize(
    "written", ["07700900062", "07700 900 062", "+447700900062", "+44 (0)7700 900062", "0044 7700 900 062"]
)
def test_a_mobile_number_is_known_however_it_is_written(written: str) -> None:
    assert mobile_of(written) == "07700900062"


@pytest.mark.parametrize(
    "written", ["", "none", "01304 555 838", "0770090006", "07000 900062", "7700900062x1"]
)
def test_what_is_not_a_mobile_number_is_not_texted(written: str) -> None:
    assert mobile_of(written) is None


def test_the_home_phone_is_rung_where_there_is_no_mobile() -> None:
    assert phone_of(Facts(mobile="none", home_phone="01304 555 838")) == "01304555838"


@pytest.mark.parametrize(
    ("facts", "can"),
    [
        ({}, True),
        ({"mobile": "", "home_phone": "01304 555000"}, True),
        ({"mobile": ""}, False),
        ({"do_not_contact": {"call"}}, False),
        ({"preferred_contact": "no telephone contact"}, False),
        ({"preferred_contact": "no telephone contact", "status": "wants a call"}, True),
        ({"language": "bfi"}, False),
    ],
)
def test_a_message_promises_a_call_only_to_whom_one_can_reach(facts: dict[str, Any], can: bool) -> None:
    assert can_be_rung(Facts(**({"mobile": "07700 900123"} | facts))) is can
