"""Several people at one number: said before a batch is approved, and held back by choice."""

import re
from typing import Any

import pytest
from sqlalchemy import update

from app.cohorts.models import Release
from app.people.models import Person
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.conftest import BASE, Outreach

HELD = ("held back", "one message to a shared number or address")
SHARING = [
    {"given_name": "Ada", "mobile": "07700 900150"},
    {"given_name": "Ben", "mobile": "+447700900150"},
    {"given_name": "Cleo", "mobile": "07700900151"},
    {"given_name": "Dora", "mobile": "0044 7700 900152"},
    {"given_name": "Evan", "mobile": "07700900152"},
]


@pytest.fixture
def batch_id(outreach: Outreach) -> int:
    """A batch of five, of whom two and two share a number."""
    outreach.start(*SHARING)
    return outreach.build()


def _address(batch_id: int) -> str:
    return f"{BASE}/outreach/batches/{batch_id}/households"


def _contacts(page: str) -> dict[str, str]:
    """The contact of each person who can be chosen, by first name."""
    found = re.findall(r'value="(\d+)"[^>]*>\s*<label[^>]*>\s*Only (\w+)', page)
    return {name: contact for contact, name in found}


def test_a_shared_number_is_warned_of_and_its_people_listed_by_name(
    outreach: Outreach, batch_id: int
) -> None:
    page = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}").text
    assert "4 people share 2 mobile numbers. Each of them gets a text there." in page
    listed = outreach.client_of("cora").get(_address(batch_id)).text
    assert set(_contacts(listed)) == {"Ada", "Ben", "Dora", "Evan"}
    assert "Cleo" not in listed
    assert "Only Ada" not in outreach.client_of("clara").get(_address(batch_id)).text


def test_planners_see_how_many_and_nobodys_name_or_number(outreach: Outreach, batch_id: int) -> None:
    page = outreach.client_of("mandy").get(_address(batch_id)).text
    assert "4 people share 2 mobile numbers" in page
    for hidden in ("Ada", "Ben", "900150", "P-0080"):
        assert hidden not in page


def test_one_of_a_household_is_chosen_and_the_rest_is_held_back(outreach: Outreach, batch_id: int) -> None:
    ada, ben, cleo, dora, evan = outreach.people
    cora = outreach.client_of("cora")
    chosen = _contacts(cora.get(_address(batch_id)).text)
    data = {f"household-{chosen['Ada']}": chosen["Ben"], f"household-{chosen['Dora']}": "all"}
    said = cora.sent(f"{_address(batch_id)}/choose", **data).text
    assert "1 person is held back, and is asked by the next step." in said
    waiting = ("waiting", None)
    assert outreach.states(batch_id) == {ada: HELD, ben: waiting, cleo: waiting, dora: waiting, evan: waiting}
    outreach.approve(batch_id)
    outreach.work()
    assert sorted(message.recipient for message in outreach.captured()) == [
        "07700900150", "07700900151", "07700900152", "07700900152",
    ]  # fmt: skip
    assert outreach.states(outreach.build(2)) == {ada: waiting}


def test_all_but_one_at_every_number_are_held_back_and_put_back(outreach: Outreach, batch_id: int) -> None:
    mandy = outreach.client_of("mandy")
    assert "2 people are held back" in mandy.sent(f"{_address(batch_id)}/one-each").text
    assert list(outreach.states(batch_id).values()).count(HELD) == 2
    assert "Nobody who waits in this batch shares" in mandy.get(_address(batch_id)).text
    assert "2 people are in the batch again" in mandy.sent(f"{_address(batch_id)}/put-back").text
    assert list(outreach.states(batch_id).values()).count(HELD) == 0


@pytest.mark.parametrize("what", ["one-each", "put-back", "choose"])
def test_nothing_changes_once_the_batch_is_approved_and_for_who_may_not_build(
    outreach: Outreach, batch_id: int, what: str
) -> None:
    assert outreach.client_of("clara").post(f"{_address(batch_id)}/{what}").status_code == 403
    chosen = _contacts(outreach.client_of("cora").get(_address(batch_id)).text)
    outreach.approve(batch_id)
    data = {f"household-{chosen['Ada']}": chosen["Ben"]}
    assert outreach.client_of("cora").post(f"{_address(batch_id)}/{what}", data=data).status_code == 303
    assert {state for state, _ in outreach.states(batch_id).values()} == {"waiting"}


def test_a_choice_of_somebody_from_another_household_is_left_out(outreach: Outreach, batch_id: int) -> None:
    cora = outreach.client_of("cora")
    chosen = _contacts(cora.get(_address(batch_id)).text)
    data = {f"household-{chosen['Ada']}": chosen["Evan"], "household-x": "1", "household-9": "9" * 30}
    assert "Nobody was held back" in cora.sent(f"{_address(batch_id)}/choose", **data).text


def test_letters_to_one_address_are_shared_whatever_the_names_are(outreach: Outreach) -> None:
    home = {"mobile": "none", "house": "7", "street": "Castle Street", "postcode": "CT16 1QQ"}
    outreach.start(
        {"given_name": "Ada"} | home,
        {"given_name": "Ben"} | home | {"street": "CASTLE STREET ", "postcode": "ct161qq"},
        {"given_name": "Cleo"} | home | {"house": "8"},
    )
    outreach.send()
    batch_id = outreach.build(2)
    page = outreach.client_of("cora").get(_address(batch_id)).text
    assert "2 people share 1 address." in page
    assert "7 Castle Street, CT16 1QQ" in page
    assert set(_contacts(page)) == {"Ada", "Ben"}


@pytest.mark.parametrize("what", ["release taken back", "sensitive record"])
def test_the_number_of_whom_we_must_not_show_is_not_on_the_list(
    outreach: Outreach, batch_id: int, what: str
) -> None:
    assert "07700900150" in outreach.client_of("cora").get(_address(batch_id)).text
    withdrawn = {"withdrawn_at": seeding.MONDAY, "withdrawn_by": "Rita", "withdrawn_reason": "asked"}
    change: Any = update(Release).values(**withdrawn)
    if what == "sensitive record":
        change = update(Person).where(Person.given_name == "Ada").values(sensitive=True)
    outreach.change(lambda: db.session.execute(change))
    page = outreach.client_of("cora").get(_address(batch_id)).text
    assert "07700900150" not in page
    assert "One mobile number" in page


def test_whoever_is_held_back_after_a_batch_was_built_costs_nothing(
    outreach: Outreach, batch_id: int
) -> None:
    def parts() -> int:
        page = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}").text
        found = re.search(r"(\d+) parts in all, £[\d.]+ without VAT", page)
        assert found
        return int(found[1])

    of_five = parts()
    outreach.client_of("cora").post(f"{_address(batch_id)}/one-each")
    assert parts() == of_five * 3 // 5
    outreach.client_of("cora").post(f"{_address(batch_id)}/put-back")
    assert parts() == of_five
