"""The library as people in two PCNs, an ICB, a partner and the neighbouring ICB use it."""

import io
import re
from collections.abc import Callable

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from app.library.adopting import adopt
from app.library.items import own_items
from app.library.models import Adoption, LibraryItem, PublishedItem
from tenants.db import db
from tests.checking import CheckingClient
from tests.conftest import Acting
from tests.library.steps import approve

ClientOf = Callable[..., CheckingClient]
DOVER, MEDWAY, SOWE = "/pcn/dover-town/library", "/pcn/medway-central/library", "/pcn/sowe-valley/library"
LETTER = {
    "kind": "letter",
    "name": "Our letter",
    "summary": "Asks people to ring",
    "body": "# Ring us\n\nDear ((full name))\n\nPlease ring ((sender phone)).",
}


def written(client: CheckingClient, **changes: str) -> int:
    """The id of a letter that the client has just written."""
    answer = client.post(f"{DOVER}/write", data=LETTER | changes)
    assert answer.status_code == 303, answer.text
    return int(answer.location.rsplit("/", 1)[1])


@pytest.fixture
def letter(client_of: ClientOf) -> int:
    """A letter by Mandy, approved by Clara."""
    item_id = written(client_of("mandy"))
    approve(client_of("clara"), f"{DOVER}/{item_id}")
    return item_id


@pytest.fixture
def shared(client_of: ClientOf, letter: int) -> int:
    """The same letter, shared."""
    answer = client_of("mandy").post(f"{DOVER}/{letter}/publish")
    return int(answer.location.rsplit("/", 1)[1])


def test_an_empty_library_says_how_to_fill_it(client_of: ClientOf) -> None:
    page = client_of("mandy").get(DOVER).text
    assert "We have no items yet" in page
    assert "Write a new item" in page
    assert (
        "Nobody in your ICB shares anything yet" in client_of("olu").get("/partner/one-you-kent/library").text
    )


def test_an_unknown_placeholder_is_named_where_it_is_written_and_nothing_is_lost(client_of: ClientOf) -> None:
    answer = client_of("mandy").post(f"{DOVER}/write", data=LETTER | {"body": "Dear ((frist name))"})
    assert answer.status_code == 422
    assert 'href="#body"' in answer.text
    assert "Change ((frist name))" in answer.text
    assert "Our letter" in answer.text


def test_a_set_up_that_cannot_be_used_says_what_to_put_right(client_of: ClientOf) -> None:
    data = LETTER | {"kind": "programme set-up", "body": "name: Ours\naim: Help"}
    answer = client_of("mandy").post(f"{DOVER}/write", data=data)
    assert answer.status_code == 422
    assert "write rules" in answer.text


def test_an_nhs_number_is_refused(client_of: ClientOf) -> None:
    answer = client_of("mandy").post(f"{DOVER}/write", data=LETTER | {"body": "Ring 999 005 1062"})
    assert answer.status_code == 422
    assert "looks like an NHS number" in answer.text


def test_a_form_sent_twice_saves_once(client_of: ClientOf) -> None:
    client = client_of("mandy")
    first, again = written(client), written(client)
    assert first == again
    assert "saved already" in client.get(f"{DOVER}/{first}").text
    other = client.post(f"{DOVER}/write", data=LETTER | {"body": "Something else"})
    assert other.status_code == 422
    assert "you already have a letter called Our letter" in other.text


def test_the_author_cannot_approve_a_letter_and_a_second_person_can(client_of: ClientOf) -> None:
    mandy, clara = client_of("mandy"), client_of("clara")
    item_id = written(mandy)
    page = mandy.get(f"{DOVER}/{item_id}").text
    assert "ask somebody else to approve it" in page
    assert "Approve version 1" not in page
    assert mandy.post(f"{DOVER}/{item_id}/approve").status_code == 403
    assert "Read and approve version 1" in clara.get(f"{DOVER}/{item_id}").text
    assert "is approved and can be used" in approve(clara, f"{DOVER}/{item_id}")
    assert "was approved already" in clara.sent(f"{DOVER}/{item_id}/approve").text


def test_an_author_may_approve_their_own_procedure(client_of: ClientOf) -> None:
    client = client_of("mandy")
    item_id = written(client, kind="SOP", body="# Who\n\nAll of us")
    assert "can be used" in approve(client, f"{DOVER}/{item_id}")


def test_an_approved_version_never_changes(client_of: ClientOf, letter: int, acting: Acting) -> None:
    client = client_of("mandy")
    form = client.get(f"{DOVER}/{letter}/edit").text
    was = re.search(r'name="was"[^>]*value="([^"]+)"', form)
    assert was
    data = {"summary": "Shorter", "body": "Dear ((full name))", "was": was.group(1)}
    saved = client.post(f"{DOVER}/{letter}/edit", data=data)
    assert saved.status_code == 303
    assert int(saved.location.rsplit("/", 1)[1]) != letter
    with acting("dover-town"):
        versions = db.session.scalars(select(LibraryItem).order_by(LibraryItem.version)).all()
        assert [(item.version, item.state, item.summary) for item in versions] == [
            (1, "approved", "Asks people to ring"),
            (2, "draft", "Shorter"),
        ]
        assert [item.version for item in own_items("letter")] == [1]
    again = client.post(f"{DOVER}/{letter}/edit", data=data)
    assert again.location == saved.location


def test_two_who_edit_one_draft_do_not_overwrite_each_other(client_of: ClientOf) -> None:
    mandy, max_ = client_of("mandy"), client_of("max")
    item_id = written(mandy)
    was = re.search(r'name="was"[^>]*value="([^"]+)"', max_.get(f"{DOVER}/{item_id}/edit").text)
    assert was
    data = {"summary": "One", "body": "Dear ((full name))", "was": was.group(1)}
    assert mandy.post(f"{DOVER}/{item_id}/edit", data=data).status_code == 303
    late = max_.post(f"{DOVER}/{item_id}/edit", data=data | {"body": "Hello ((full name))"})
    assert late.status_code == 422
    assert "Mandy saved version 1 while you were writing" in late.text
    assert "Hello ((full name))" in late.text


def test_a_draft_cannot_be_shared(client_of: ClientOf) -> None:
    client = client_of("mandy")
    assert client.post(f"{DOVER}/{written(client)}/publish").status_code == 409


def test_sharing_twice_makes_one_copy(client_of: ClientOf, shared: int, letter: int) -> None:
    answer = client_of("mandy").post(f"{DOVER}/{letter}/publish")
    assert answer.location.endswith(f"/shared/{shared}")


def test_medway_finds_and_adopts_with_the_origin_kept(
    client_of: ClientOf, shared: int, acting: Acting
) -> None:
    mo = client_of("mo")
    assert "Our letter" in mo.get(f"{MEDWAY}?show=shared&of=letter&name=our").text
    page = mo.get(f"{MEDWAY}/shared/{shared}").text
    assert "Dover Town PCN" in page
    copied = mo.sent(f"{MEDWAY}/shared/{shared}/adopt").text
    assert "You have your own copy" in copied
    assert "Dover Town PCN, version 1" in copied
    assert "You have adopted this" in mo.get(f"{MEDWAY}/shared/{shared}").text
    assert "1 organisation: Medway Central PCN" in client_of("mandy").get(f"{DOVER}/shared/{shared}").text
    with acting("medway-central", "mo", audited=True):
        assert adopt(shared).id == adopt(shared).id
        item = db.session.scalars(select(LibraryItem)).one()
        assert (item.state, item.origin_name, item.origin_item, item.origin_version) == (
            "draft",
            "Dover Town PCN",
            shared,
            1,
        )
        assert len(db.session.scalars(select(Adoption)).all()) == 1
        db.session.commit()


def test_an_unchanged_copy_may_be_approved_by_whoever_adopted_it(client_of: ClientOf, shared: int) -> None:
    mo = client_of("mo")
    own = mo.post(f"{MEDWAY}/shared/{shared}/adopt").location
    assert "is approved and can be used" in approve(mo, own)


def test_our_own_item_cannot_be_adopted(client_of: ClientOf, shared: int) -> None:
    assert client_of("mandy").post(f"{DOVER}/shared/{shared}/adopt").status_code == 409


def test_the_neighbouring_icb_sees_nothing_of_it(client_of: ClientOf, shared: int, acting: Acting) -> None:
    for who, root in (("sam", SOWE), ("ian", "/icb/coventry-and-warwickshire/library")):
        client = client_of(who)
        assert "Our letter" not in client.get(f"{root}?show=shared").text
        assert client.get(f"{root}/shared/{shared}").status_code == 404
        assert client.post(f"{root}/shared/{shared}/adopt").status_code == 404
    with acting("sowe-valley", "sam"):
        assert db.session.scalars(select(PublishedItem)).all() == []
        assert db.session.scalars(select(Adoption)).all() == []


def test_another_organisations_own_item_is_not_there(client_of: ClientOf, letter: int) -> None:
    assert client_of("mo").get(f"{MEDWAY}/{letter}").status_code == 404
    assert client_of("olu").get(f"/partner/one-you-kent/library/{letter}").status_code == 404


def test_a_withdrawn_version_is_gone_and_copies_stay(client_of: ClientOf, shared: int) -> None:
    mo = client_of("mo")
    own = mo.post(f"{MEDWAY}/shared/{shared}/adopt").location
    assert mo.post(f"{MEDWAY}/shared/{shared}/withdraw").status_code == 403
    assert "no longer shared" in client_of("mandy").sent(f"{DOVER}/shared/{shared}/withdraw").text
    assert mo.get(f"{MEDWAY}/shared/{shared}").status_code == 404
    assert mo.get(own).status_code == 200


def test_reading_is_for_everybody_and_writing_is_not(client_of: ClientOf, letter: int) -> None:
    cora = client_of("cora")
    assert cora.get(f"{DOVER}/{letter}").status_code == 200
    assert cora.get(f"{DOVER}/write").status_code == 403
    assert cora.get(f"{DOVER}/{letter}/edit").status_code == 403
    assert cora.post(f"{DOVER}/{letter}/approve").status_code == 403
    assert cora.post(f"{DOVER}/{letter}/publish").status_code == 403


def test_the_icb_publishes_the_starter_sets_and_a_pcn_adopts_all_of_one(client_of: ClientOf) -> None:
    ivy, mo, root = client_of("ivy"), client_of("mo"), "/icb/kent-and-medway/library"
    ivy.budget = 150  # twelve items, each written and shared once
    assert "12 items" in ivy.sent(f"{root}/starter").text
    assert "12 items" in ivy.sent(f"{root}/starter").text
    ivy.budget = None
    page = mo.get(f"{MEDWAY}?show=shared").text
    assert "Shared with us: 12 items" in page
    setup = re.search(r'/shared/(\d+)">Dover Town</a>', page)
    assert setup
    assert "age" in mo.get(f"{MEDWAY}/shared/{setup.group(1)}").text
    mo.budget = 90  # seven items adopted in one go
    assert "with the 6 items" in mo.sent(f"{MEDWAY}/shared/{setup.group(1)}/adopt").text
    assert "Ours: 7 items" in mo.get(MEDWAY).text


def test_only_an_icb_publishes_the_starter_sets(client_of: ClientOf) -> None:
    assert client_of("mandy").post(f"{DOVER}/starter").status_code == 403


def test_a_procedure_is_a_tagged_pdf_with_our_own_name_in_it(client_of: ClientOf, letter: int) -> None:
    client = client_of("mandy")
    item_id = written(
        client, kind="SOP", name="Our SOP", body="# Who\n\n((PCN)) on ((sender phone)). Ask Łukasz."
    )
    answer = client.get(f"{DOVER}/{item_id}/pdf")
    assert answer.mimetype == "application/pdf"
    pdf = PdfReader(io.BytesIO(answer.data))
    assert pdf.trailer["/Root"]["/Lang"] == "en"
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    text = pdf.pages[0].extract_text()
    assert "Dover Town PCN on 01304 555 000. Ask Łukasz." in text
    assert "Draft: not to be used yet" in text
    assert client.get(f"{DOVER}/{letter}/pdf").status_code == 404


def test_the_command_publishes_the_starter_sets(app: object, world: object) -> None:
    from flask import Flask

    assert isinstance(app, Flask)
    runner = app.test_cli_runner()
    command = ["library", "publish-starter", "--icb", "kent-and-medway"]
    assert "5 items are shared" in runner.invoke(args=[*command, "--set", "medway"]).output
    assert "12 items are shared" in runner.invoke(args=command).output
    assert "is not one of" in runner.invoke(args=[*command, "--set", "nowhere"]).output
    assert "There is no ICB" in runner.invoke(args=["library", "publish-starter", "--icb", "nowhere"]).output


def test_drafts_that_wait_are_counted_and_the_count_opens_them(client_of: ClientOf, letter: int) -> None:
    clara = client_of("clara")
    written(client_of("mandy"), name="Another letter")
    page = clara.get("/pcn/dover-town/today").text
    assert "draft to approve in the library" in page
    assert f"{DOVER}?show=ours&amp;state=waiting" in page
    found = clara.get(f"{DOVER}?show=ours&state=waiting").text
    assert "Ours: 1 item" in found
    assert "Another letter" in found
