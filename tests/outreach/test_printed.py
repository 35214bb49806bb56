"""Between printing and handing over: who has died, said no, moved or needs another letter gets no old one."""

import io
from collections.abc import Callable

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from app import clock
from app.library.models import LibraryItem
from app.outreach import choices, needs
from app.outreach.models import Contact, LetterPart
from app.people.models import Person
from app.programmes.models import Participant
from tenants.db import db
from tests.outreach.conftest import BASE, Outreach
from tests.rows import make

PEOPLE = [{"family_name": name, "mobile": "none"} for name in ("First", "Second", "Third")]
POLISH = "# Chcemy pomóc\n\nDzień dobry ((full name))\n\n((reply link))"
BY = {"source": "by phone", "entered_by": "Cora"}


@pytest.fixture
def batch_id(outreach: Outreach) -> int:
    """An approved batch of three letters, printed and not handed over."""
    outreach.start(*PEOPLE)
    outreach.change(_polish_member)
    outreach.send()
    made = outreach.build(2)
    outreach.approve(made)
    outreach.work()
    return made


def _polish_member() -> None:
    make(
        LibraryItem, kind="letter", name="Our letter", language="pl", body=POLISH, state="approved",
        approved_by="Clara",
    )  # fmt: skip


def _second(outreach: Outreach) -> int:
    """The number of the second as a person. Ask inside `acting`."""
    return int(
        db.session.scalars(select(Participant.person_id).where(Participant.id == outreach.people[1])).one()
    )


def _set(outreach: Outreach, **values: object) -> None:
    outreach.change(
        lambda: db.session.execute(update(Person).where(Person.id == _second(outreach)).values(**values))
    )


def _asks(outreach: Outreach, kind: str, value: str) -> None:
    outreach.change(lambda: needs.note(_second(outreach), kind, value, **BY))


def _opts_out(outreach: Outreach) -> None:
    programme = outreach.programme_id
    outreach.change(
        lambda: choices.opt_out(_second(outreach), programme, source="by phone", entered_by="Cora")
    )


def _never_by_letter(outreach: Outreach) -> None:
    by = {"source": "by phone", "entered_by": "Cora", "channel": "letter"}
    outreach.change(lambda: choices.never_contact(_second(outreach), **by))


CHANGES: dict[str, Callable[[Outreach], None]] = {
    "died": lambda outreach: _set(outreach, died_on=clock.today()),
    "was restricted": lambda outreach: _set(outreach, sensitive=True),
    "opted out": _opts_out,
    "never by letter": _never_by_letter,
    "moved": lambda outreach: _set(outreach, street="Newly Lane"),
    "needs large print": lambda outreach: _asks(outreach, "format", "Large print"),
    "needs Polish": lambda outreach: _asks(outreach, "language", "pl"),
}
GONE = {"died", "was restricted", "opted out", "never by letter"}


def _file(batch_id: int) -> str:
    return f"{BASE}/outreach/batches/{batch_id}/letters-1.pdf"


def _words(outreach: Outreach, batch_id: int) -> str:
    answer = outreach.client_of("cora").get(_file(batch_id))
    assert answer.mimetype == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.data)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_is_not_given_out_until_it_is_made_again_as_it_should_be(
    outreach: Outreach, batch_id: int, change: str
) -> None:
    assert "Second" in _words(outreach, batch_id)
    CHANGES[change](outreach)
    cora = outreach.client_of("cora")
    refused = cora.get(_file(batch_id), follow_redirects=True)
    assert refused.mimetype == "text/html"
    assert "Do not post these letters. Press “Check the letters again”" in refused.text
    assert 'check-letters"' in refused.text
    said = cora.sent(f"{BASE}/outreach/batches/{batch_id}/check-letters").text
    assert "Do not post these letters yet. 1 letter had to be taken out or made again." in said
    assert outreach.batch_state(batch_id) == "approved"
    outreach.work()
    assert ("Second" in _words(outreach, batch_id)) == (change not in GONE)
    assert (
        "Every letter is as it should be"
        in cora.sent(f"{BASE}/outreach/batches/{batch_id}/check-letters").text
    )
    states = {state for state, _ in outreach.states(batch_id).values()}
    assert states == ({"waiting", "held back"} if change in GONE else {"waiting"})


@pytest.mark.parametrize("change", CHANGES)
def test_at_hand_over_what_has_changed_is_made_again_first(
    outreach: Outreach, batch_id: int, change: str
) -> None:
    CHANGES[change](outreach)
    cora, address = outreach.client_of("cora"), f"{BASE}/outreach/batches/{batch_id}/hand-over"
    assert "Do not post these letters yet. 1 letter" in cora.sent(address).text
    outreach.work()
    assert "The letters count as sent today" in cora.sent(address).text
    sent = [person for person, (state, _) in outreach.states(batch_id).items() if state == "sent"]
    assert (outreach.people[1] in sent) == (change not in GONE)


def test_who_asked_for_another_language_or_large_print_gets_it(outreach: Outreach, batch_id: int) -> None:
    assert "Dzień dobry" not in _words(outreach, batch_id)
    _asks(outreach, "language", "pl")
    check = f"{BASE}/outreach/batches/{batch_id}/check-letters"
    outreach.client_of("cora").post(check)
    outreach.work()
    assert "Dzień dobry Ada Second" in _words(outreach, batch_id)
    _asks(outreach, "format", "Large print")
    outreach.client_of("cora").post(check)
    outreach.work()
    with outreach.acting("dover-town"):
        bodies = select(Contact.body).where(
            Contact.batch_id == batch_id, Contact.participant_id == outreach.people[1]
        )
        opening = db.session.scalars(bodies).one().split(">")[0]
    assert 'class="large" lang="pl"' in opening


def test_a_newer_version_of_the_same_letter_changes_nothing_that_was_approved(
    outreach: Outreach, batch_id: int
) -> None:
    newer = {"version": 2, "body": "# Other words\n\n((reply link))", "state": "approved"}
    outreach.change(lambda: make(LibraryItem, kind="letter", name="Our letter", approved_by="Clara", **newer))
    said = outreach.client_of("cora").sent(f"{BASE}/outreach/batches/{batch_id}/check-letters").text
    assert "Every letter is as it should be" in said
    _set(outreach, street="Newly Lane")
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{batch_id}/check-letters")
    outreach.work()
    assert "Other words" not in _words(outreach, batch_id)


@pytest.mark.parametrize("change", CHANGES)
def test_after_hand_over_a_file_that_names_somebody_gone_is_given_out_no_more(
    outreach: Outreach, batch_id: int, change: str
) -> None:
    cora = outreach.client_of("cora")
    cora.post(f"{BASE}/outreach/batches/{batch_id}/hand-over")
    assert "Second" in _words(outreach, batch_id)
    CHANGES[change](outreach)
    answer = cora.get(_file(batch_id), follow_redirects=True)
    assert (answer.mimetype == "application/pdf") == (change not in GONE)
    if change in GONE:
        assert "These letters were handed over." in answer.text
        assert "Handed to the printer" not in answer.text


def test_a_file_that_holds_somebody_who_no_longer_waits_is_not_given_out(
    outreach: Outreach, batch_id: int
) -> None:
    outreach.change(lambda: db.session.execute(update(LetterPart).values(letters=4)))
    refused = outreach.client_of("cora").get(_file(batch_id), follow_redirects=True)
    assert "Check the letters again" in refused.text
    assert refused.mimetype == "text/html"


def test_letters_of_a_stopped_pcn_are_as_they_should_be(outreach: Outreach, batch_id: int) -> None:
    page = f"{BASE}/programmes/{outreach.programme_id}/outreach"
    outreach.client_of("cora").post(f"{page}/stop-all")
    assert "Second" in _words(outreach, batch_id)


def test_only_who_builds_batches_has_letters_checked(outreach: Outreach, batch_id: int) -> None:
    address = f"{BASE}/outreach/batches/{batch_id}/check-letters"
    assert outreach.client_of("rita").post(address).status_code == 403
    assert outreach.client_of("cora").post(address).status_code == 303
