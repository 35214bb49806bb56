"""People on the call list of a programme that begins with a call, and shortcuts through ringing them."""

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import select

from app.outreach.call_models import Call
from app.programmes.models import Participant
from tenants import scope
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.conftest import BASE, Outreach

CALL_ONLY = [{"name": "Call", "channel": "call", "template": "Our script", "after_days": 0}]
KNOWN = ["full name", "date of birth"]
DAY = seeding.MONDAY  # Monday 2 November 2026 at 10


def listed(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch, *people: dict[str, Any], steps: Any = CALL_ONLY
) -> Outreach:
    """A programme of one call step whose list was made just now, with these people on it."""
    monkeypatch.setattr(seeding, "STEPS", steps)
    outreach.start(*people)
    outreach.build(1)
    return outreach


def call_of(outreach: Outreach, number: int = 0) -> Call:
    """The call to the person of that number, as it is in the database now."""
    with outreach.acting("dover-town"):
        statement = select(Call).where(Call.participant_id == outreach.people[number])
        call = db.session.scalars(statement.order_by(Call.id)).first()
        assert call is not None
        db.session.expunge(call)
        return call


def claim(outreach: Outreach, number: int = 0, who: str = "lena") -> Any:
    """Take the call to that person; the page that follows."""
    return outreach.client_of(who).sent(f"{BASE}/calls/{call_of(outreach, number).id}/claim")


def ring(outreach: Outreach, outcome: str, number: int = 0, who: str = "lena", **said: Any) -> Any:
    """Take the call to that person and write down what came of it; the page that follows."""
    page = claim(outreach, number, who).text
    key = re.search(r'name="form_key"[^>]*value="([^"]+)"', page)
    assert key is not None, re.findall(r"(?s)banner__heading.{0,200}", page)
    data = {"form_key": key[1], "outcome": outcome, "identity": KNOWN, "barrier": ""} | said
    return outreach.client_of(who).sent(f"{BASE}/calls/{call_of(outreach, number).id}", **data)


def day(field: str, when: dt.date) -> dict[str, int]:
    """A date as its three parts are sent."""
    return {f"{field}-day": when.day, f"{field}-month": when.month, f"{field}-year": when.year}


def status(outreach: Outreach, number: int = 0) -> str:
    """Where that person is in the programme."""
    with outreach.acting("dover-town"):
        found = db.session.get(Participant, (scope.current().tenant, outreach.people[number]))
        assert found is not None
        return str(found.status)


def person_id(outreach: Outreach, number: int = 0) -> int:
    """The id of that person."""
    return int(call_of(outreach, number).person_id)
