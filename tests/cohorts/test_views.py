"""The cohort's pages: read, changed, frozen once, released by each practice for its own, and listed."""

import datetime as dt

import pytest
from sqlalchemy import select

from app.cohorts.models import Cohort
from tenants.db import db
from tests.cohorts.people import Client, address
from tests.conftest import Acting
from tests.rows import person
from tests.world import World


def test_the_cohort_page_reads_the_definition_aloud_and_shows_what_each_step_costs(
    client_of: Client, number: int
) -> None:
    page = client_of("alan").get(address(number, "cohort")).text
    assert "Cohort: 30 people" in page
    assert "People who are aged 40 to 69, leaving out those who have died" in page
    assert "Keep: age 40 to 69" in page
    assert "Draft" in page


def test_small_numbers_by_practice_are_hidden_from_those_who_may_not_see_people(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    with acting("dover-town", "mandy"):
        person(world.practices["Y99996"], 7000, pseudonym="P-Y")
        db.session.commit()
    assert ">hidden<" in client_of("alan").get(address(number, "cohort")).text
    assert "Hidden is not zero" in client_of("mandy").get(address(number, "cohort")).text
    assert ">hidden<" not in client_of("clara").get(address(number, "cohort")).text


def test_other_numbers_can_be_tried_and_what_was_tried_can_be_saved(
    client_of: Client, acting: Acting, number: int
) -> None:
    alan = client_of("alan")
    tried = {"from_0": "20", "to_0": "69", "on-day": "2", "on-month": "11", "on-year": "2026"}
    page = alan.get(address(number, "cohort/edit"), query_string=tried)
    assert "This gives 32 people" in page.text
    part = alan.get(
        address(number, "cohort/edit"),
        query_string=tried,
        headers={"HX-Request": "true", "HX-Target": "definition"},
    )
    assert "This gives 32 people" in part.text
    assert "<html" not in part.text
    assert "The definition is saved" in alan.sent(address(number, "cohort/edit"), **tried).text
    with acting("dover-town", "alan"):
        row = db.session.scalars(select(Cohort)).one()
        assert (row.state, row.on_date) == ("draft", dt.date(2026, 11, 2))
        assert row.definition == {"rules": [{"kind": "age", "from": 20, "to": 69}]}


FAULTS = [
    ({"from_0": "seventy"}, "Enter a whole number"),
    ({"from_0": "70"}, "Enter 70 or more"),
    ({"to_0": "200"}, "Enter an age from 0 to 120"),
    ({"to_0": ""}, "Enter the oldest age"),
    ({"on-day": "31", "on-month": "2"}, "must be a real date"),
    ({"on-year": "2999"}, "must not be in the future"),
]


@pytest.mark.parametrize(("wrong", "message"), FAULTS)
def test_a_number_that_cannot_be_is_said_at_its_field(
    client_of: Client, number: int, wrong: dict[str, str], message: str
) -> None:
    good = {"from_0": "40", "to_0": "69", "on-day": "2", "on-month": "11", "on-year": "2026"}
    alan = client_of("alan")
    tried = alan.get(address(number, "cohort/edit"), query_string=good | wrong)
    assert tried.status_code == 422
    assert message in tried.text
    saved = alan.post(address(number, "cohort/edit"), data=good | wrong)
    assert saved.status_code == 422
    assert message in saved.text
