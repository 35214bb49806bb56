"""The national data opt-out and the Type 1 opt-out, as somebody told us of them.

What a practice's list says of a Type 1 opt-out stands on the person and follows the list. What was told to us
stands here and no list takes it back: the opt-out holds where either says so. Neither says "do not contact
me". Source: domain.md 4.2.
"""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Select, select

from app import audit, clock, lifting
from app.people.merging import whose
from app.people.models import DataOptOut
from tenants.adding import add_once
from tenants.db import db

NATIONAL, TYPE_1 = "national data opt-out", "Type 1 opt-out"
KINDS = (NATIONAL, TYPE_1)
PURPOSE = "keeping to what people decided about their data"


def enter(
    person_id: int, kind: str, *, source: str, entered_by: str, asked_on: dt.date | None = None
) -> bool:
    """The person's data is used no more as `kind` says; said twice, it is written once. True when new."""
    person_id = whose(person_id)
    number = add_once(
        DataOptOut, person_id=person_id, kind=kind, source=source, asked_on=asked_on, entered_by=entered_by,
        at=clock.now(),
    )  # fmt: skip
    if number is not None:
        audit.record("opted out", kind, number, person_id=person_id, purpose=PURPOSE, source=source)
    return number is not None


def lift(opt_out: DataOptOut, *, why: str, lifted_by: str) -> bool:
    """They have taken it back; the row stays. False where that was said before."""
    lifted = bool(lifting.lift(DataOptOut, DataOptOut.id == opt_out.id, by=lifted_by))
    if lifted:
        audit.record(
            "lifted", "data opt-out", opt_out.id, person_id=opt_out.person_id, purpose=PURPOSE, why=why
        )
    return lifted


def of_person(person_id: int) -> Sequence[DataOptOut]:
    """What was ever told of a person, the oldest first; some of it lifted again."""
    told = select(DataOptOut).where(DataOptOut.person_id == person_id)
    return db.session.scalars(told.order_by(DataOptOut.at, DataOptOut.id)).all()


def people_with(kind: str) -> Select[int]:
    """The numbers of the people of whom it was told and holds now."""
    return select(DataOptOut.person_id).where(DataOptOut.kind == kind, DataOptOut.lifted_at.is_(None))
