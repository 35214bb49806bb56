"""Parts of texts are counted of whole texts as they go out, each text that is alike only once."""

from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select, update

from app import clock
from app.library import sms
from app.library.models import LibraryItem
from app.outreach import counting
from app.outreach.facts import everyone_in, known_of
from app.outreach.letterhead import letterhead_of
from app.outreach.models import Batch, Contact
from app.outreach.wording import text_for
from app.people.models import Person
from app.programmes.models import Programme
from tenants import scope
from tenants.db import db
from tests.outreach import crowds
from tests.outreach.conftest import Outreach
from tests.outreach.seeding import MONDAY, TEXT

NAMES = ["Ada", "Łucja", "Siân", "Zoë", "Ffion-Angharad", "Ŵyn", "Anna [Ann]", "A" * 60, "李", "Chloé"]
BODY = "((first name)), hello((interpreter?? with help))((large print?? in large print)). ((reply link)) "


def programme_of(outreach: Outreach) -> Programme:
    """The programme, inside `acting`."""
    return db.session.get_one(Programme, (scope.current().tenant, outreach.programme_id))


def one_by_one(outreach: Outreach, body: str) -> list[int]:
    """The parts of each person's own text, with the link that they will get."""
    head = letterhead_of(programme_of(outreach))
    known = known_of([one.participant_id for one in everyone_in(outreach.programme_id)])
    contacts = [(Contact(reference=f"reference of {number}"), one) for number, one in known.items()]
    return [sms.parts_of(text_for(body, contact, one, head, clock.today())) for contact, one in contacts]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(NAMES), min_size=6, max_size=6),
    st.lists(st.sampled_from(["", "Large print", "Easy read"]), min_size=6, max_size=6),
    st.integers(0, 200),
    st.booleans(),
)
def test_what_is_counted_is_what_each_text_would_be_counted_as(
    outreach: Outreach, names: list[str], formats: list[str], filling: int, named_in_full: bool
) -> None:
    if not outreach.people:
        outreach.start({}, {"interpreter": True}, {}, {"interpreter": True}, {}, {})
    body = BODY + "x" * filling + (" ((nhs number))" if named_in_full else "")
    with outreach.acting("dover-town"):
        people = db.session.scalars(select(Person.id).order_by(Person.id)).all()
        for number, name, format in zip(people, names, formats, strict=True):
            changed = {"given_name": name, "information_format": format}
            db.session.execute(update(Person).where(Person.id == number).values(changed))
        template = LibraryItem(id=1, kind="text", name="Our text", body=body)
        going = [(one, template) for one in everyone_in(outreach.programme_id)]
        counted = counting.counted("text", going, letterhead_of(programme_of(outreach)))
        expected = one_by_one(outreach, body)
        db.session.rollback()
    assert (counted["units"], counted["most_parts"]) == (sum(expected), max(expected))


@pytest.mark.parametrize("channel", ["letter", "email"])
def test_letters_and_e_mails_are_counted_by_the_piece(outreach: Outreach, channel: str) -> None:
    ada, _, cleo = outreach.start({"given_name": "Al"}, {}, {"given_name": "Maximiliane"})
    with outreach.acting("dover-town"):
        template = LibraryItem(id=1, kind=channel, name="Ours", body=TEXT)
        going = [(one, template) for one in everyone_in(outreach.programme_id)]
        head = letterhead_of(programme_of(outreach))
        found, nobody = counting.counted(channel, going, head), counting.counted(channel, [], head)
        assert (found["units"], found["samples"]) == (3, [ada, cleo])
        assert (nobody["units"], nobody["samples"]) == (0, [])


def statements_of(app: Flask, work: Any) -> int:
    """How many statements that takes."""
    seen: list[str] = []
    with app.app_context():
        engine = db.engine

    def executed(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", executed)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", executed)
    return len([one for one in seen if "SAVEPOINT" not in one])


@pytest.mark.parametrize("count", [3, 300])
def test_a_batch_takes_no_more_statements_for_more_people(outreach: Outreach, count: int) -> None:
    outreach.moved(MONDAY)
    outreach.programme_id = outreach.change(lambda: crowds.crowd(outreach.world, count))
    assert statements_of(outreach.app, outreach.build) <= 40
    with outreach.acting("dover-town"):
        states = select(Contact.state, func.count()).group_by(Contact.state)
        assert [tuple(row) for row in db.session.execute(states)] == [("waiting", count)]
        assert len(set(db.session.scalars(select(Contact.reference)))) == count
        assert db.session.scalars(select(Batch)).one().manifest["units"] == count
