"""Refreshing a frozen cohort: who would join and who would leave today, why, and doing it as a dated wave.

What was frozen stays as it is. Who joins comes in as a wave of their own; who leaves is left out with the
reason, and stays in the denominator. Nothing changes for anybody else.

Who has died or left the practice is always left out. For any other reason the manager chooses, and whoever
has answered us stays in all the same: their support goes on although a value or a birthday has moved.
"""

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from sqlalchemy import and_, select

from app import audit, clock
from app.cohorts.criteria import Evaluation, Why, evaluate, explain
from app.cohorts.definition import PURPOSE, definition_of, lock
from app.cohorts.freezing import figures_of, join
from app.cohorts.models import Cohort, CohortWave
from app.library.cohort_rules import EXCLUSIONS
from app.programmes.milestones import reach_for, reach_many, withdraw_many
from app.programmes.models import Milestone, Participant, Programme
from app.programmes.rules import WAYS_OUT
from tenants.db import db

BECAUSE = "Refresh: "
ALWAYS = frozenset(EXCLUSIONS[:2])  # died, left the practice
NOT_ANSWERED = frozenset({"identified", "contacted", "not reached"})
NEW = "new in the data"
NOT_KNOWN = "no longer known: "


class Changed(RuntimeError):
    """What would change is not what the page had shown; `change` is what it is now."""

    def __init__(self, change: "Change") -> None:
        super().__init__("the people have changed meanwhile")
        self.change = change


@dataclass(frozen=True)
class Leaver:
    """Somebody who takes part and no longer meets the definition: why, and whether they have answered us."""

    participant_id: int
    person_id: int
    why: str
    answered: bool

    @property
    def always(self) -> bool:
        """Whether they leave whatever is chosen."""
        return self.why in ALWAYS

    def leaves(self, chosen: Collection[str]) -> bool:
        """Whether they leave when these reasons are chosen."""
        return self.always or (self.why in chosen and not self.answered)


@dataclass(frozen=True)
class Change:
    """What a refresh would do today: `joiners` by person with what kept them out before, `returning` those
    left out by a refresh who meet the definition again, and `leavers`."""

    found: Evaluation
    joiners: dict[int, str]
    returning: dict[int, int]
    leavers: list[Leaver]

    @property
    def reasons(self) -> dict[str, list[Leaver]]:
        """The leavers who are left out, for sure or if it is so chosen, by reason."""
        found: dict[str, list[Leaver]] = {}
        for leaver in self.leavers:
            if leaver.always or not leaver.answered:
                found.setdefault(leaver.why, []).append(leaver)
        return found

    @property
    def staying(self) -> list[Leaver]:
        """Who no longer meets the definition and stays, because they have answered us."""
        return [leaver for leaver in self.leavers if leaver.answered and not leaver.always]

    @property
    def mark(self) -> str:
        """What a page puts into its form to say what it had shown."""
        said = (
            sorted(self.joiners),
            sorted(self.returning),
            [(one.participant_id, one.why) for one in self.leavers],
        )
        # Keyed, so that a planner cannot try out who it is whom the page only counts.
        key = current_app.config["SECRET_KEY"].encode()
        return hmac.new(key, repr(said).encode(), "sha256").hexdigest()[:16]

    def __bool__(self) -> bool:
        return bool(self.joiners or self.returning or self.leavers)


@dataclass(frozen=True)
class Taken:
    """What a refresh did; `wave` is None where there was nothing to do."""

    wave: CohortWave | None
    joined: int = 0
    returned: int = 0
    left: dict[str, int] = field(default_factory=dict)


def change_of(cohort: Cohort, waves: Sequence[CohortWave]) -> Change:
    """What a refresh of this frozen cohort with these waves would do now, in four statements."""
    definition, today = definition_of(cohort), clock.today()
    found = evaluate(definition, today)
    members = set(found.members)
    rows = _participants(cohort.programme_id)
    gone = [row for row in rows if row.status not in WAYS_OUT and row.person_id not in members]
    why = explain(definition, today, [row.person_id for row in gone]) if gone else {}
    new = members - {row.person_id for row in rows}
    before = explain(definition, waves[-1].on_date if waves else cohort.on_date, new) if new else {}
    return Change(
        found,
        {person: _kept_out(before.get(person)) for person in sorted(new)},
        {row.id: row.person_id for row in rows if _left_by_refresh(row) and row.person_id in members},
        [_leaver(row, why.get(row.person_id)) for row in gone],
    )


def _leaver(row: Any, why: Why | None) -> Leaver:
    return Leaver(row.id, row.person_id, _left_because(why), row.status not in NOT_ANSWERED)


def _participants(programme_id: int) -> list[Any]:
    left_out = and_(
        Milestone.tenant_id == Participant.tenant_id,
        Milestone.participant_id == Participant.id,
        Milestone.kind == "left out",
        Milestone.withdrawn_at.is_(None),
    )
    rows = (
        select(Participant.id, Participant.person_id, Participant.status, Milestone.reason)
        .outerjoin(Milestone, left_out)
        .where(Participant.programme_id == programme_id)
        .order_by(Participant.id)
    )
    return list(db.session.execute(rows))


def _left_by_refresh(row: Any) -> bool:
    return row.status == "left out" and (row.reason or "").startswith(BECAUSE)


def _left_because(why: Why | None) -> str:
    """The first thing that keeps somebody out now, worded to follow "left out: "."""
    if why is None:
        return "no longer in the lists"
    if why.excluded:
        return why.excluded[0]
    return f"no longer meets: {why.fails[0]}" if why.fails else f"{NOT_KNOWN}{''.join(why.missing[:1])}"


def _kept_out(why: Why | None) -> str:
    """What kept somebody out when the cohort was last looked at; NEW where that was only our data."""
    kept = [*why.excluded, *why.fails, *why.missing] if why else []
    return f"now meets: {kept[0]}" if kept else NEW


def waves_of(cohort: Cohort) -> list[CohortWave]:
    """The waves after the first, oldest first."""
    statement = select(CohortWave).where(CohortWave.cohort_id == cohort.id)
    return list(db.session.scalars(statement.order_by(CohortWave.number)))


def take(programme: Programme, mark: str, chosen: Collection[str]) -> Taken:
    """Refresh the frozen cohort: joiners come in as a wave, leavers for a reason in `chosen` are left out.

    Raises Changed where the page that asks (`mark`) had shown something else. A second time there is nothing
    to do. A fixed number of statements, however many people there are.
    """
    cohort = lock(programme)
    waves = waves_of(cohort)
    change = change_of(cohort, waves)
    leaving: dict[str, list[int]] = {}
    for leaver in change.leavers:
        if leaver.leaves(chosen):
            leaving.setdefault(leaver.why, []).append(leaver.participant_id)
    if not (leaving or change.joiners or change.returning):
        return Taken(None)
    if change.mark != mark:
        raise Changed(change)
    _take_hold([*change.returning, *(number for ids in leaving.values() for number in ids)])
    number = 1 + (waves[-1].number if waves else 1)
    if change.joiners:
        reach_many(join(programme.id, change.joiners, wave=number), "identified")
    withdraw_many(list(change.returning), "left out", because=BECAUSE)
    reach_for({f"{BECAUSE}{why}": ids for why, ids in leaving.items()}, "left out")
    left = {why: len(ids) for why, ids in leaving.items()}
    return Taken(_wave(cohort, number, change, left), len(change.joiners), len(change.returning), left)


def _take_hold(participant_ids: list[int]) -> None:
    """Lock them in the order of their ids, as screening does, so that the two never wait for each other."""
    locking = select(Participant.id).where(Participant.id.in_(participant_ids))
    db.session.execute(locking.order_by(Participant.id).with_for_update())


def _wave(cohort: Cohort, number: int, change: Change, left: dict[str, int]) -> CohortWave:
    wave = CohortWave(
        cohort_id=cohort.id,
        number=number,
        on_date=change.found.on,
        attrition=change.found.attrition,
        figures=figures_of(definition_of(cohort), change.found)
        | {"left": left, "returned": len(change.returning)},
        joined=len(change.joiners),
        left=sum(left.values()),
        taken_by=audit.actor().name,
        taken_at=clock.now(),
    )
    db.session.add(wave)
    db.session.flush()
    audit.record(
        "refreshed", "cohort", cohort.id, purpose=PURPOSE, count=wave.joined + wave.left, wave=number,
        joined=wave.joined, left=wave.left, returned=len(change.returning),
    )  # fmt: skip
    return wave
