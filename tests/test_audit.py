"""What the audit trail takes, and that nothing changes somebody's row without it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from app import audit, clock
from app.audit import AnonymousAction, AuditEvent
from tenants import scope
from tenants.db import db
from tenants.models import Practice
from tests import guard
from tests.world import World

Acting = Callable[..., Any]


def test_a_look_at_several_people_is_an_event_for_each(acting: Acting) -> None:
    with acting("dover-town", "clara"):
        audit.record_each("viewed", "person", [5, 3], 7, purpose="linking data")
        audit.record_each("viewed", "person", [], 7, purpose="linking data")
        seen = select(AuditEvent.person_id, AuditEvent.subject_id, AuditEvent.actor, AuditEvent.purpose)
        assert set(db.session.execute(seen).all()) == {
            (5, 7, "clara", "linking data"),
            (3, 7, "clara", "linking data"),
        }


def test_an_event_says_who_where_in_which_role_what_of_whom_why_and_when(
    acting: Acting, world: World
) -> None:
    with acting("dover-town", "clara"):
        audit.record("viewed", "person", 7, person_id=3, purpose="call")
        event = db.session.scalars(select(AuditEvent)).one()
        assert (event.org_id, event.tenant_id) == (world.organisations["dover-town"],) * 2
        assert (event.account_id, event.actor, event.role) == (world.accounts["clara"], "clara", "test")
        assert (event.action, event.subject, event.subject_id, event.person_id) == ("viewed", "person", 7, 3)
        assert (event.purpose, event.at.date()) == ("call", clock.now().date())


def test_a_request_puts_it_down_to_the_person_with_the_roles_they_hold_there(
    client_of: Any, acting: Acting, world: World
) -> None:
    client_of("both").get("/partner/one-you-kent/inbox")
    with acting("one-you-kent"):
        event = db.session.scalars(select(AuditEvent)).one()
        assert (event.actor, event.role) == ("Both", "partner coordinator")
        assert event.account_id == world.accounts["both"]


def test_nothing_is_recorded_of_nobody(app: Flask, world: World) -> None:
    with app.app_context(), scope.as_acting(world.acting("dover-town")), pytest.raises(AnonymousAction):
        audit.record("viewed", "person", 7)


def test_a_partner_records_whose_data_it_looked_at_and_both_can_read_it(acting: Acting, world: World) -> None:
    dover = world.organisations["dover-town"]
    with acting("one-you-kent", "olu"):
        audit.record("viewed", "referral", 1, tenant_id=dover)
        db.session.commit()
    seen = {}
    for slug in ("one-you-kent", "dover-town", "medway-central", "aspire"):
        with acting(slug):
            seen[slug] = len(db.session.scalars(select(AuditEvent)).all())
    assert seen == {"one-you-kent": 1, "dover-town": 1, "medway-central": 0, "aspire": 0}


def test_nobody_adds_an_event_in_another_organisations_name(acting: Acting, world: World) -> None:
    with acting("medway-central", "mo"), pytest.raises(Exception, match="row-level security"):
        db.session.execute(audit.ADD, {"org_id": world.organisations["dover-town"], "at": clock.now(),
                                       "actor": "x", "role": "x", "action": "x", "subject": "x",
                                       "purpose": "x", "detail": {}})  # fmt: skip


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET actor = 'x'", "DELETE FROM audit_event"])
def test_what_is_recorded_stays(acting: Acting, statement: str) -> None:
    with acting("dover-town", "clara"):
        audit.record("viewed", "person", 7)
        with pytest.raises(Exception, match="permission denied"):
            db.session.execute(text(statement))


# The guard of the tests.


def _change(name: str = "Another name") -> None:
    practice = db.session.scalars(select(Practice).limit(1)).one()
    practice.name = name
    db.session.flush()


def test_a_transaction_that_changes_somebodys_row_in_silence_fails_the_tests(acting: Acting) -> None:
    with acting("dover-town", "mandy", audited=True):
        _change()
        with pytest.raises(AssertionError, match="practice"):
            db.session.commit()
        db.session.close()


def test_with_an_event_beside_it_the_change_stands(acting: Acting) -> None:
    with acting("dover-town", "mandy", audited=True):
        _change()
        audit.record("changed", "practice")
        db.session.commit()


def test_a_change_in_a_savepoint_may_be_recorded_after_it_and_must_be(acting: Acting) -> None:
    with acting("dover-town", "mandy", audited=True):
        with db.session.begin_nested():
            _change("A name")
        audit.record("changed", "practice")
        db.session.commit()
        with db.session.begin_nested():
            _change("Another one")
        with pytest.raises(AssertionError, match="practice"):
            db.session.commit()
        db.session.close()


def test_the_guard_is_off_only_where_it_was_put_off(acting: Acting) -> None:
    """Two threads that arrange rows at once leave it on for everybody else."""
    together = Barrier(2)

    def arrange(_: int) -> None:
        with guard.seeding():
            together.wait(timeout=60)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(arrange, range(2)))
    assert guard.is_on()


def test_an_event_of_an_earlier_transaction_excuses_nothing(acting: Acting) -> None:
    with acting("dover-town", "mandy", audited=True):
        audit.record("viewed", "practice")
        db.session.commit()
        _change()
        with pytest.raises(AssertionError, match="practice"):
            db.session.commit()
        db.session.close()
