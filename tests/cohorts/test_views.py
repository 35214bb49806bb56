"""The cohort's page: the definition read aloud and what it costs, to each role as it may see it."""

from tenants.db import db
from tests.cohorts.people import Client, address, froze
from tests.conftest import Acting
from tests.programmes.people import programme
from tests.rows import person
from tests.world import World


def test_the_cohort_page_reads_the_definition_aloud_and_shows_what_each_step_costs(
    client_of: Client, number: int
) -> None:
    page = client_of("clara").get(address(number, "cohort")).text
    assert "Cohort: 30 people" in page
    assert "People who are aged 40 to 69, leaving out those who have died" in page
    assert "Keep: age 40 to 69" in page
    assert "Draft" in page
    assert "none saved yet" in page


def test_small_numbers_by_practice_are_hidden_from_those_who_may_not_see_people(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    with acting("dover-town", "mandy"):
        person(world.practices["Y99996"], 7000, pseudonym="P-Y")
        db.session.commit()
    assert ">hidden<" in client_of("alan").get(address(number, "cohort")).text
    assert "Hidden is not zero" in client_of("mandy").get(address(number, "cohort")).text
    assert ">hidden<" not in client_of("clara").get(address(number, "cohort")).text


def test_without_people_the_page_says_who_brings_in_the_list(client_of: Client, acting: Acting) -> None:
    with acting("dover-town", "mandy"):
        number = programme().id
        db.session.commit()
    assert "Bring in the practices’ list" in client_of("alan").get(address(number, "cohort")).text
    page = client_of("clara").get(address(number, "cohort")).text
    assert "Ask your analyst" in page
    assert "Step by step" not in page
    builder = client_of("alan").get(address(number, "cohort/edit")).text
    assert "Nobody is on a list yet" in builder
    assert "Add a rule" in builder
    assert "Step by step" not in builder


def test_a_frozen_cohort_keeps_its_page_when_data_comes_in_later(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    froze(client_of("alan"), number)
    before = client_of("clara").get(address(number, "cohort")).text
    with acting("dover-town", "mandy"):
        for stem in range(20):
            person(world.practices["G82999"], 8000 + 10 * stem, pseudonym=f"P-new{stem}")
        db.session.commit()
    after = client_of("clara").get(address(number, "cohort")).text
    assert "Cohort: 30 people" in after
    assert "Change the rules" not in client_of("alan").get(address(number, "cohort")).text
    assert before.split("<main")[1] == after.split("<main")[1]
