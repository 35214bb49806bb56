"""E-mail from end to end: built, read, approved, sent by GOV.UK Notify or captured, and unsubscribed from."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.library.models import LibraryItem
from app.outreach.choice_models import ContactChoice
from app.outreach.gateway_models import BadAddress
from app.people.models import Person
from app.programmes.models import Participant, Programme
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.conftest import BASE, FORM, GATEWAYS, Outreach
from tests.outreach.test_notify import contacts, told
from tests.rows import make
from tests.stand_in.notify import Served

BODY = """Subject: A word from ((sender name))

Dear ((first name)),

We’d like to talk with you – **tell us here**: ((reply link))

Or ring ((sender phone)). You can say no at the same link."""
STEPS = [
    {"name": "E-mail", "channel": "email", "template": "Our e-mail", "after_days": 0},
    {"name": "Letter", "channel": "letter", "template": "Our letter", "after_days": 7},
]
ADA = {"email": "ada@example.test"}


@pytest.fixture
def by_email(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> Outreach:
    """Outreach whose first step is an e-mail, once it is started."""
    start = outreach.start

    def start_with_email(*people: dict[str, Any], released: bool = True) -> list[int]:
        found = start(*people, released=released)

        def by_email() -> None:
            make(LibraryItem, kind="e-mail", name="Our e-mail", body=BODY, state="approved", approved_by="C")
            programme = db.session.scalars(select(Programme)).one()
            programme.setup = programme.setup | {"steps": STEPS}

        outreach.change(by_email)
        return found

    monkeypatch.setattr(outreach, "start", start_with_email)
    return outreach


@pytest.fixture
def connected(by_email: Outreach, notify: Served, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Served:
    """The PCN's e-mails go by the stand-in, and links start as they do in production."""
    monkeypatch.setitem(app.config, "BASE_URL", "https://oast.example.test")
    by_email.moved(seeding.MONDAY)
    assert by_email.client_of("mandy").post(f"{GATEWAYS}/email", data=FORM).status_code == 303
    return notify


def test_an_email_goes_out_with_subject_link_and_where_to_unsubscribe(
    by_email: Outreach, connected: Served
) -> None:
    by_email.start(ADA)
    by_email.send()
    (message,) = connected.accepted()
    assert (message["notification_type"], message["to"]) == ("email", "ada@example.test")
    assert message["subject"] == "A word from Dover Town PCN"
    link = message["unsubscribe"].removesuffix("/unsubscribe")
    assert message["body"].startswith("Dear Ada,\n\nWe’d like to talk with you – tell us here: " + link)
    (row,) = contacts(by_email)
    assert (row.state, row.reference, row.provider_id) == ("sent", message["reference"], message["id"])
    assert row.body.startswith("Subject: A word from Dover Town PCN\n\nDear Ada,")
    assert link.rsplit("-", 1)[1] not in row.body
    page = by_email.client_of(None).get(link.removeprefix("https://oast.example.test"))
    assert "Ada" in page.text


def test_an_email_is_in_the_language_that_somebody_has_asked_for_since(
    by_email: Outreach, connected: Served
) -> None:
    by_email.start(ADA, {"email": "ben@example.test"})
    polish = {"language": "pl", "body": "Subject: Od nas\n\n((first name)): ((reply link))"}
    given = polish | {"state": "approved", "approved_by": "Clara"}
    by_email.change(lambda: make(LibraryItem, kind="e-mail", name="Our e-mail", **given))
    batch_id = by_email.build()
    by_email.approve(batch_id)
    ada = update(Person).where(Person.email == "ada@example.test")
    by_email.change(lambda: db.session.execute(ada.values(language="pl")))
    by_email.work()
    subjects = [message["subject"] for message in connected.accepted()]
    assert subjects == ["Od nas", "A word from Dover Town PCN"]
    assert contacts(by_email)[0].body.startswith("Subject: Od nas\n\nAda: ")


def test_who_has_no_email_is_held_back_and_gets_the_letter_at_once(
    by_email: Outreach, connected: Served
) -> None:
    ada, ben = by_email.start(ADA, {"email": ""})
    batch_id = by_email.send()
    assert by_email.states(batch_id) == {ada: ("sent", None), ben: ("held back", "no usable e-mail address")}
    assert set(by_email.states(by_email.build(2))) == {ben}


def test_an_address_that_bounces_is_bad_and_one_that_is_full_is_not(
    by_email: Outreach, connected: Served
) -> None:
    ada, ben = by_email.start(ADA, {"email": "ben@example.test"})
    by_email.send()
    for message, status in zip(connected.accepted(), ("permanent-failure", "temporary-failure"), strict=True):
        told(by_email, message, status)
    by_email.work()
    assert [row.delivery for row in contacts(by_email)] == ["permanent failure", "temporary failure"]
    with by_email.acting("dover-town"):
        (bad,) = db.session.scalars(select(BadAddress))
        assert (bad.kind, bad.value) == ("email", "ada@example.test")
    assert set(by_email.states(by_email.build(2))) == {ada, ben}, "both move on to the letter at once"


def test_emails_keep_the_sending_hours(by_email: Outreach, connected: Served) -> None:
    by_email.start(ADA)
    batch_id = by_email.build()
    by_email.approve(batch_id)
    by_email.moved(seeding.MONDAY.replace(hour=19))
    by_email.work()
    assert connected.accepted() == []
    page = by_email.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}").text
    assert "Nothing is sent before 3 November 2026 at 9am" in page


def test_pages_say_email_and_that_it_costs_nothing(by_email: Outreach) -> None:
    by_email.start(ADA)
    batch_id = by_email.build()
    page = by_email.client_of("clara").get(f"{BASE}/outreach/batches/{batch_id}").text
    assert "No e-mail gateway is connected" in page
    assert "E-mails cost nothing" in page
    assert "A word from Dover Town PCN" in page
    approve = by_email.client_of("clara").get(f"{BASE}/outreach/batches/{batch_id}/approve").text
    assert "Send 1 e-mail now?" in approve


def test_where_nothing_is_connected_an_email_is_captured_and_can_be_read(by_email: Outreach) -> None:
    by_email.start(ADA)
    by_email.send()
    page = by_email.client_of("cora").get(f"{BASE}/outreach/messages").text
    assert "ada@example.test" in page
    assert "Subject: A word from Dover Town PCN" in page
    assert "tell us here: " in page
    assert "**" not in page


def _pressed(outreach: Outreach, connected: Served) -> Any:
    """What a mail program does when its reader presses "Unsubscribe"; the answer."""
    (message,) = connected.accepted()
    path = message["unsubscribe"].removeprefix("https://oast.example.test")
    return outreach.client_of(None).post(path, data={"List-Unsubscribe": "One-Click"})


def _choices(outreach: Outreach) -> list[tuple[str, bool]]:
    with outreach.acting("dover-town"):
        rows = db.session.scalars(select(ContactChoice).order_by(ContactChoice.id))
        return [(row.kind, row.lifted_at is None) for row in rows]


def test_unsubscribing_by_one_click_is_a_no_thank_you_and_pressed_twice_is_written_once(
    by_email: Outreach, connected: Served, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    monkeypatch.setitem(app.config, "WTF_CSRF_CHECK_DEFAULT", True)
    (ada,) = by_email.start(ADA)
    with monkeypatch.context() as without:
        without.setitem(app.config, "WTF_CSRF_ENABLED", False)
        by_email.send()
    elsewhere = by_email.client_of(None).post("/sign-in", data={"email": "ada@example.test"})
    assert elsewhere.status_code == 400, "request forgery is looked for"
    for _ in range(2):
        assert _pressed(by_email, connected).status_code == 204
    assert _choices(by_email) == [("programme opt-out", True)]
    with by_email.acting("dover-town"):
        assert db.session.scalar(select(Participant.status).where(Participant.id == ada)) == "opted out"


def test_looking_at_the_address_unsubscribes_nobody_and_a_wrong_one_tells_nothing(
    by_email: Outreach, connected: Served
) -> None:
    by_email.start(ADA)
    by_email.send()
    (message,) = connected.accepted()
    path = message["unsubscribe"].removeprefix("https://oast.example.test")
    looked = by_email.client_of(None).get(path)
    assert (looked.status_code, looked.location) == (303, path.removesuffix("/unsubscribe"))
    assert by_email.client_of(None).post("/r/1-00000000000000000000/unsubscribe").status_code == 404
    assert _choices(by_email) == []


def test_who_unsubscribes_gets_nothing_more_and_may_come_back_by_the_same_link(
    by_email: Outreach, connected: Served
) -> None:
    (ada,) = by_email.start(ADA)
    by_email.send()
    _pressed(by_email, connected)
    later = seeding.MONDAY.replace(day=16)
    by_email.moved(later)
    said = by_email.client_of("cora").sent(f"{by_email.page}/build", position=2)
    assert "Nobody is due" in said.text
    path = connected.accepted()[0]["unsubscribe"].removeprefix("https://oast.example.test")
    by_email.client_of(None).post(path.removesuffix("/unsubscribe"), data={"answer": "yes, call me"})
    assert _choices(by_email) == [("programme opt-out", False)]
    with by_email.acting("dover-town"):
        assert db.session.scalar(select(Participant.status).where(Participant.id == ada)) == "wants a call"


def test_without_https_no_address_to_unsubscribe_is_given_and_the_email_goes_out(
    by_email: Outreach, notify: Served
) -> None:
    by_email.start(ADA)
    by_email.client_of("mandy").post(f"{GATEWAYS}/email", data=FORM)
    by_email.send()
    (message,) = notify.accepted()
    assert message["unsubscribe"] is None


def test_an_email_without_a_subject_says_who_writes(by_email: Outreach, connected: Served) -> None:
    by_email.start(ADA)
    body = BODY.split("\n\n", 1)[1]
    by_email.change(
        lambda: db.session.execute(
            update(LibraryItem).where(LibraryItem.kind == "e-mail").values(state="retired")
        )
    )
    by_email.change(
        lambda: make(
            LibraryItem, kind="e-mail", name="Our e-mail", version=2, body=body, state="approved",
            approved_by="C",
        )
    )  # fmt: skip
    by_email.send()
    (message,) = connected.accepted()
    assert message["subject"] == "A message from Dover Town PCN"
