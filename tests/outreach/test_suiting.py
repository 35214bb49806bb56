"""Who asks for another language or format after their batch was built gets the message that suits them."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from app.library.models import LibraryItem
from app.outreach import needs, suiting
from app.outreach.building import Family
from app.outreach.models import Contact
from app.people.models import Person
from app.programmes.models import Participant
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.conftest import Outreach
from tests.rows import make
from tests.stand_in.notify import Served

BY = {"source": "by phone", "entered_by": "Cora"}
POLISH = "((first name)), tu ((sender name)). Odpowiedz: ((reply link)). Telefon: ((sender phone))."
ENGLISH, EASY = "this is", "Hello"
NAMES = {"text": "Our text", "letter": "Our letter", "e-mail": "Our e-mail"}


def member(outreach: Outreach, kind: str = "text", body: str = POLISH, **given: Any) -> int:
    """An approved member of the family of our messages of a kind, Polish if nothing else is said; its id."""
    values = {"language": "pl", "state": "approved", "approved_by": "Clara"} | given
    return int(
        outreach.change(lambda: make(LibraryItem, kind=kind, name=NAMES[kind], body=body, **values).id)
    )


def person_of(outreach: Outreach) -> int:
    """The number of the first participant as a person. Ask inside `acting`."""
    mine = select(Participant.person_id).where(Participant.id == outreach.people[0])
    return int(db.session.scalars(mine).one())


def asks(outreach: Outreach, kind: str, value: str) -> None:
    """The first participant asks for something."""
    outreach.change(lambda: needs.note(person_of(outreach), kind, value, **BY))


def answers(outreach: Outreach) -> None:
    """The first participant asks on the reply page of an earlier message."""
    ways = ["another language: Polish"]
    outreach.change(lambda: needs.answered(person_of(outreach), ways, entered_by="themselves"))


def is_imported(outreach: Outreach, **values: str) -> None:
    """The practice's next list says something else of the first participant."""
    outreach.change(
        lambda: db.session.execute(update(Person).where(Person.id == person_of(outreach)).values(**values))
    )


def approved(outreach: Outreach, position: int = 1) -> int:
    """The step's batch, built and approved, of which nothing is sent yet; its id."""
    batch_id = outreach.build(position)
    outreach.approve(batch_id)
    return batch_id


def contacts(outreach: Outreach, batch_id: int) -> list[Contact]:
    """The contacts of a batch."""
    with outreach.acting("dover-town"):
        mine = select(Contact).where(Contact.batch_id == batch_id).order_by(Contact.id)
        return list(db.session.scalars(mine))


WAYS: dict[str, Callable[[Outreach], None]] = {
    "by phone": lambda outreach: asks(outreach, "language", "pl"),
    "on the reply page": answers,
    "on the practice's next list": lambda outreach: is_imported(outreach, language="pl"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_text_is_in_the_language_that_somebody_has_asked_for_since(
    outreach: Outreach, connected: Served, way: str
) -> None:
    outreach.start({}, {})
    polish = member(outreach)
    batch_id = approved(outreach)
    WAYS[way](outreach)
    outreach.work()
    ada, ben = connected.accepted()
    assert "Odpowiedz:" in ada["body"]
    assert ENGLISH in ben["body"]
    kept = contacts(outreach, batch_id)
    assert [row.template_id for row in kept] == [polish, None]
    assert ["Odpowiedz:" in row.body for row in kept] == [True, False]
    assert [row.state for row in kept] == ["sent", "sent"]


def test_who_wants_english_again_gets_it(outreach: Outreach, connected: Served) -> None:
    outreach.start({"language": "pl"})
    polish = member(outreach)
    batch_id = approved(outreach)
    assert [row.template_id for row in contacts(outreach, batch_id)] == [polish]
    asks(outreach, "language", "en")
    outreach.work()
    assert ENGLISH in connected.accepted()[0]["body"]
    assert [row.template_id for row in contacts(outreach, batch_id)] == [None]


@pytest.mark.parametrize(
    ("language", "format", "has"),
    [
        ("pl", "", "Polish"),
        ("pl", "Easy read", "Polish"),
        ("", "easy read", "Easy"),
        ("ro", "easy read", "Easy"),
        ("ro", "", "English"),
        ("", "large print", "English"),
    ],
)
def test_each_gets_what_they_would_have_got_had_they_asked_before(
    outreach: Outreach, connected: Served, language: str, format: str, has: str
) -> None:
    said = {"language": language or "en", "information_format": format}
    outreach.start({}, said)
    member(outreach)
    member(outreach, body=f"{EASY}. ((reply link)). ((sender name))", language="en", format="easy read")
    approved(outreach)
    is_imported(outreach, **said)
    outreach.work()
    words = {"Polish": "Odpowiedz", "Easy": EASY, "English": ENGLISH}[has]
    assert [words in message["body"] for message in connected.accepted()] == [True, True]


def test_what_was_approved_after_the_batch_was_built_is_not_sent_with_it(
    outreach: Outreach, connected: Served
) -> None:
    outreach.start({})
    approved(outreach)
    outreach.moved(seeding.MONDAY.replace(minute=5))
    member(outreach)
    asks(outreach, "language", "pl")
    outreach.work()
    assert ENGLISH in connected.accepted()[0]["body"], "nobody was shown the Polish text with this batch"


def test_a_newer_version_is_not_sent_in_place_of_the_one_that_was_approved_with_the_batch(
    outreach: Outreach, connected: Served
) -> None:
    outreach.start({}, {"language": "pl"})
    first = member(outreach)
    batch_id = approved(outreach)
    outreach.moved(seeding.MONDAY.replace(minute=5))
    member(outreach, body="Nowe. ((reply link))", version=2)
    member(outreach, body="New. ((reply link))", version=2, language="en")
    asks(outreach, "language", "pl")
    outreach.work()
    assert [row.template_id for row in contacts(outreach, batch_id)] == [first, first]
    assert ["Odpowiedz:" in message["body"] for message in connected.accepted()] == [True, True]


def test_what_was_retired_since_is_given_to_nobody_else(outreach: Outreach, connected: Served) -> None:
    outreach.start({}, {"language": "pl"})
    polish = member(outreach)
    approved(outreach)
    gone = update(LibraryItem).where(LibraryItem.id == polish).values(state="retired")
    outreach.change(lambda: db.session.execute(gone))
    asks(outreach, "language", "pl")
    outreach.work()
    ada, ben = connected.accepted()
    assert ENGLISH in ada["body"]
    assert "Odpowiedz:" in ben["body"], "theirs was approved with the batch"


def test_who_needs_a_format_that_no_text_has_is_held_back(outreach: Outreach, connected: Served) -> None:
    (ada,) = outreach.start({})
    batch_id = approved(outreach)
    asks(outreach, "format", "Braille")
    outreach.work()
    assert outreach.states(batch_id) == {ada: ("held back", "needs a format that cannot be sent this way")}
    assert connected.accepted() == []


@pytest.mark.parametrize(("language", "looked_up"), [("en", []), ("pl", ["Our text"])])
def test_the_family_is_looked_up_once_for_all_and_only_where_somebody_wants_another_message(
    outreach: Outreach,
    connected: Served,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    looked_up: list[str],
) -> None:
    looked: list[str] = []

    def family(template: LibraryItem, **given: Any) -> Family:
        looked.append(template.name)
        return Family(template, **given)

    outreach.start({}, {}, {})
    member(outreach)
    approved(outreach)
    outreach.change(lambda: db.session.execute(update(Person).values(language=language)))
    monkeypatch.setattr(suiting, "Family", family)
    outreach.work()
    assert ["Odpowiedz" in message["body"] for message in connected.accepted()] == [language == "pl"] * 3
    assert looked == looked_up


def test_a_message_whose_worker_died_is_kept_as_it_was_sent(outreach: Outreach, connected: Served) -> None:
    outreach.start({})
    polish = member(outreach)
    batch_id = approved(outreach)
    asks(outreach, "language", "pl")
    connected.misbehave(cut_off=1)
    outreach.work()
    lost = update(Contact).values(body="", template_id=None)
    outreach.change(lambda: db.session.execute(lost))
    outreach.later(minutes=1)
    (row,) = contacts(outreach, batch_id)
    assert (row.state, row.template_id, len(connected.accepted())) == ("sent", polish, 1)
    assert "Odpowiedz:" in row.body
