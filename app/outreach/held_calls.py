"""The calls that must not be made now, each with the reason: what the list holds back, and Today leaves out.

`rules.why_not` alone decides. It is asked of those whom `call_doubts` names, in two statements however many
calls there are.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from app import clock
from app.outreach.call_doubts import doubtful
from app.outreach.call_models import Call
from app.outreach.facts import known_of
from app.outreach.obstacles import is_not_yet
from app.outreach.pages import sending_as
from app.outreach.rules import FOR_NOW, Reason, why_not
from app.people.models import Person
from app.programmes.models import Participant, Programme
from tenants.db import db
from tenants.models import PcnSettings


def held(*which: ColumnElement[bool]) -> dict[int, Reason]:
    """The calls of live programmes that must not be made, of those that meet `which`: the reason by id."""
    statement = to_make(select(Call, PcnSettings)).join(PcnSettings, PcnSettings.tenant_id == Call.tenant_id)
    in_doubt = db.session.execute(statement.where(doubtful(), *which)).all()
    if not in_doubt:
        return {}
    known = known_of({call.participant_id for call, _ in in_doubt})
    sending, moment = sending_as(in_doubt[0][1]), clock.now()
    asked = {call: why_not(known[call.participant_id].facts, "call", sending, moment) for call, _ in in_doubt}
    return {
        call.id: reason
        for call, reason in asked.items()
        if reason and reason not in FOR_NOW and not is_not_yet(call, reason)
    }


def is_among(held_ids: Collection[int]) -> ColumnElement[bool]:
    """Whether a call is one of those, however many they are."""
    return Call.id == func.any(literal(list(held_ids), ARRAY(BigInteger)))


def to_make(statement: Any) -> Any:
    """The statement, of calls to be made for live programmes, with their people."""
    return (
        statement.select_from(Call)
        .join(Programme, (Programme.tenant_id == Call.tenant_id) & (Programme.id == Call.programme_id))
        .join(Person, (Person.tenant_id == Call.tenant_id) & (Person.id == Call.person_id))
        .join(
            Participant,
            (Participant.tenant_id == Call.tenant_id) & (Participant.id == Call.participant_id),
        )
        .where(Call.state == "due", Programme.state == "live")
    )
