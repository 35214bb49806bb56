"""Letters that the post brings back: found by reference or person, entered once, and what follows."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.cohorts.models import Release
from app.outreach.gateway_models import BadAddress, DeliveryReport
from app.outreach.letter_pages import contact_id_of, reference_of
from app.outreach.models import Contact
from app.people.models import Person
from app.people.rules import name_key
from app.programmes.models import Participant
from tenants import scope
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.conftest import BASE, Outreach
from tests.outreach.test_letters import PEOPLE

PAGE = f"{BASE}/outreach/returned-letters"


@pytest.fixture
def sent(outreach: Outreach) -> list[Contact]:
    """Three letters that were handed to the printer on a Monday; nine days later."""
    outreach.start(
        *(each | {"name_key": name_key(each["given_name"], each["family_name"])} for each in PEOPLE)
    )
    batch_id = outreach.letters()
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{batch_id}/hand-over")
    outreach.moved(seeding.MONDAY + dt.timedelta(days=9))
    with outreach.acting("dover-town"):
        wanted = select(Contact).where(Contact.batch_id == batch_id).order_by(Contact.id)
        return list(db.session.scalars(wanted))


def _found(outreach: Outreach, words: str, who: str = "cora") -> str:
    return str(outreach.client_of(who).get(PAGE, query_string={"q": words}).text)


def _enter(outreach: Outreach, contact: Contact) -> str:
    return str(outreach.client_of("cora").sent(f"{BASE}/outreach/letters/{contact.id}/came-back").text)


@settings(deadline=None)
@given(st.integers(1, 10**17))
def test_a_reference_names_its_letter_however_it_is_typed(number: int) -> None:
    printed = reference_of(Contact(id=number))
    for typed in (printed, printed.replace("-", ""), printed.replace("-", " "), f" {printed} "):
        assert contact_id_of(typed) == number


@settings(deadline=None)
@given(st.integers(1, 10**15), st.integers(0), st.integers(1, 9))
def test_one_wrong_digit_is_found(number: int, place: int, shift: int) -> None:
    digits = reference_of(Contact(id=number)).replace("-", "")
    place %= len(digits)
    wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
    assert contact_id_of(wrong) is None


@settings(deadline=None)
@given(st.text())
def test_whatever_is_typed_is_a_reference_or_not(words: str) -> None:
    number = contact_id_of(words)
    assert number is None or number > 0


def test_the_reference_on_the_letter_finds_it(outreach: Outreach, sent: list[Contact]) -> None:
    page = _found(outreach, reference_of(sent[1]))
    assert "1 letter found" in page
    assert "Ben Twoword" in page
    assert "Sent 9 November 2026" in page


@pytest.mark.parametrize(("words", "who"), [("lukasz", "Ada Łukaszewicz"), ("Third", "Cleo Third")])
def test_a_name_finds_the_letters_to_the_person(
    outreach: Outreach, sent: list[Contact], words: str, who: str
) -> None:
    page = _found(outreach, words)
    assert "1 letter found" in page
    assert who in page


def test_entering_it_makes_the_address_bad_and_the_call_due_at_once(
    outreach: Outreach, sent: list[Contact]
) -> None:
    said = _enter(outreach, sent[0])
    assert "The letter to Ada Łukaszewicz came back" in said
    with outreach.acting("dover-town"):
        row = db.session.get_one(Contact, (scope.current().tenant, sent[0].id))
        assert (row.state, row.reason, row.delivery) == ("failed", "the letter came back", "returned")
        (report,) = db.session.scalars(select(DeliveryReport))
        assert (report.how, report.status) == ("entered by staff", "returned-letter")
        (bad,) = db.session.scalars(select(BadAddress))
        assert (bad.kind, bad.value, bad.source) == ("address", row.recipient, "entered by staff")
        assert bad.marked_by == "Cora"
    assert set(outreach.states(outreach.build(3))) == {sent[0].participant_id}


def test_who_was_not_reached_any_other_way_does_not_count_as_contacted(
    outreach: Outreach, sent: list[Contact]
) -> None:
    _enter(outreach, sent[2])  # Cleo has no mobile
    with outreach.acting("dover-town"):
        cleo = db.session.get_one(Participant, (scope.current().tenant, sent[2].participant_id))
        ada = db.session.get_one(Participant, (scope.current().tenant, sent[0].participant_id))
        assert (cleo.status, ada.status) == ("identified", "contacted")


def test_entering_it_twice_says_so_and_writes_it_once(outreach: Outreach, sent: list[Contact]) -> None:
    _enter(outreach, sent[0])
    assert "was known before" in _enter(outreach, sent[0])
    assert "Came back, entered 11 November 2026" in _found(outreach, reference_of(sent[0]))
    with outreach.acting("dover-town"):
        assert len(list(db.session.scalars(select(DeliveryReport)))) == 1


def test_a_letter_that_was_not_handed_over_cannot_have_come_back(outreach: Outreach) -> None:
    outreach.start(*PEOPLE)
    outreach.send()
    outreach.moved(seeding.MONDAY + dt.timedelta(days=7))
    batch_id = outreach.build(2)
    with outreach.acting("dover-town"):
        waiting = next(iter(db.session.scalars(select(Contact).where(Contact.batch_id == batch_id))))
    assert "0 letters found" in _found(outreach, reference_of(waiting))
    assert "Nothing was changed" in _enter(outreach, waiting)
    assert set(outreach.states(batch_id).values()) == {("waiting", None)}


def test_a_wrong_reference_and_one_of_another_pcn_reveal_the_same_nothing(
    outreach: Outreach, sent: list[Contact]
) -> None:
    right = reference_of(sent[0])
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    unknown = reference_of(Contact(id=sent[-1].id + 1000))
    with outreach.acting("dover-town"):
        text = db.session.scalars(select(Contact).where(Contact.batch_id != sent[0].batch_id)).first()
    assert text is not None
    pages = [_found(outreach, words).split("<h2", 1)[1] for words in (wrong, unknown, reference_of(text))]
    assert "0 letters found" in pages[0]
    assert len({page.split("</main>")[0] for page in pages}) == 1
    elsewhere = outreach.client_of("cass").get("/pcn/medway-central/outreach/returned-letters?q=" + right)
    assert "Łukaszewicz" not in elsewhere.text


def test_a_letter_of_a_practice_that_took_its_release_back_names_nobody(
    outreach: Outreach, sent: list[Contact]
) -> None:
    outreach.change(lambda: db.session.execute(update(Release).values(withdrawn_at=seeding.MONDAY)))
    assert "0 letters found" in _found(outreach, reference_of(sent[0]))
    refused = outreach.client_of("cora").post(f"{BASE}/outreach/letters/{sent[0].id}/came-back")
    assert refused.status_code == 403


def test_the_address_of_a_restricted_record_is_not_shown(outreach: Outreach, sent: list[Contact]) -> None:
    whose = Person.id == sent[0].person_id
    outreach.change(lambda: db.session.execute(update(Person).where(whose).values(sensitive=True)))
    page = _found(outreach, reference_of(sent[0]))
    assert "Ada Łukaszewicz" in page
    letter = outreach.client_of("cora").get(f"{BASE}/outreach/letters/{sent[0].id}").text
    for shown in (page, letter):
        assert "record is restricted" in shown
        assert sent[0].recipient.split(", ")[1] not in shown


def test_only_who_may_see_people_enters_returned_letters(outreach: Outreach, sent: list[Contact]) -> None:
    for who, status in (("cora", 200), ("clara", 200), ("mandy", 403), ("alan", 403)):
        assert outreach.client_of(who).get(PAGE).status_code == status
    refused = outreach.client_of("mandy").post(f"{BASE}/outreach/letters/{sent[0].id}/came-back")
    assert refused.status_code == 403
    assert _found(outreach, reference_of(sent[0])).count("It came back") == 1


def test_nothing_entered_is_asked_for_again(outreach: Outreach) -> None:
    outreach.start()
    answer = outreach.client_of("cora").get(PAGE, query_string={"q": " "})
    assert answer.status_code == 422
    assert "Enter our reference, an NHS number or a name" in answer.text
