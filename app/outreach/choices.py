"""What people ask of us: out of one programme, or not to be contacted.

Each with its source, who entered it and when, and a way back.
"""

from sqlalchemy import Select, select, update

from app import audit, clock
from app.outreach.choice_models import ContactChoice
from app.people.merging import whose
from tenants.db import db


def opt_out(person_id: int, programme_id: int, *, source: str, entered_by: str) -> None:
    """Take a person out of one programme; said twice, it is written once.

    Said by way of a record that was merged, by a letter sent before, it is the person's all the same.
    """
    person_id = whose(person_id)
    if db.session.scalar(_live(person_id, "programme opt-out", programme_id).limit(1)) is None:
        _add(person_id, "programme opt-out", programme_id, None, source, entered_by)
        audit.record("opted out", "person", person_id=person_id, source=source)


def opt_in_again(person_id: int, programme_id: int, *, lifted_by: str) -> None:
    """The person changed their mind about a programme; the row of the opt-out stays, marked as lifted."""
    statement = (
        update(ContactChoice)
        .where(
            ContactChoice.person_id == whose(person_id),
            ContactChoice.kind == "programme opt-out",
            ContactChoice.programme_id == programme_id,
            ContactChoice.lifted_at.is_(None),
        )
        .values(lifted_at=clock.now(), lifted_by=lifted_by)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(statement)


def never_contact(person_id: int, *, source: str, entered_by: str, channel: str = "any") -> None:
    """Contact a person by `channel` no more, in any programme; said twice, it is written once."""
    person_id = whose(person_id)
    live = _live(person_id, "do not contact", None).where(ContactChoice.channel == channel)
    if db.session.scalar(live.limit(1)) is None:
        _add(person_id, "do not contact", None, channel, source, entered_by)
        audit.record(
            "asked not to be contacted", "person", person_id=person_id, source=source, channel=channel
        )


def contact_again(person_id: int, channel: str, *, lifted_by: str) -> bool:
    """They may be contacted by `channel` again; the row of what they had asked stays, marked as lifted."""
    statement = (
        update(ContactChoice)
        .where(
            ContactChoice.person_id == whose(person_id),
            ContactChoice.kind == "do not contact",
            ContactChoice.channel == channel,
            ContactChoice.lifted_at.is_(None),
        )
        .values(lifted_at=clock.now(), lifted_by=lifted_by)
        .returning(ContactChoice.id)
    )
    lifted = db.session.scalars(statement).all()
    if lifted:
        audit.record("may be contacted again", "person", person_id=person_id, channel=channel)
    return bool(lifted)


def hold(person_id: int, *, note: str, source: str, entered_by: str) -> None:
    """Nobody contacts a person, in any programme, until what `note` says is settled.

    A hold is ours: the person asked for nothing. From one `source` there is one.
    """
    person_id = whose(person_id)
    live = _live(person_id, "hold", None).where(ContactChoice.source == source)
    if db.session.scalar(live.limit(1)) is None:
        _add(person_id, "hold", None, None, source, entered_by, note)
        audit.record("put a hold on", "person", person_id=person_id, source=source)


def lift_hold(person_id: int, source: str, *, lifted_by: str) -> bool:
    """What the hold from `source` waited for is settled; its row stays. False where there was none."""
    statement = (
        update(ContactChoice)
        .where(
            ContactChoice.person_id == whose(person_id),
            ContactChoice.kind == "hold",
            ContactChoice.source == source,
            ContactChoice.lifted_at.is_(None),
        )
        .values(lifted_at=clock.now(), lifted_by=lifted_by)
        .returning(ContactChoice.id)
    )
    lifted = db.session.scalars(statement).all()
    if lifted:
        audit.record("lifted the hold on", "person", person_id=person_id, source=source)
    return bool(lifted)


def _live(person_id: int, kind: str, programme_id: int | None) -> Select[int]:
    statement = select(ContactChoice.id).where(
        ContactChoice.person_id == person_id,
        ContactChoice.kind == kind,
        ContactChoice.lifted_at.is_(None),
    )
    return statement if programme_id is None else statement.where(ContactChoice.programme_id == programme_id)


def _add(
    person_id: int,
    kind: str,
    programme_id: int | None,
    channel: str | None,
    source: str,
    entered_by: str,
    note: str = "",
) -> None:
    db.session.add(
        ContactChoice(
            person_id=person_id,
            kind=kind,
            programme_id=programme_id,
            channel=channel,
            source=source,
            entered_by=entered_by,
            note=note,
            at=clock.now(),
        )
    )
    db.session.flush()
