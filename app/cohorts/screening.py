"""Screening: a clinician decides of each person whether the programme is for them.

Only people of practices that have released theirs are screened, by name. Each decision names the one that it
was made upon, so that two who work at once never undo each other; what is replaced stays as history. Who is
left out has the milestone "left out" for as long as that decision holds.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, exists, func, insert, or_, select
from sqlalchemy import update as change
from sqlalchemy.dialects.postgresql import ARRAY

from app import audit, clock
from app.cohorts.models import Screening
from app.cohorts.release import in_force_for
from app.people.models import Person
from app.programmes.milestones import reach_many, withdraw_many
from app.programmes.models import Participant
from app.programmes.rules import WAYS_OUT
from tenants import scope
from tenants.db import db
from tenants.models import Practice

PURPOSE = "screening who the programme is for"
KEEP, LEAVE_OUT, LOOK_AGAIN = "keep", "leave out", "look again"
OTHER = "other"
REASONS = (
    "pregnant",
    "palliative or end of life care",
    "in another programme",
    "recent bereavement",
    "safeguarding",
    "eating disorder",
    "not clinically suitable",
    "wrong data",
    OTHER,
)
BECAUSE = "Screening: "


@dataclass(frozen=True)
class Decision:
    """Keep, leave out (with a reason of the list) or look again, and a note."""

    decision: str
    reason: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Decided:
    """What came of it: `made` for these participants; `overtaken` what others had decided in the meantime;
    `gone` are no longer anybody's to screen (their practice took its release back, or they have left)."""

    made: list[int]
    overtaken: list[Screening]
    gone: list[int]


@dataclass(frozen=True)
class Progress:
    """How many there are to screen and how far that is; `waiting` counts by practice who is not released."""

    total: int
    kept: int
    left_out: int
    look_again: int
    waves: int
    waiting: list[tuple[str, int]]

    @property
    def decided(self) -> int:
        """How many have been decided, one way or the other."""
        return self.kept + self.left_out

    @property
    def undecided(self) -> int:
        """How many are to be looked at, for the first time or again."""
        return self.total - self.decided


def released() -> ColumnElement[bool]:
    """Whether the participant's practice has released its people for the programme."""
    return exists().where(in_force_for(Participant))


def live() -> ColumnElement[bool]:
    """The join to the decision that holds."""
    return and_(
        Screening.tenant_id == Participant.tenant_id,
        Screening.participant_id == Participant.id,
        Screening.replaced_at.is_(None),
    )


def person_of() -> ColumnElement[bool]:
    """The join to the person."""
    return and_(Person.tenant_id == Participant.tenant_id, Person.id == Participant.person_id)


def still_in() -> ColumnElement[bool]:
    """Whether they are still to be thought of: nothing but screening has left them out, they have not opted
    out, died, left the practice or gone from its list. Needs the join to `live`."""
    by_screening = and_(
        Participant.status == "left out", func.coalesce(Screening.decision == LEAVE_OUT, False)
    )
    return and_(
        or_(Participant.status.not_in(WAYS_OUT), by_screening),
        Person.merged_into.is_(None),
        Person.died_on.is_(None),
        *(or_(gone.is_(None), gone > clock.today()) for gone in (Person.left_on, Person.missing_since)),
    )


def to_screen(*columns: Any) -> Select[Any]:
    """Of everybody who can be screened, these columns."""
    return (
        select(*columns)
        .select_from(Participant)
        .join(Person, person_of())
        .outerjoin(Screening, live())
        .where(released(), still_in())
    )


def progress_of(programme_id: int, *, waiting: bool = True) -> Progress:
    """How far the screening of a programme is; without `waiting` not who waits for their practice."""
    by_kind = [func.count().filter(Screening.decision == kind) for kind in (KEEP, LEAVE_OUT, LOOK_AGAIN)]
    mine = Participant.programme_id == programme_id
    counts: list[Any] = [func.count(), *by_kind, func.coalesce(func.max(Participant.wave), 1)]
    total, kept, left_out, again, waves = db.session.execute(to_screen(*counts).where(mine)).one()
    return Progress(total, kept, left_out, again, waves, _waiting(programme_id) if waiting else [])


def _waiting(programme_id: int) -> list[tuple[str, int]]:
    rows = db.session.execute(
        select(Practice.name, func.count())
        .select_from(Participant)
        .join(Person, person_of())
        .join(Practice, and_(Practice.tenant_id == Person.tenant_id, Practice.id == Person.practice_id))
        .outerjoin(Screening, live())
        .where(Participant.programme_id == programme_id, ~released(), still_in())
        .group_by(Practice.name)
        .order_by(Practice.name)
    )
    return [(name, count) for name, count in rows]


def decide(programme_id: int, seen: Mapping[int, int], decision: Decision) -> Decided:
    """Decide of participants of a programme. `seen` gives for each the decision that held when it was looked
    at (0: none). Where another one holds by now nothing changes; that one is told instead.

    A fixed number of statements. People are locked in the order of their ids, so that two never wait for
    each other.
    """
    locking = (
        select(Participant.id)
        .where(Participant.id == _any_of(seen), Participant.programme_id == programme_id)
        .order_by(Participant.id)
        .with_for_update()
    )
    db.session.execute(locking)
    holding = to_screen(Participant.id, Participant.person_id, Screening).where(
        Participant.id == _any_of(seen), Participant.programme_id == programme_id
    )
    ordered = holding.order_by(Participant.id).execution_options(populate_existing=True)
    rows = db.session.execute(ordered).all()
    mine = [row for row in rows if (row[2].id if row[2] else 0) == seen[row[0]]]
    overtaken = [row[2] for row in rows if row not in mine and row[2]]
    gone = sorted(set(seen) - {row[0] for row in rows})
    made = [participant_id for participant_id, *_ in mine]
    if made:
        _write(made, decision)
        _record([(participant_id, person_id) for participant_id, person_id, _ in mine], decision)
    return Decided(made, overtaken, gone)


def _write(participant_ids: list[int], decision: Decision) -> None:
    now = clock.now()
    db.session.execute(
        change(Screening)
        .where(Screening.participant_id == _any_of(participant_ids), Screening.replaced_at.is_(None))
        .values(replaced_at=now)
        .execution_options(synchronize_session=False)
    )
    common = {
        "tenant_id": scope.current().tenant,
        "decision": decision.decision,
        "reason": decision.reason,
        "note": decision.note,
        "decided_by": audit.actor().name,
        "decided_at": now,
    }
    db.session.execute(insert(Screening), [common | {"participant_id": number} for number in participant_ids])
    if decision.decision == LEAVE_OUT:
        reach_many(participant_ids, "left out", reason=f"{BECAUSE}{decision.reason}")
    else:
        withdraw_many(participant_ids, "left out", because=BECAUSE)


def _record(people: list[tuple[int, int]], decision: Decision) -> None:
    """One event; of one person where it is one, else with the ids of all."""
    said: dict[str, Any] = {"decision": decision.decision, "reason": decision.reason}
    if len(people) == 1:
        ((participant_id, person_id),) = people
        audit.record("screened", "person", participant_id, person_id=person_id, purpose=PURPOSE, **said)
        return
    ids = [participant_id for participant_id, _ in people]
    audit.record("screened", "people", purpose=PURPOSE, count=len(ids), participants=ids, **said)


def history_of(participant_id: int) -> list[Screening]:
    """Every decision on a participant, the newest first."""
    statement = select(Screening).where(Screening.participant_id == participant_id)
    return list(db.session.scalars(statement.order_by(Screening.id.desc())))


def in_words(row: Screening) -> str:
    """A decision as it is read: "Left out (pregnant) by Dr Osei".

    >>> in_words(Screening(decision="keep", reason=None, decided_by="Clara"))
    'Kept by Clara'
    """
    words = {KEEP: "Kept", LEAVE_OUT: "Left out", LOOK_AGAIN: "To be looked at again, said"}[row.decision]
    by = "" if row.decision == LOOK_AGAIN else "by "
    return f"{words}{f' ({row.reason})' if row.reason else ''} {by}{row.decided_by}"


def _any_of(ids: Collection[int]) -> Any:
    return func.any(bindparam(None, sorted(ids), ARRAY(BigInteger)))
