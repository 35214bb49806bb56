"""Service accounts: a PCN manager adds and ends what acts at night."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from app.audit import AuditEvent
from app.people.import_models import ServiceAccount
from app.people.service_accounts import CannotAct, acting_as
from app.permissions import Permission
from tenants.db import db
from tests.rows import make

PAGE = "/pcn/dover-town/settings/service-accounts"


def test_a_manager_adds_a_service_account_once(client_of: Any, acting: Any) -> None:
    mandy = client_of("mandy")
    assert "There are none yet." in mandy.get(PAGE).text
    assert "Night extracts is added." in mandy.sent(PAGE, name="Night extracts").text
    with acting("dover-town"):
        kept = db.session.scalars(select(ServiceAccount)).one()
        assert (kept.role, kept.created_by, kept.ended_at) == ("analyst", "Mandy", None)
        done = select(AuditEvent.actor).where(AuditEvent.subject == "service account")
        assert db.session.scalars(done).all() == ["Mandy"]
    again = mandy.post(PAGE, data={"name": "Night extracts"})
    assert again.status_code == 422
    assert "There is a service account with this name" in again.text
    assert mandy.post(PAGE, data={"name": " "}).status_code == 422


def test_an_ended_one_acts_no_more(client_of: Any, acting: Any, app: Any) -> None:
    with acting("dover-town"):
        number = make(ServiceAccount, name="Night extracts", role="analyst").id
        db.session.commit()
    with app.app_context(), acting_as("dover-town", None, Permission.BRING_IN_DATA) as account:
        assert account.id == number
    mandy = client_of("mandy")
    assert "Night extracts is ended." in mandy.sent(f"{PAGE}/{number}/end").text
    assert "was ended already" in mandy.sent(f"{PAGE}/{number}/end").text
    with (
        app.app_context(),
        pytest.raises(CannotAct, match="There is no service account in use"),
        acting_as("dover-town", None, Permission.BRING_IN_DATA),
    ):
        raise AssertionError("it acted")
    with acting("dover-town"):
        assert isinstance(db.session.scalars(select(ServiceAccount.ended_at)).one(), dt.datetime)


def test_a_service_account_may_not_see_who_people_are(acting: Any, app: Any) -> None:
    from werkzeug.exceptions import Forbidden

    with acting("dover-town"):
        make(ServiceAccount, name="Night extracts", role="analyst")
        db.session.commit()
    with (
        app.app_context(),
        pytest.raises(Forbidden, match="see who people are"),
        acting_as("dover-town", None, Permission.SEE_PEOPLE),
    ):
        raise AssertionError("it acted")


def test_only_a_manager_of_the_pcn_adds_or_ends_one(client_of: Any, acting: Any) -> None:
    with acting("dover-town"):
        number = make(ServiceAccount, name="Night extracts", role="analyst").id
        db.session.commit()
    for who, status in (("alan", 403), ("clara", 403), ("mo", 404), ("ivy", 404), ("olu", 404)):
        assert client_of(who).post(PAGE, data={"name": "Mine"}).status_code == status
        assert client_of(who).post(f"{PAGE}/{number}/end").status_code == status
    with acting("dover-town"):
        assert db.session.execute(select(ServiceAccount.name, ServiceAccount.ended_at)).all() == [
            ("Night extracts", None)
        ]
