"""A pile of opt-out slips: whose is it, what did they tick, the next."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app import clock
from app.outreach.choice_models import ContactChoice
from app.outreach.letter_pages import reference_of
from app.outreach.models import Contact
from app.programmes.models import Participant
from tenants import scope
from tenants.db import db
from tests.care.conftest import BASE
from tests.care.seeding import participant
from tests.rows import make

SLIPS = f"{BASE}/slips"


AS_LONG_AS_AN_NHS_NUMBER = 12345678
AND_ONE_TOO = 99900016


@pytest.fixture
def reference_to(acting: Any, ada: int) -> Callable[[int], str]:
    """`reference_to(number)`: what stands as our reference on Ada's letter of that number."""

    def write(number: int) -> str:
        with acting("dover-town", "cora"):
            place = db.session.get_one(Participant, (scope.current().tenant, ada))
            whose = {"participant_id": ada, "person_id": place.person_id}
            letter = make(Contact, id=number, state="sent", **whose)
            db.session.commit()
            return reference_of(letter)

    return write


@pytest.fixture
def reference(reference_to: Callable[[int], str]) -> str:
    """What stands as our reference on Ada's letter."""
    return reference_to(AS_LONG_AS_AN_NHS_NUMBER)


@pytest.mark.parametrize("typed", ["{}", " {} ", "ref {}"])
@pytest.mark.parametrize("number", [8, 1234, AS_LONG_AS_AN_NHS_NUMBER])
def test_the_reference_on_the_letter_leads_straight_to_the_slip(client_of, ada, reference_to, number, typed):
    answer = client_of("lena").get(SLIPS, query_string={"q": typed.format(reference_to(number))})
    assert answer.status_code == 303
    assert answer.location.startswith(f"{BASE}/{ada}/slip")


def test_what_is_an_nhs_number_too_is_looked_for_as_one(client_of, reference_to):
    answer = client_of("lena").get(SLIPS, query_string={"q": reference_to(AND_ONE_TOO)})
    assert "0 people found" in answer.text


def test_a_wrong_digit_is_said_and_finds_nobody(client_of, reference):
    wrong = reference[:-1] + str((int(reference[-1]) + 1) % 10)
    answer = client_of("lena").get(SLIPS, query_string={"q": wrong})
    assert answer.status_code == 422
    assert "or our reference as it stands on the letter" in answer.text


def test_a_name_or_a_number_lists_whom_it_could_be(client_of, ada):
    page = client_of("lena").get(SLIPS, query_string={"q": "Example", "on": "2026-03-02"})
    assert f'href="{BASE}/{ada}/slip?on=2026-03-02"' in page.text
    assert "0 people found" in client_of("lena").get(SLIPS, query_string={"q": "Nobody"}).text
    assert "Enter our reference" in client_of("lena").get(SLIPS, query_string={"q": " "}).text


def test_a_slip_is_entered_with_its_date_and_the_next_begins_with_it(client_of, acting, ada):
    lena = client_of("lena")
    page = lena.get(f"{BASE}/{ada}/slip").text
    assert "Ada Example" in page
    assert page.count("checked") == 1  # what the slip is for is ticked already
    data = {"asked": ["this programme", "call"], "asked_on-day": "2", "asked_on-month": "3"}
    answer = lena.post(f"{BASE}/{ada}/slip", data=data | {"asked_on-year": "2026"})
    assert answer.location == f"{SLIPS}?on=2026-03-02"
    assert "Saved for Ada Example. Enter the next slip" in lena.get(answer.location).text
    with acting("dover-town"):
        rows = db.session.scalars(select(ContactChoice).order_by(ContactChoice.id)).all()
        assert [(row.kind, row.asked_on, row.source, row.entered_by) for row in rows] == [
            ("programme opt-out", dt.date(2026, 3, 2), "slip sent back with a letter", "Lena"),
            ("do not contact", dt.date(2026, 3, 2), "slip sent back with a letter", "Lena"),
        ]
    following = lena.get(f"{BASE}/{ada}/slip?on=2026-03-02").text
    assert 'value="2026"' in following


@pytest.mark.parametrize("on", ["2199-01-01", "soon", ""])
def test_a_day_that_cannot_be_is_not_begun_with(client_of, ada, on):
    page = client_of("lena").get(f"{BASE}/{ada}/slip", query_string={"on": on}).text
    assert 'value="2199"' not in page
    assert "Date on the slip" in page


def test_nothing_ticked_and_no_date_are_said_at_their_place(client_of, acting, ada):
    page = client_of("lena").post(f"{BASE}/{ada}/slip")
    assert page.status_code == 422
    assert "Choose what they ask" in page.text
    assert "Enter the date on the slip" in page.text
    with acting("dover-town"):
        assert db.session.scalars(select(ContactChoice)).all() == []


@pytest.fixture
def unreleased(world, acting) -> Callable[[dt.datetime | None], tuple[int, str]]:
    """`unreleased(sent_at)`: Ada, whose practice does not let her be named, and her letter's reference."""

    def make_her(sent_at: dt.datetime | None) -> tuple[int, str]:
        with acting("dover-town", "cora"):
            ada = participant(world, released=False)
            whose = {"participant_id": ada.id, "person_id": ada.person_id}
            letter = make(Contact, state="sent" if sent_at else "waiting", sent_at=sent_at, **whose)
            db.session.commit()
            return ada.id, reference_of(letter)

    return make_her


def test_a_slip_of_somebody_to_whom_no_letter_went_cannot_be_opened(client_of, unreleased):
    number, reference = unreleased(None)
    answer = client_of("lena").get(SLIPS, query_string={"q": reference}, follow_redirects=True)
    assert answer.status_code == 403
    assert "has not released its people" in answer.text
    assert client_of("lena").post(f"{BASE}/{number}/slip").status_code == 403


def test_a_slip_that_comes_when_the_practice_took_its_release_back_holds_and_names_nobody(
    client_of, acting, unreleased
):
    number, reference = unreleased(clock.now())
    page = client_of("lena").get(SLIPS, query_string={"q": reference}, follow_redirects=True)
    assert page.status_code == 200
    assert "so we do not show who it is" in page.text
    day = {"asked_on-day": "2", "asked_on-month": "3", "asked_on-year": "2026"}
    wrong = client_of("lena").post(f"{BASE}/{number}/slip", data=day)
    assert wrong.status_code == 422
    said = {"asked": ["this programme"]} | day
    done = client_of("lena").sent(f"{BASE}/{number}/slip", **said)
    assert "Saved for the person with that reference." in done.text
    for shown in (page, wrong, done):
        assert "Ada" not in shown.text
    with acting("dover-town"):
        assert db.session.scalars(select(ContactChoice.kind)).all() == ["programme opt-out"]
        assert db.session.get_one(Participant, (scope.current().tenant, number)).status == "opted out"
