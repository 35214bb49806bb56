"""Numbers and addresses that do not work: marked, put right by the practice, used again when they are."""

import csv
import datetime as dt
import io
from typing import Any

import pytest
from sqlalchemy import select, update

from app.audit import AuditEvent
from app.outreach import bad_addresses
from app.outreach.bad_listing import TITLES
from app.outreach.facts import address_of, known_of
from app.outreach.gateway_models import BadAddress
from app.outreach.rules import Reason, Sending, national, why_not
from app.people.models import Person
from app.programmes.models import Participant
from tenants import scope
from tenants.db import db
from tests.outreach.conftest import BASE, Outreach

PAGE = f"{BASE}/outreach/bad-addresses"
MOMENT = dt.datetime(2026, 11, 2, 11, 0, tzinfo=dt.UTC)
SAID = {"why": "not delivered", "source": "what the gateway said"}


def person_of(participant_id: int) -> Person:
    """Who a participant is. Ask inside `acting`."""
    place = db.session.get_one(Participant, (scope.current().tenant, participant_id))
    return db.session.get_one(Person, (place.tenant_id, place.person_id))


@pytest.fixture
def two(outreach: Outreach) -> Outreach:
    """Ada, whose mobile is bad, and Ben, whose address is."""
    ada, ben = outreach.start(
        {"given_name": "Ada", "mobile": "+44 7700 900100"}, {"given_name": "Ben", "house": "=1"}
    )

    def marked() -> None:
        one, other = person_of(ada), person_of(ben)
        bad_addresses.mark(one.id, "mobile", national(one.mobile), **SAID)
        bad_addresses.mark(other.id, "address", address_of(other), **SAID)

    outreach.change(marked)
    return outreach


def reason(outreach: Outreach, number: int, channel: str) -> Reason | None:
    with outreach.acting("dover-town"):
        who = outreach.people[number]
        return why_not(known_of([who])[who].facts, channel, Sending(), MOMENT)


def test_what_does_not_work_is_listed_with_why_and_at_which_practice(two: Outreach) -> None:
    page = two.client_of("cora").get(PAGE).text
    assert "2 numbers and addresses do not work" in page
    for words in ("Mobile number", "07700 900100", "Postal address", "Not delivered", "2 November 2026"):
        assert words in page, words
    assert "numbers and addresses do not work" in two.client_of("lena").get(f"{BASE}/today").text


def test_a_new_value_of_the_list_is_used_at_once_and_the_old_one_is_listed_no_more(two: Outreach) -> None:
    assert reason(two, 0, "text") == Reason.NO_MOBILE
    ada = two.people[0]

    def renewed() -> None:
        person_of(ada).mobile = "07700900555"

    two.change(renewed)
    assert reason(two, 0, "text") is None
    page = two.client_of("cora").get(PAGE).text
    assert "1 number or address does not work" in page
    assert "07700 900100" not in page


def test_it_is_used_again_when_somebody_knows_that_it_works(two: Outreach) -> None:
    cora = two.client_of("cora")
    with two.acting("dover-town"):
        row = db.session.scalars(select(BadAddress).where(BadAddress.kind == "mobile")).one()
    way = f"{PAGE}/{row.id}/lift"
    assert "07700 900100" in cora.get(way).text
    refused = cora.post(way)
    assert refused.status_code == 422
    assert "Enter how you know that it works" in refused.text
    assert "used again from the next message" in cora.sent(way, why="They rang from it").text
    assert reason(two, 0, "text") is None
    assert cora.post(way, data={"why": "Again"}).status_code == 404
    with two.acting("dover-town"):
        said = db.session.scalars(select(AuditEvent.detail).where(AuditEvent.subject == "bad mobile")).one()
        assert said == {"why": "They rang from it"}


def test_a_practice_is_given_its_own_as_a_file_that_runs_nothing(two: Outreach) -> None:
    practice = two.world.practices["G82999"]
    cora = two.client_of("cora")
    assert "Download all of this practice" in cora.get(PAGE, query_string={"practice_id": practice}).text
    answer = cora.post(f"{PAGE}/practices/{practice}/file")
    assert answer.mimetype == "text/csv"
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert tuple(lines[0]) == TITLES
    assert [line[4] for line in lines[1:]] == ["Mobile number", "Postal address"]
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@"))]
    with two.acting("dover-town"):
        exported = select(AuditEvent.count, AuditEvent.person_id).where(AuditEvent.action == "exported")
        rows = db.session.execute(exported.order_by(AuditEvent.id)).all()
        assert rows[0] == (2, None)
        assert {person_id for _, person_id in rows[1:]} == {person_of(one).id for one in two.people}


def test_only_the_people_of_the_programme_are_shown_where_one_is_asked_for(two: Outreach) -> None:
    page = two.client_of("cora").get(PAGE, query_string={"programme_id": two.programme_id}).text
    assert "2 numbers and addresses do not work" in page
    assert 'aria-label="Outreach"' in page
    assert two.client_of("cora").get(PAGE, query_string={"programme_id": 10**15}).status_code == 404


@pytest.mark.parametrize("gone", ["sensitive", "not released"])
def test_who_may_not_be_named_is_not_listed_nor_in_the_file(outreach: Outreach, gone: str) -> None:
    (ada,) = outreach.start({"sensitive": gone == "sensitive"}, released=gone != "not released")

    def marked() -> None:
        bad_addresses.mark(person_of(ada).id, "mobile", "07700900100", **SAID)

    outreach.change(marked)
    cora = outreach.client_of("cora")
    assert "Nothing is known not to work" in cora.get(PAGE).text
    practice = outreach.world.practices["G82999"]
    assert cora.post(f"{PAGE}/practices/{practice}/file").status_code == 404
    with outreach.acting("dover-town"):
        row = db.session.scalars(select(BadAddress)).one()
    assert cora.get(f"{PAGE}/{row.id}/lift").status_code == 404


@pytest.mark.parametrize("who", ["mandy", "alan", "rita"])
def test_who_may_not_see_people_may_not_see_their_numbers(two: Outreach, who: str) -> None:
    practice = two.world.practices["G82999"]
    assert two.client_of(who).get(PAGE).status_code == 403
    assert two.client_of(who).post(f"{PAGE}/practices/{practice}/file").status_code == 403


def test_each_kind_counts_as_standing_just_when_the_rules_would_use_it(outreach: Outreach) -> None:
    given: dict[str, Any] = {
        "mobile": "(07700) 900-100",
        "home_phone": "0044 1304 555111",
        "email": "a@b.test",
    }
    (ada,) = outreach.start(given | {"house": "", "town": ""})

    def marked() -> None:
        one = person_of(ada)
        for kind, value in (
            ("mobile", national(one.mobile)), ("home phone", national(one.home_phone)),
            ("email", one.email), ("address", address_of(one)),
        ):  # fmt: skip
            bad_addresses.mark(one.id, kind, value, **SAID)

    outreach.change(marked)
    assert "4 numbers and addresses do not work" in outreach.client_of("cora").get(PAGE).text

    def renewed() -> None:
        values = {"mobile": "1", "home_phone": "2", "email": "3", "town": "4"}
        db.session.execute(update(Person).where(Person.id == person_of(ada).id).values(**values))

    outreach.change(renewed)
    assert "Nothing is known not to work" in outreach.client_of("cora").get(PAGE).text


@pytest.mark.parametrize("asked", ["²", "99999999999999999999", "-1", "x"])
def test_a_practice_that_is_no_number_is_not_asked_for(two: Outreach, asked: str) -> None:
    for name in ("practice_id", "programme_id"):
        page = two.client_of("cora").get(f"{PAGE}?{name}={asked}")
        assert (page.status_code, "2 numbers and addresses do not work" in page.text) == (200, True)
