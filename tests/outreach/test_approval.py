"""The page that makes an approver stop and read: numbers, warnings and messages, as they are then."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, update

from app import clock
from app.library.models import LibraryItem
from app.outreach import choices, inbound
from app.outreach.approval import number_in
from app.outreach.gateway_models import InboundText
from app.outreach.models import Batch, Contact, Step
from app.people.models import Person
from app.programmes.models import Participant, Programme
from tenants import scope
from tenants.db import db
from tests.outreach import approving, seeding
from tests.outreach.conftest import BASE, Outreach
from tests.programmes.people import programme
from tests.rows import make

TWO = [{}, {"given_name": "Zoë", "mobile": "07700900111"}]


@pytest.fixture
def batch_id(outreach: Outreach) -> int:
    """A built batch of two, whose lists are of 1 January."""
    outreach.start(*TWO)
    return outreach.build()


def _address(batch_id: int) -> str:
    return f"{BASE}/outreach/batches/{batch_id}/approve"


def _kept(outreach: Outreach, batch_id: int) -> Any:
    with outreach.acting("dover-town"):
        return db.session.scalar(select(Batch.manifest).where(Batch.id == batch_id))


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        *(("2", 2), ("1,234", 1234), ("1234", 1234), (" 12 345 ", 12345)),
        *(("1,2", None), ("two", None), ("", None), ("-1", None)),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str, number: int | None) -> None:
    assert number_in(typed) == number


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter how many texts will go out"),
        ("many", "The number must be a whole number, like 1,234"),
        ("3", "3 is not the number of texts. Read the page again"),
    ],
)
def test_the_number_that_goes_out_must_be_typed(
    outreach: Outreach, batch_id: int, typed: str, said: str
) -> None:
    answer = approving.approve(outreach.client_of("clara"), batch_id, number=typed)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert answer.text.count(said) == 2
    assert outreach.batch_state(batch_id) == "built"
    outreach.work()
    assert outreach.captured() == []


def test_each_warning_must_be_ticked(outreach: Outreach, batch_id: int) -> None:
    page = outreach.client_of("clara").get(_address(batch_id)).text
    assert "from a list that is more than 1 day old. The oldest is of 1 January 2026, 305 days ago" in page
    answer = approving.approve(outreach.client_of("clara"), batch_id, ticks=[])
    assert answer.status_code == 422
    assert "Tick each of these, to say that you have read it" in answer.text
    assert outreach.batch_state(batch_id) == "built"


def test_a_batch_that_no_gateway_takes_is_warned_of_where_people_are_real(
    outreach: Outreach, batch_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "No text gateway is connected, so these messages reach nobody."
    assert said not in outreach.client_of("clara").get(_address(batch_id)).text
    monkeypatch.setitem(outreach.app.config, "OAST_DEMONSTRATION", False)
    assert said in outreach.client_of("clara").get(_address(batch_id)).text
    assert approving.approve(outreach.client_of("clara"), batch_id, ticks=[]).status_code == 422
    assert approving.approve(outreach.client_of("clara"), batch_id).status_code == 303


def test_what_was_acknowledged_is_kept_and_shown_on_the_batch(outreach: Outreach, batch_id: int) -> None:
    assert approving.approve(outreach.client_of("clara"), batch_id).status_code == 303
    approval = _kept(outreach, batch_id)["approval"]
    assert approval["number"] == 2
    old, calendar = approval["warnings"]
    assert old.startswith("What we know of 2 people is from a list")
    assert calendar.startswith("Other things go on then. Flu vaccination, 1 September to 30 November 2026")
    page = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}").text
    assert "What Clara read before approving" in page
    assert "The oldest is of 1 January 2026" in page


def test_an_opt_out_while_the_page_is_open_asks_for_the_new_number(outreach: Outreach, batch_id: int) -> None:
    clara = outreach.client_of("clara")
    read = approving.read_in(clara.get(_address(batch_id)).text)
    outreach.change(lambda: choices.opt_out(_anybody(), outreach.programme_id, source="x", entered_by="y"))
    answer = clara.post(_address(batch_id), data=read)
    assert answer.status_code == 422
    assert "This has changed since you opened the page: it is 1 text now, not 2." in answer.text
    assert "Send 1 text now?" in answer.text
    assert outreach.batch_state(batch_id) == "built"
    assert clara.post(_address(batch_id), data=approving.read_in(answer.text)).status_code == 303
    outreach.work()
    assert len(outreach.captured()) == 1


def _anybody() -> int:
    return int(db.session.scalar(select(Participant.person_id).order_by(Participant.id).limit(1)) or 0)


def test_a_warning_that_changed_since_must_be_read_again(outreach: Outreach, batch_id: int) -> None:
    clara = outreach.client_of("clara")
    read = approving.read_in(clara.get(_address(batch_id)).text)
    older = update(Person).where(Person.given_name == "Zoë").values(data_date=dt.date(2025, 1, 1))
    outreach.change(lambda: db.session.execute(older))
    answer = clara.post(_address(batch_id), data=read)
    assert answer.status_code == 422
    assert "What you ticked has changed since" in answer.text
    assert "The oldest is of 1 January 2025" in answer.text


def test_what_somebody_in_the_batch_wrote_and_nobody_has_read_is_told_before_it_goes(
    outreach: Outreach, batch_id: int
) -> None:
    """'He has died', written to us as an answer, must not lie unread while his next letter is approved."""
    said = "Nobody has read yet what 1 person in this batch wrote back by text."
    clara, batch = outreach.client_of("clara"), f"{BASE}/outreach/batches/{batch_id}"
    outreach.change(lambda: inbound.take("zero", "447700900555", "He has died", clock.now()))
    assert said not in clara.get(_address(batch_id)).text, "it is nobody's of this batch"
    outreach.change(lambda: inbound.take("one", "+447700900111", "He has died", clock.now()))
    for page in (batch, _address(batch_id)):
        assert said in clara.get(page).text
        assert "Read the texts that came</a>" in clara.get(page).text
    with outreach.acting("dover-town"):
        text_id = db.session.scalar(select(InboundText.id).where(InboundText.provider_id == "one"))
    outreach.client_of("cora").post(f"{BASE}/outreach/texts/{text_id}/done")
    assert said not in clara.get(_address(batch_id)).text


@pytest.mark.parametrize(("size", "told"), [(700, False), (900, True)])
def test_whoever_approves_is_told_of_texts_that_are_too_long_to_be_sent(
    outreach: Outreach, size: int, told: bool
) -> None:
    outreach.start({})
    new = {"kind": "text", "name": "Our text", "version": 2, "state": "approved"}
    new |= {"language": "en", "format": "standard", "body": f"{seeding.TEXT} {'x' * size}"}
    outreach.change(lambda: make(LibraryItem, **new))
    page = outreach.client_of("clara").get(_address(outreach.build())).text
    assert ("Some texts have 7 parts. At most 6 can be sent as one, so these will fail." in page) == told


def test_messages_are_read_as_they_are_received_also_with_accents(outreach: Outreach, batch_id: int) -> None:
    page = outreach.client_of("clara").get(_address(batch_id)).text
    assert "Zoë, this is Dover Town PCN" in page
    assert "Longest name" not in page
    masked = outreach.client_of("max").get(_address(batch_id)).text
    assert "Zoë" not in masked
    assert "XXẌ, this is Dover Town PCN" in masked


def test_a_newer_version_and_what_a_template_was_approved_despite_are_warned_of(outreach: Outreach) -> None:
    def approved(version: int, despite: list[str]) -> None:
        alike = {"kind": "text", "name": "Our text", "body": seeding.TEXT, "state": "approved"}
        seeding.make(LibraryItem, version=version, approved_despite=despite, **alike)

    outreach.start({})
    outreach.change(lambda: approved(2, ["It names a condition."]))
    batch_id = outreach.build()
    outreach.change(lambda: approved(3, []))
    page = outreach.client_of("clara").get(_address(batch_id)).text
    assert "“Our text” has a newer approved version. This batch sends version 2" in page
    assert "“Our text” was approved despite this: It names a condition." in page


def test_other_members_of_the_family_are_shown_beside_the_standard_one(outreach: Outreach) -> None:
    unreachable = {"mobile": "none"}
    outreach.start(
        unreachable, unreachable | {"information_format": "Large print", "given_name": "Maximiliana"}
    )
    alike = {"kind": "letter", "name": "Our letter", "state": "approved", "format": "large print"}
    body = "# Large\n\nDear ((full name)), this is large."
    outreach.change(lambda: seeding.make(LibraryItem, body=body, **alike))
    outreach.send()
    page = outreach.client_of("clara").get(_address(outreach.build(2))).text
    assert "Dear Maximiliana Example, this is large." in page
    assert "(large print)" in page
    assert page.count('class="oast-document"') == 2


def test_e_mails_are_approved_like_texts_cost_nothing_and_share_addresses(outreach: Outreach) -> None:
    outreach.start({"email": "home@example.org"}, {"email": "HOME@example.org "})

    def by_e_mail() -> None:
        found = db.session.get_one(Programme, (scope.current().tenant, outreach.programme_id))
        step = {"name": "E-mail", "channel": "email", "template": "Our e-mail", "after_days": 0}
        found.setup = found.setup | {"steps": [step]}
        alike = {"kind": "e-mail", "name": "Our e-mail", "state": "approved"}
        seeding.make(LibraryItem, body="Subject: Hello\n\n" + seeding.TEXT, **alike)

    outreach.change(by_e_mail)
    batch_id = outreach.build()
    page = outreach.client_of("clara").get(_address(batch_id)).text
    assert "Send 2 e-mails now?" in page
    assert "E-mails cost nothing." in page
    assert "2 people share 1 e-mail address. Each of them gets an e-mail there." in page
    assert "Subject: Hello" in page
    assert outreach.approve(batch_id).status_code == 303


def test_who_heard_from_another_programme_lately_is_counted(outreach: Outreach) -> None:
    ada, _ = outreach.start({}, {})

    def text_from_another() -> None:
        """Another programme has sent Ada a text, three days ago."""
        other = programme(name="Another", state="live")
        person_id = db.session.scalar(select(Participant.person_id).where(Participant.id == ada))
        shared = {"programme_id": other.id, "person_id": person_id}
        whose = seeding.make(Participant, practice_id=outreach.world.practices["G82999"], **shared)
        step = seeding.make(Step, programme_id=other.id)
        batch = seeding.make(Batch, step_id=step.id, state="done", programme_id=other.id)
        row = {"batch_id": batch.id, "step_id": step.id, "participant_id": whose.id, "person_id": person_id}
        seeding.make(Contact, state="sent", sent_at=clock.now() - dt.timedelta(days=3), **row)

    outreach.change(text_from_another)
    page = outreach.client_of("clara").get(_address(outreach.build())).text
    assert (
        "1 person has heard from another programme in the last 30 days, as often as the PCN allows." in page
    )


def test_a_call_list_needs_no_approval_and_says_so(outreach: Outreach) -> None:
    outreach.start({"mobile": "none", "house": "", "home_phone": "01304 200200"})
    outreach.send()
    outreach.send(2)
    calls = outreach.build(3)
    assert outreach.batch_state(calls) == "sending"
    said = outreach.client_of("clara").get(_address(calls), follow_redirects=True).text
    assert "This batch cannot be approved: it is sending." in said
