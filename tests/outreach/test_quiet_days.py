"""Quiet days and how often people are contacted, as the manager sets them."""

import datetime as dt

import pytest
from sqlalchemy import select

from app.outreach.models import Blackout
from tenants.db import db
from tenants.models import PcnSettings
from tests.outreach import seeding
from tests.outreach.conftest import BASE, Outreach

DAYS = f"{BASE}/settings/quiet-days"
FORM = {
    "starts_on-day": "10", "starts_on-month": "12", "starts_on-year": "2026",
    "ends_on-day": "5", "ends_on-month": "1", "ends_on-year": "2027",
    "channels": ["text", "call"], "why": "The festive season",
}  # fmt: skip


def test_quiet_days_are_added_listed_and_removed(outreach: Outreach) -> None:
    outreach.moved(seeding.MONDAY)  # they are still to come
    mandy = outreach.client_of("mandy")
    assert "None to come" in mandy.get(DAYS).text
    said = mandy.sent(f"{DAYS}/add", **FORM).text
    assert "10 December 2026 to 5 January 2027" in said
    assert "No texts, calls." in said
    with outreach.acting("dover-town"):
        added = db.session.scalars(select(Blackout)).one()
    assert "They were removed before" not in mandy.sent(f"{DAYS}/{added.id}/remove").text
    assert "They were removed before" in mandy.sent(f"{DAYS}/{added.id}/remove").text
    assert "None to come" in mandy.get(DAYS).text


def test_a_form_sent_twice_is_written_down_once(outreach: Outreach) -> None:
    mandy = outreach.client_of("mandy")
    assert "Saved." in mandy.sent(f"{DAYS}/add", **FORM).text
    assert "These quiet days are there already" in mandy.sent(f"{DAYS}/add", **FORM).text
    with outreach.acting("dover-town"):
        assert len(db.session.scalars(select(Blackout)).all()) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"channels": []}, "Choose at least one"),
        ({"why": ""}, "Enter why nothing goes out"),
        ({"ends_on-year": "2026"}, "must be the same as or after the first day"),
        ({"ends_on-year": "2029"}, "within a year"),
        ({"starts_on-day": "31", "starts_on-month": "2"}, "day"),
        ({"starts_on-year": "9" * 20}, "First day must be a real date"),
    ],
)
def test_days_that_cannot_be_are_asked_for_again(outreach: Outreach, given: dict, said: str) -> None:
    page = outreach.client_of("mandy").post(f"{DAYS}/add", data=FORM | given)
    assert page.status_code == 422
    assert said in page.text


def test_how_often_is_changed_within_limits(outreach: Outreach) -> None:
    mandy = outreach.client_of("mandy")
    page = f"{BASE}/settings/how-often"
    given = {"most_contacts": "3", "contacts_days": "14", "days_between": "5"}
    assert "At most 3 contacts with one person in 14 days" in mandy.sent(page, **given).text
    with outreach.acting("dover-town"):
        kept = db.session.scalars(select(PcnSettings)).one()
        assert (kept.most_contacts, kept.contacts_days, kept.days_between) == (3, 14, 5)
    refused = mandy.post(page, data=given | {"most_contacts": "0"})
    assert refused.status_code == 422
    assert "Enter a whole number from 1 to 50" in refused.text
    assert outreach.client_of("cora").get(DAYS).status_code == 403


def test_a_batch_says_until_when_quiet_days_keep_it(outreach: Outreach) -> None:
    """Friday is quiet, and so are Monday and Tuesday: the days between are a weekend."""
    outreach.start({})
    mandy, friday = outreach.client_of("mandy"), seeding.MONDAY + dt.timedelta(days=4)
    batch_id = outreach.build()
    for first, last in ((6, 6), (9, 10)):
        days = {"starts_on-day": f"{first}", "ends_on-day": f"{last}"}
        months = {f"{name}-month": "11" for name in ("starts_on", "ends_on")}
        mandy.sent(f"{DAYS}/add", **FORM | days | months | {"ends_on-year": "2026"})
    outreach.moved(friday)
    outreach.approve(batch_id)
    outreach.work()
    page = f"{BASE}/outreach/batches/{batch_id}"
    assert "Today is one of your PCN’s quiet days. Nothing is sent before 11 November 2026 at 9am" in (
        outreach.client_of("cora").get(page).text
    )
    outreach.moved(friday + dt.timedelta(days=5, hours=-1))
    outreach.work()
    assert len(outreach.captured()) == 1
    assert "Nothing is sent before" not in outreach.client_of("cora").get(page).text
