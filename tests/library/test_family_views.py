"""The pages of a family: what is there, what is missing, and adding to it."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.library.adopting import adopt_with_includes
from app.library.family import members_of
from app.library.models import LibraryItem, PublishedItem
from tenants.db import db
from tests import rows
from tests.checking import CheckingClient
from tests.conftest import Acting
from tests.library.steps import approve, read, seen_on

ClientOf = Callable[..., CheckingClient]
DOVER, MEDWAY = "/pcn/dover-town/library", "/pcn/medway-central/library"
LETTER = {
    "kind": "letter",
    "name": "Our letter",
    "summary": "Asks people to ring",
    "body": "Dear ((full name))",
    "others_note": "Braille: ring the office",
}


@pytest.fixture
def letter(client_of: ClientOf) -> str:
    """The address of a letter by Mandy, approved by Clara."""
    address = str(client_of("mandy").post(f"{DOVER}/write", data=LETTER).location)
    approve(client_of("clara"), address)
    return address


def add(client: CheckingClient, item: str, language: str = "en", format: str = "easy read") -> str:
    """The address of the new member of the family of `item`."""
    answer = client.post(f"{item}/family/add", data={"language": language, "format": format})
    assert answer.status_code == 303, answer.text
    return str(answer.location).removesuffix("/edit")


def test_a_family_says_what_is_there_what_is_missing_and_who_makes_the_rest(
    client_of: ClientOf, letter: str
) -> None:
    mandy = client_of("mandy")
    before = mandy.get(f"{letter}/family").text
    assert "No large print yet." in before
    assert "No easy read yet." in before
    assert "No standard yet" not in before
    assert "Braille: ring the office" in before
    add(mandy, letter)
    after = mandy.get(f"{letter}/family").text
    assert "No easy read yet." not in after
    assert "Easy read<" in after


def test_a_new_member_is_a_draft_copy_with_versions_of_its_own(
    client_of: ClientOf, letter: str, acting: Acting
) -> None:
    mandy, clara = client_of("mandy"), client_of("clara")
    easy = add(mandy, letter)
    assert "Dear ((full name))" in mandy.get(f"{easy}/edit").text
    data = LETTER | {"body": "Hello ((full name))", "was": seen_on(mandy, f"{easy}/edit")}
    mandy.post(f"{easy}/edit", data=data)
    with acting("dover-town"):
        assert [one.format for one in members_of("letter", "Our letter")] == ["standard"]
    read(client_of("pat"), easy)
    approve(clara, easy)
    with acting("dover-town"):
        found = db.session.scalars(select(LibraryItem).order_by(LibraryItem.format)).all()
        assert [(one.format, one.version, one.state, one.body) for one in found] == [
            ("easy read", 1, "approved", "Hello ((full name))"),
            ("standard", 1, "approved", "Dear ((full name))"),
        ]
        assert {one.format for one in members_of("letter", "Our letter")} == {"easy read", "standard"}


def test_a_member_that_is_there_is_not_added_again(client_of: ClientOf, letter: str, acting: Acting) -> None:
    mandy = client_of("mandy")
    add(mandy, letter, "pl", "standard")
    again = mandy.post(f"{letter}/family/add", data={"language": "pl", "format": "standard"})
    assert again.status_code == 422
    assert "there is one already, in version 1" in again.text
    nothing = mandy.post(f"{letter}/family/add", data={"language": "en", "format": "Braille"})
    assert nothing.status_code == 422
    with acting("dover-town"):
        assert len(db.session.scalars(select(LibraryItem)).all()) == 2


def test_who_does_not_write_sees_the_family_and_cannot_add(client_of: ClientOf, letter: str) -> None:
    cora = client_of("cora")
    assert "Add easy read" not in cora.get(f"{letter}/family").text
    assert cora.get(f"{letter}/family/add").status_code == 403
    assert cora.post(f"{letter}/family/add", data={"language": "pl", "format": "standard"}).status_code == 403
    assert client_of("mo").get(letter.replace("dover-town", "medway-central") + "/family").status_code == 404


def test_a_procedure_has_no_family_and_leads_to_its_own_page(client_of: ClientOf) -> None:
    mandy = client_of("mandy")
    data = LETTER | {"kind": "SOP", "body": "# Who\n\nAll"}
    procedure = mandy.post(f"{DOVER}/write", data=data).location
    assert mandy.get(f"{procedure}/family").location == procedure
    assert mandy.get(f"{procedure}/family/add").location == procedure
    assert "Languages and formats" not in mandy.get(procedure).text


def test_the_list_names_the_format_and_language_and_starts_with_the_standard_one(
    client_of: ClientOf, letter: str
) -> None:
    mandy = client_of("mandy")
    add(mandy, letter)
    add(mandy, letter, "pl", "large print")
    page = mandy.get(f"{DOVER}?show=ours").text
    names = ["Our letter<", "Our letter, easy read<", "Our letter, large print in Polish<"]
    assert [page.index(name) for name in names] == sorted(page.index(name) for name in names)


def test_the_family_comes_along_with_a_set_up_that_is_adopted(client_of: ClientOf, acting: Acting) -> None:
    setup = """
name: Ours
aim: Help
cohort: {rules: [{kind: age, from: 40, to: 69}]}
steps: [{name: Letter, channel: letter, template: Our letter, after_days: 0}]
"""
    with acting("dover-town", "mandy"):
        for item_id, format, version in ((1, "standard", 1), (2, "standard", 2), (3, "easy read", 1)):
            rows.make(PublishedItem, kind="letter", name="Our letter", format=format, version=version,
                      language="en", item_id=item_id, origin_name="Dover Town PCN")  # fmt: skip
        shared = rows.make(PublishedItem, kind="programme set-up", name="Ours", body=setup).id
        db.session.commit()
    with acting("medway-central", "mo"):
        adopt_with_includes(shared)
        found = db.session.scalars(select(LibraryItem).where(LibraryItem.kind == "letter")).all()
        assert {(one.format, one.name, one.origin_version) for one in found} == {
            ("standard", "Our letter", 2), ("easy read", "Our letter", 1),
        }  # fmt: skip


def test_the_family_comes_along_with_a_message_that_is_adopted(client_of: ClientOf, acting: Acting) -> None:
    with acting("dover-town", "mandy"):
        for item_id, format in ((1, "standard"), (3, "easy read")):
            shared = rows.make(PublishedItem, kind="letter", name="Our letter", format=format, language="en",
                               item_id=item_id, origin_name="Dover Town PCN").id  # fmt: skip
        db.session.commit()
    mo, address = client_of("mo"), f"/pcn/medway-central/library/shared/{shared}"
    page = mo.get(address).text
    assert "Our letter</a>" in page[page.index("Comes with") :]
    assert "with the item that comes with it" in mo.sent(f"{address}/adopt").text
    with acting("medway-central", "mo"):
        found = db.session.execute(select(LibraryItem.name, LibraryItem.format, LibraryItem.state)).all()
        expected = {("Our letter", format, "draft") for format in ("standard", "easy read")}
        assert {tuple(row) for row in found if row.name == "Our letter"} == expected


def test_a_letter_can_be_written_in_each_language_that_letters_are_set_in(
    client_of: ClientOf, letter: str, acting: Acting
) -> None:
    mandy = client_of("mandy")
    page = mandy.get(f"{letter}/family/add").text
    assert all(f">{name}</option>" in page for name in ("Ukrainian", "Urdu", "Bengali", "Slovak"))
    assert "British Sign Language" not in page
    add(mandy, letter, "uk", "standard")
    assert "Our letter, Ukrainian" in mandy.get(f"{DOVER}?show=ours").text


def test_a_language_that_is_written_from_the_right_is_shown_so_to_whoever_reads_it(
    client_of: ClientOf, letter: str
) -> None:
    urdu = add(client_of("mandy"), letter, "ur", "standard")
    pages = [
        client_of("mandy").get(urdu),
        client_of("mandy").get(f"{urdu}/edit"),
        client_of("pat").get(f"{urdu}/read"),
    ]
    assert all('lang="ur" dir="rtl"' in page.text for page in pages)
    assert 'lang="en" dir="ltr"' in client_of("mandy").get(letter).text
