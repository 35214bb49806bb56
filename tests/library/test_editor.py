"""The editor shows what is written as people get it, and saves nothing while it does."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.library.models import LibraryItem
from tenants.db import db
from tests.checking import CheckingClient
from tests.conftest import Acting
from tests.library.steps import seen_on

ClientOf = Callable[..., CheckingClient]
DOVER = "/pcn/dover-town/library"
TEXT = {
    "kind": "text",
    "name": "First text",
    "summary": "Asks people to ring",
    "body": "((first name)), this is ((sender name)). Ring us. To stop, ring us.",
    "others_note": "",
}
HTMX = {"HX-Request": "true", "HX-Target": "preview"}


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["no script", "htmx"])
def test_a_new_text_is_shown_on_awkward_cases_and_not_saved(
    client_of: ClientOf, acting: Acting, headers: dict[str, str]
) -> None:
    body = TEXT["body"] + " It is about diabetes."
    data = TEXT | {"intent": "try", "body": body}
    answer = client_of("mandy").post(f"{DOVER}/write", data=data, headers=headers)
    assert answer.status_code == 200
    assert "Oluwafunmilayo-Alexandrina-Maximili, this is Dover Town PCN" in answer.text
    assert "2 parts at most, 4.8p a text" in answer.text
    assert "names a condition: “diabetes”" in answer.text
    assert "Reading level (advice)" in answer.text
    assert ("<textarea" in answer.text) == (not headers)
    with acting("dover-town"):
        assert db.session.scalars(select(LibraryItem)).all() == []


def test_without_a_script_what_was_written_stays_in_the_form(client_of: ClientOf) -> None:
    answer = client_of("mandy").post(f"{DOVER}/write", data=TEXT | {"intent": "try", "body": "Half a"})
    assert "Half a</textarea>" in answer.text
    assert 'value="First text"' in answer.text
    assert "There is a problem" not in answer.text


def test_an_unknown_placeholder_is_said_and_the_rest_waits(client_of: ClientOf) -> None:
    data = TEXT | {"intent": "try", "body": "Dear ((frist name))"}
    answer = client_of("mandy").post(f"{DOVER}/write", data=data, headers=HTMX)
    assert answer.status_code == 200
    assert "It cannot be shown yet" in answer.text
    assert "Change ((frist name))" in answer.text


@pytest.mark.parametrize("kind", ["SOP", "programme set-up", ""])
def test_what_is_not_for_people_is_not_shown_so(client_of: ClientOf, kind: str) -> None:
    data = TEXT | {"intent": "try", "kind": kind}
    answer = client_of("mandy").post(f"{DOVER}/write", data=data, headers=HTMX)
    assert "Choose text, e-mail, letter or call script" in answer.text


def test_a_draft_is_shown_while_it_is_edited_and_not_changed(client_of: ClientOf, acting: Acting) -> None:
    mandy = client_of("mandy")
    draft = mandy.post(f"{DOVER}/write", data=TEXT).location
    assert "Al, this is Dover Town PCN" in mandy.get(f"{draft}/edit").text
    data = {
        "was": seen_on(mandy, f"{draft}/edit"),
        "summary": "",
        "body": "Hello ((first name))",
        "intent": "try",
    }
    shown = mandy.post(f"{draft}/edit", data=data)
    assert shown.status_code == 200
    assert "Hello Al" in shown.text
    assert "It does not say who writes" in shown.text
    with acting("dover-town"):
        assert db.session.scalars(select(LibraryItem.body)).one() == TEXT["body"]


def test_what_others_make_is_saved_with_the_message_and_not_with_a_procedure(
    client_of: ClientOf, acting: Acting
) -> None:
    mandy, note = client_of("mandy"), "Braille: ring the office"
    text = mandy.post(f"{DOVER}/write", data=TEXT | {"others_note": note}).location
    assert note in mandy.get(text).text
    mandy.post(
        f"{DOVER}/write", data=TEXT | {"kind": "SOP", "name": "Ours", "body": "# All", "others_note": note}
    )
    with acting("dover-town"):
        notes = db.session.execute(select(LibraryItem.kind, LibraryItem.others_note)).all()
    assert {tuple(row) for row in notes} == {("text", note), ("SOP", "")}


def test_a_note_on_other_formats_alone_is_a_change(client_of: ClientOf) -> None:
    mandy = client_of("mandy")
    draft = mandy.post(f"{DOVER}/write", data=TEXT).location
    data = TEXT | {"others_note": "Audio: ring the office", "was": seen_on(mandy, f"{draft}/edit")}
    assert "is saved as a draft" in mandy.sent(f"{draft}/edit", **data).text
    data["was"] = seen_on(mandy, f"{draft}/edit")
    assert "Nothing had changed" in mandy.sent(f"{draft}/edit", **data).text


def test_who_may_not_write_is_shown_nothing(client_of: ClientOf) -> None:
    for who in ("clara", "cora", "pat"):
        assert client_of(who).post(f"{DOVER}/write", data=TEXT | {"intent": "try"}).status_code == 403


def test_an_email_is_shown_with_its_subject(client_of: ClientOf) -> None:
    data = TEXT | {"kind": "e-mail", "intent": "try", "body": "Subject: Hello ((first name))\n\nRing us."}
    page = client_of("mandy").post(f"{DOVER}/write", data=data, headers=HTMX).text
    assert "<strong>Subject:</strong> Hello Al</p>" in page
