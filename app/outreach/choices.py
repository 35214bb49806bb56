"""What people ask of us: out of one programme, or not to be contacted. And our own holds.

Each with its source, the day on which they asked, who entered it and when, and a way back: a row is never
taken away, only lifted, with the reason in the record of who did what.
"""

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app import audit, clock, lifting
from app.outreach.choice_models import ContactChoice
from app.people.merging import whose
from app.people.models import Person
from tenants import scope
from tenants.db import db

OPT_OUT, NEVER, HOLD = "programme opt-out", "do not contact", "hold"
TEXTED_STOP = "a text that said STOP"  # a source
DONE: dict[str, str] = {OPT_OUT: "opted out", NEVER: "asked not to be contacted", HOLD: "held"}


def opt_out(
    person_id: int, programme_id: int, *, source: str, entered_by: str, asked_on: dt.date | None = None
) -> bool:
    """Take a person out of one programme; said twice, it is written once. True when it is new.

    Said by way of a record that was merged, by a letter sent before, it is the person's all the same.
    """
    told = {"source": source, "entered_by": entered_by, "asked_on": asked_on}
    return _once(person_id, OPT_OUT, programme_id=programme_id, **told)


def opt_in_again(person_id: int, programme_id: int, *, lifted_by: str, why: str = "") -> bool:
    """The person changed their mind about a programme; the row of the opt-out stays, marked as lifted."""
    theirs = (ContactChoice.kind == OPT_OUT) & (ContactChoice.programme_id == programme_id)
    return _lift(whose(person_id), theirs, "opted in again", lifted_by, why)


def never_contact(
    person_id: int,
    *,
    source: str,
    entered_by: str,
    channel: str = "any",
    asked_on: dt.date | None = None,
) -> bool:
    """Contact a person by `channel` no more, in any programme; said twice, it is written once."""
    told = {"source": source, "entered_by": entered_by, "asked_on": asked_on}
    return _once(person_id, NEVER, channel=channel, **told)


def keeps_from_ringing(person_id: int) -> bool:
    """Whether a person asked not to be rung, or not to be contacted at all, by any programme."""
    wanted = select(ContactChoice.id).where(
        ContactChoice.person_id == whose(person_id),
        ContactChoice.kind == NEVER,
        ContactChoice.channel.in_(("any", "call")),
        ContactChoice.lifted_at.is_(None),
    )
    return db.session.scalar(wanted.limit(1)) is not None


def contact_again(
    person_id: int, channel: str, *, lifted_by: str, why: str = "", source: str | None = None
) -> bool:
    """They may be contacted by `channel` again; the row of what they had asked stays, marked as lifted.

    Where a `source` is named, only what they had asked by that.
    """
    theirs = (ContactChoice.kind == NEVER) & (ContactChoice.channel == channel)
    if source is not None:
        theirs &= ContactChoice.source == source
    return _lift(whose(person_id), theirs, "may be contacted again", lifted_by, why)


def hold(person_id: int, *, note: str, source: str, entered_by: str) -> bool:
    """Nobody contacts them, in any programme, until what `note` says is settled. Said twice, it is one hold.

    A hold is ours: the person asked for nothing.
    """
    return _once(person_id, HOLD, note=note, source=source, entered_by=entered_by)


def lift_hold(person_id: int, source: str, *, lifted_by: str, why: str = "") -> bool:
    """What the holds from `source` waited for is settled; the rows stay. False where there was none."""
    theirs = (ContactChoice.kind == HOLD) & (ContactChoice.source == source)
    return _lift(whose(person_id), theirs, "lifted hold", lifted_by, why)


def lift(choice: ContactChoice, *, why: str, lifted_by: str) -> bool:
    """What this row says holds no more. False where that was said before."""
    only = ContactChoice.id == choice.id
    return _lift(choice.person_id, only, f"lifted {choice.kind}", lifted_by, why)


def _once(person_id: int, kind: str, **said: Any) -> bool:
    """Write it down unless it stands."""
    person_id = _in_line(person_id)
    stands = select(ContactChoice.id).where(
        ContactChoice.person_id == person_id, ContactChoice.kind == kind, ContactChoice.lifted_at.is_(None)
    )
    if db.session.scalar(stands.where(*_same(kind, said)).limit(1)) is not None:
        return False
    row = ContactChoice(person_id=person_id, kind=kind, at=clock.now(), **said)
    db.session.add(row)
    db.session.flush()
    about = {name: said[name] for name in ("channel", "source") if said.get(name)}
    audit.record(DONE[kind], "person", row.id, person_id=person_id, **about)
    return True


# What makes two of a kind the same, whoever entered them and when.
_KEY = {OPT_OUT: ("programme_id",), NEVER: ("channel",), HOLD: ("source", "note")}


def _same(kind: str, said: dict[str, Any]) -> list[ColumnElement[bool]]:
    """What stands already, if it was said in the same way.

    A START takes back the STOP from that phone, and must not take back what was asked in another way as well.
    """
    same = [getattr(ContactChoice, name) == said[name] for name in _KEY[kind]]
    by_text = ContactChoice.source == TEXTED_STOP
    return same if kind != NEVER else [*same, by_text if said["source"] == TEXTED_STOP else ~by_text]


def _in_line(person_id: int) -> int:
    """Whose record it is. Two who write down something about one record at once come one after the other."""
    key = func.hashtextextended(f"contact choice {person_id}", scope.current().tenant)
    asked = select(Person.merged_into, func.pg_advisory_xact_lock(key)).where(Person.id == person_id)
    return db.session.scalar(asked) or person_id


def _lift(person_id: int, which: ColumnElement[bool], done: str, lifted_by: str, why: str) -> bool:
    lifted = lifting.lift(ContactChoice, ContactChoice.person_id == person_id, which, by=lifted_by)
    for number in lifted:
        audit.record(done, "contact choice", number, person_id=person_id, why=why)
    return bool(lifted)
