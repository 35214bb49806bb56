"""Finding a person: nothing until asked, by number or name, among released people only."""

import pytest
from sqlalchemy import select

from app.audit import AuditEvent
from app.care.people import NotAnNhsNumber, nhs_number_in
from app.programmes.models import Participant
from tenants.db import db
from tests.care.conftest import BASE
from tests.care.seeding import participant
from tests.conftest import Acting
from tests.rows import nhs_number
from tests.world import World


def test_search_shows_nobody_until_it_is_asked(client_of, ada):
    page = client_of("cora").get(BASE)
    assert page.status_code == 200
    assert "Example" not in page.text


@pytest.mark.parametrize("words", ["999 007 {rest}", "999-007-{rest}", "999007{rest}"])
def test_a_person_is_found_by_nhs_number_in_any_spacing(client_of, ada, words):
    rest = nhs_number(7000)[6:]
    page = client_of("cora").get(BASE, query_string={"q": words.format(rest=rest)})
    assert "1 person found" in page.text
    assert "Ada Example" in page.text


@pytest.mark.parametrize("words", ["ada", "EXAM", "Ada Ex"])
def test_a_person_is_found_by_how_a_name_begins(client_of, ada, words):
    assert "Ada Example" in client_of("cora").get(BASE, query_string={"q": words}).text


def test_a_wrong_check_digit_is_said_at_the_field(client_of, ada):
    right = nhs_number(7000)
    wrong = right[:9] + str((int(right[9]) + 1) % 10)
    page = client_of("cora").get(BASE, query_string={"q": wrong})
    assert page.status_code == 422
    assert "Check the NHS number: one of its digits is wrong" in page.text
    assert wrong in page.text


def test_too_few_digits_is_said_and_words_are_words():
    with pytest.raises(NotAnNhsNumber, match="10 digits"):
        nhs_number_in("999 007")
    assert nhs_number_in("Ada") is None


def test_an_empty_search_asks_for_words(client_of):
    page = client_of("cora").get(BASE, query_string={"q": "  "})
    assert page.status_code == 422
    assert "Enter an NHS number or a name" in page.text


def test_people_of_a_practice_that_has_not_released_them_are_not_found(
    client_of, world: World, acting: Acting
):
    with acting("dover-town", "cora"):
        participant(world, released=False)
        db.session.commit()
    assert "0 people found" in client_of("cora").get(BASE, query_string={"q": "ada"}).text


def test_a_search_is_recorded_with_its_count_and_without_the_words(client_of, ada, acting: Acting):
    client_of("cora").get(BASE, query_string={"q": "exampl"})
    with acting("dover-town", "mandy"):
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "searched")).one()
        assert (event.count, event.actor) == (1, "Cora")
        assert "exampl" not in str(event.detail) + event.purpose


def test_whoever_was_found_finds_who_looked_for_them(client_of, ada, acting: Acting):
    client_of("cora").get(BASE, query_string={"q": "nobody of that name"})
    client_of("cora").get(BASE, query_string={"q": "exampl"})
    with acting("dover-town", "mandy"):
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "found")).one()
        theirs = db.session.scalar(select(Participant.person_id).where(Participant.id == ada))
        assert (event.person_id, event.actor, event.purpose) == (theirs, "Cora", "finding a person")


def test_a_manager_may_not_search(client_of):
    assert client_of("mandy").get(BASE).status_code == 403


def test_who_may_link_records_finds_the_way_to_it_from_the_search(client_of):
    for who, offered in (("cora", True), ("clara", True), ("lena", False)):
        page = client_of(who).get(BASE).text
        assert ("Two records of one person? Merge them" in page) == offered, who
