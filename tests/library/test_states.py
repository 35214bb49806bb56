"""From a draft to the shelf: read by the patient council, approved by a second person, retired."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import Forbidden

from app.audit import AuditEvent
from app.library import states
from app.library.family import members_of
from app.library.models import LibraryItem
from app.library.versions import write
from tenants.db import db
from tests import rows
from tests.checking import CheckingClient
from tests.conftest import Acting
from tests.library.steps import approve, read, seen_on

ClientOf = Callable[..., CheckingClient]
DOVER = "/pcn/dover-town/library"
TEXT = {
    "kind": "text",
    "name": "First text",
    "summary": "Asks people to ring",
    "body": "((first name)), this is ((sender name)). Ring ((sender phone)). To stop, ring us.",
    "others_note": "",
}


@pytest.fixture
def draft(client_of: ClientOf) -> str:
    """The address of a text by Mandy."""
    return str(client_of("mandy").post(f"{DOVER}/write", data=TEXT).location)


def kept(acting: Acting) -> LibraryItem:
    """The newest version as it stands in the database."""
    with acting("dover-town"):
        statement = select(LibraryItem).order_by(LibraryItem.version.desc(), LibraryItem.id.desc())
        item = db.session.scalars(statement.limit(1)).one()
        db.session.expunge(item)
        return item


def test_the_patient_council_finds_what_waits_and_reads_it(
    client_of: ClientOf, draft: str, acting: Acting
) -> None:
    pat = client_of("pat")
    assert f'href="{DOVER}/to-read"' in pat.get("/pcn/dover-town/today").text
    assert f'href="{draft}/read"' in pat.get(f"{DOVER}/to-read").text
    page = pat.get(f"{draft}/read").text
    assert "Al, this is Dover Town PCN." in page
    assert "See it for other people" in page
    assert "Thank you" in read(pat, draft, note="Very clear")
    item = kept(acting)
    assert (item.state, item.read_by, item.read_note) == ("read", "Pat", "Very clear")
    assert "There is nothing to read now" in pat.get(f"{DOVER}/to-read").text
    assert "messages to read" not in pat.get("/pcn/dover-town/today").text
    assert "It is clear" not in pat.get(f"{draft}/read").text
    assert "Very clear" in client_of("clara").get(f"{draft}/approve").text


def test_what_is_sent_back_is_a_draft_with_words_for_its_writer(
    client_of: ClientOf, draft: str, acting: Acting
) -> None:
    pat, mandy = client_of("pat"), client_of("mandy")
    data = {"was": seen_on(pat, f"{draft}/read"), "decision": "back", "note": " "}
    silent = pat.post(f"{draft}/read", data=data)
    assert silent.status_code == 422
    assert 'href="#note"' in silent.text
    assert kept(acting).read_at is None
    read(pat, draft, "back", "Say who rings")
    assert (kept(acting).state, kept(acting).read_note) == ("draft", "Say who rings")
    assert "message to change, as the patient council says" in mandy.get("/pcn/dover-town/today").text
    assert "Say who rings" in mandy.get(f"{draft}/edit").text
    assert "There is nothing to read now" in pat.get(f"{DOVER}/to-read").text


def test_a_change_after_the_council_read_it_has_it_read_again(
    client_of: ClientOf, draft: str, acting: Acting
) -> None:
    pat, mandy = client_of("pat"), client_of("mandy")
    read(pat, draft)
    data = TEXT | {"body": TEXT["body"] + " Thank you.", "was": seen_on(mandy, f"{draft}/edit")}
    assert mandy.post(f"{draft}/edit", data=data).status_code == 303
    item = kept(acting)
    assert (item.version, item.state, item.read_by, item.read_at, item.read_note) == (
        1,
        "draft",
        None,
        None,
        "",
    )
    assert "First text" in pat.get(f"{DOVER}/to-read").text


def test_words_that_changed_while_they_were_read_are_neither_read_nor_approved(
    client_of: ClientOf, draft: str, acting: Acting
) -> None:
    pat, clara, mandy = client_of("pat"), client_of("clara"), client_of("mandy")
    old = seen_on(pat, f"{draft}/read")
    changed = TEXT | {"body": TEXT["body"] + " Thank you.", "was": seen_on(mandy, f"{draft}/edit")}
    mandy.post(f"{draft}/edit", data=changed)
    late = pat.post(f"{draft}/read", data={"was": old, "decision": "clear", "note": ""})
    assert late.status_code == 422
    assert "Somebody changed this version while you were reading" in late.text
    late = clara.post(f"{draft}/approve", data={"was": old, "accepted": [states.UNREAD]})
    assert late.status_code == 422
    assert kept(acting).state == "draft"


def test_a_text_that_is_too_long_to_be_sent_is_approved_only_by_ticking_that(
    client_of: ClientOf, draft: str, acting: Acting
) -> None:
    mandy, clara = client_of("mandy"), client_of("clara")
    long = TEXT | {"body": TEXT["body"] + " We can help." * 65, "was": seen_on(mandy, f"{draft}/edit")}
    assert mandy.post(f"{draft}/edit", data=long).status_code == 303
    data = {"was": seen_on(clara, f"{draft}/approve"), "accepted": [states.UNREAD]}
    refused = clara.post(f"{draft}/approve", data=data)
    assert refused.status_code == 422
    assert states.TOO_LONG in refused.text
    assert kept(acting).state == "draft"
    approve(clara, draft)
    assert kept(acting).approved_despite == [states.UNREAD, states.TOO_LONG]


@pytest.mark.parametrize("who", ["mandy", "clara", "cora", "alan", "rita"])
def test_nobody_else_reads_for_the_patient_council(client_of: ClientOf, draft: str, who: str) -> None:
    client = client_of(who)
    assert client.get(f"{DOVER}/to-read").status_code == 403
    assert client.get(f"{draft}/read").status_code == 403
    assert client.post(f"{draft}/read", data={"decision": "clear"}).status_code == 403


def test_the_council_neither_writes_nor_approves_nor_retires(client_of: ClientOf, draft: str) -> None:
    pat = client_of("pat")
    for path in ("edit", "approve", "retire", "family/add"):
        assert pat.post(f"{draft}/{path}").status_code == 403, path


def test_a_procedure_is_not_read_by_the_council(client_of: ClientOf) -> None:
    data = TEXT | {"kind": "SOP", "name": "Ours", "body": "# Who\n\nAll"}
    procedure = client_of("mandy").post(f"{DOVER}/write", data=data).location
    pat = client_of("pat")
    assert "Ours" not in pat.get(f"{DOVER}/to-read").text
    assert pat.get(f"{procedure}/read").location == procedure


def test_who_approves_unread_or_with_warnings_ticks_each_and_it_is_kept(
    client_of: ClientOf, acting: Acting
) -> None:
    body = "((first name)), this is ((sender name)). About your weight: http://www.nhs.uk. To stop, ring."
    draft = client_of("mandy").post(f"{DOVER}/write", data=TEXT | {"body": body}).location
    clara = client_of("clara")
    page = clara.get(f"{draft}/approve").text
    assert states.UNREAD in page
    assert "names a condition: “weight”" in page
    some = clara.post(
        f"{draft}/approve", data={"was": seen_on(clara, f"{draft}/approve"), "accepted": [states.UNREAD]}
    )
    assert some.status_code == 422
    assert 'href="#accepted"' in some.text
    assert kept(acting).state == "draft"
    assert "Although" in approve(clara, draft)
    item = kept(acting)
    assert item.state == "approved"
    assert [one[:20] for one in item.approved_despite] == [
        "The patient council ", "It names a condition", "http://www.nhs.uk st",
    ]  # fmt: skip


def test_what_was_read_and_has_no_warning_is_approved_without_a_tick(
    client_of: ClientOf, draft: str, acting: Acting
) -> None:
    read(client_of("pat"), draft)
    clara = client_of("clara")
    assert 'name="accepted"' not in clara.get(f"{draft}/approve").text
    assert "is approved and can be used" in approve(clara, draft)
    assert kept(acting).approved_despite == []


def test_what_the_council_sent_back_is_approved_only_with_a_tick(client_of: ClientOf, draft: str) -> None:
    read(client_of("pat"), draft, "back", "Say who rings")
    page = client_of("clara").get(f"{draft}/approve").text
    assert states.SENT_BACK in page
    assert states.UNREAD not in page
    assert "Say who rings" in page


def test_the_approver_sees_on_today_what_the_council_has_read(client_of: ClientOf, draft: str) -> None:
    today = "/pcn/dover-town/today"
    assert "The patient council has read" not in client_of("clara").get(today).text
    read(client_of("pat"), draft)
    assert "The patient council has read 1 of them" in client_of("clara").get(today).text


@pytest.fixture
def approved(client_of: ClientOf, draft: str) -> str:
    """The same text, read and approved."""
    read(client_of("pat"), draft)
    approve(client_of("clara"), draft)
    return draft


def test_a_retired_item_can_be_read_and_not_used_in_any_version(
    client_of: ClientOf, approved: str, acting: Acting
) -> None:
    mandy, clara = client_of("mandy"), client_of("clara")
    data = TEXT | {"body": TEXT["body"] + " Thank you.", "was": seen_on(mandy, f"{approved}/edit")}
    second = mandy.post(f"{approved}/edit", data=data).location
    approve(clara, second)
    with acting("dover-town"):
        assert [one.version for one in members_of("text", "First text")] == [2]
    assert "No new batch or call list" in clara.get(f"{second}/retire").text
    assert "is retired" in clara.sent(f"{second}/retire").text
    assert "was retired already" in clara.sent(f"{second}/retire").text
    with acting("dover-town"):
        assert members_of("text", "First text") == []
        found = db.session.scalars(select(LibraryItem).order_by(LibraryItem.version)).all()
        assert [(one.state, one.retired_by) for one in found] == [("retired", "Clara"), ("retired", "Clara")]
    assert "Clara retired this on" in mandy.get(second).text
    again = mandy.post(f"{second}/edit", data=TEXT | {"body": "New", "was": seen_on(mandy, f"{second}/edit")})
    assert again.status_code == 303
    assert (kept(acting).version, kept(acting).state) == (3, "draft")


def test_retiring_leaves_a_batch_its_own_version(client_of: ClientOf, approved: str, acting: Acting) -> None:
    number = int(approved.rsplit("/", 1)[1])
    client_of("clara").post(f"{approved}/retire")
    with acting("dover-town"):
        item = db.session.scalars(select(LibraryItem).where(LibraryItem.id == number)).one()
        assert (item.state, item.body) == ("retired", TEXT["body"])


def test_a_draft_cannot_be_retired_and_writers_alone_may_not_retire(client_of: ClientOf, draft: str) -> None:
    assert client_of("clara").post(f"{draft}/retire").status_code == 409
    assert client_of("cora").post(f"{draft}/retire").status_code == 403


@pytest.mark.parametrize(
    "change",
    ["body = 'Other'", "name = 'Other'", "state = 'draft'", "approved_by = 'Me'", "others_note = 'x'",
     "approved_despite = '[\"x\"]'"],
)  # fmt: skip
def test_the_database_itself_keeps_an_approved_version(acting: Acting, change: str) -> None:
    with acting("dover-town"):
        for state, allowed in (("draft", True), ("approved", False), ("retired", False)):
            item = rows.make(LibraryItem, kind="letter", name=f"One {state}", state=state)
            statement = text(f"UPDATE library_item SET {change} WHERE id = {item.id}")
            if allowed:
                db.session.execute(statement)
                continue
            with pytest.raises(IntegrityError, match="never changes"), db.session.begin_nested():
                db.session.execute(statement)


def test_each_step_is_recorded(client_of: ClientOf, approved: str, acting: Acting) -> None:
    client_of("clara").post(f"{approved}/retire")
    with acting("dover-town"):
        events = db.session.scalars(
            select(AuditEvent).where(AuditEvent.subject == "text").order_by(AuditEvent.id)
        ).all()
        assert [(event.action, event.actor) for event in events] == [
            ("written", "Mandy"), ("read for patients", "Pat"), ("approved", "Clara"), ("retired", "Clara"),
        ]  # fmt: skip


def test_a_second_answer_of_the_council_changes_nothing(
    client_of: ClientOf, draft: str, acting: Acting
) -> None:
    pat = client_of("pat")
    was = seen_on(pat, f"{draft}/read")
    read(pat, draft, note="Clear to me")
    late = pat.sent(f"{draft}/read", was=was, decision="back", note="Not to me").text
    assert "Somebody has dealt with this message already" in late
    assert (kept(acting).state, kept(acting).read_note) == ("read", "Clear to me")


@pytest.mark.parametrize("step", [states.read, lambda item: states.approve(item, [states.UNREAD])])
def test_what_changes_at_the_same_moment_is_neither_read_nor_approved(
    draft: str, acting: Acting, step: Callable[[LibraryItem], bool]
) -> None:
    with acting("dover-town", "clara"):
        item = db.session.scalars(select(LibraryItem)).one()
        assert "stop" in item.body  # loaded, as on the page
        db.session.execute(
            text("UPDATE library_item SET body = 'Other', made_at = made_at + interval '1 second'")
        )
        assert step(item) is False
        assert db.session.scalar(text("SELECT state FROM library_item")) == "draft"


def test_nobody_reads_their_own_words_for_the_council(acting: Acting) -> None:
    with acting("dover-town", "dora"):
        item = write("text", "Ours", {"summary": "Asks", "body": str(TEXT["body"])})
        with pytest.raises(Forbidden, match="You wrote this version"):
            states.read(item)
        assert item.state == "draft"
