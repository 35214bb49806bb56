"""What was heard on a call that another role must act on: who is told, who may settle it, and what follows.

Whatever was heard, a hold stands on the person from that moment; it is the settling that lifts it or not.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true, update

from app import audit, clock, mail, outbox
from app.cohorts.release import own_practices
from app.colleagues import colleagues
from app.here import can, here
from app.outreach import choices, hours
from app.outreach.call_models import Alert, Call, CallAttempt
from app.outreach.call_stops import stop
from app.outreach.rules import Reason
from app.people.models import Person
from app.permissions import Permission, roles_with
from app.programmes.milestones import reach_many
from app.programmes.models import Participant, Programme
from tenants import scope
from tenants.db import Json, db
from tenants.models import Account, Membership, Organisation, Practice

PURPOSE = "acting on what was heard on a call"
# What the practice itself can tell: its releaser may settle these for its own people.
FOR_THE_PRACTICE = ("deceased reported", "moved away")
RELEASER = "practice releaser"

# What each asks of whoever settles it, and what the tick beside it means.
TO_DO = {
    "deceased reported": (
        "Look in the practice's record and, where it is not there yet, confirm it with the family or the "
        "registrar. The list that the practice sends next must say so."
    ),
    "moved away": (
        "Ask the person, or look on the Spine, where they are registered now, and put the record right."
    ),
    "safeguarding concern": "Follow your safeguarding procedure today, and write here whom you told.",
    "urgent clinical concern": (
        "Reach the person now, or have somebody go there. Ring 999 where a life is at risk."
    ),
    "lacks capacity or has a carer": (
        "Decide who can speak for this person: a carer with their consent, an attorney for health and "
        "welfare, or whoever a best interests decision names. Nobody rings before that."
    ),
}
SUBJECT = "Somebody has something for you to act on"
BODY = """{subject} in Oast.

Something was heard on a call that somebody in your role has to act on today. Sign in to read what: {link}
"""


@dataclass(frozen=True)
class Raised:
    """An alert, whom it is about, and for which programme they were rung."""

    alert: Alert
    person: Person
    practice: str
    programme: str
    participant_id: int

    @property
    def overdue(self) -> bool:
        """Whether it waits for longer than a working day."""
        return self.alert.settled_at is None and clock.now() >= due_at(self.alert.raised_at)


def due_at(raised_at: dt.datetime) -> dt.datetime:
    """When an alert should be settled: the same time of the next working day."""
    there = clock.local(raised_at)
    day = hours.next_working_day(there.date() + dt.timedelta(days=1))
    return dt.datetime.combine(day, there.time(), clock.LONDON).astimezone(dt.UTC)


def source_of(kind: str) -> str:
    """What the hold of an alert of that kind is called."""
    return f"on a call: {kind}"


def sound(call: Call, attempt_id: int, kind: str, note: str) -> None:
    """Hold all contact with the person, put it before those who must act, and write to them."""
    choices.hold(call.person_id, note=note, source=source_of(kind), entered_by=here.name)
    alert = Alert(
        person_id=call.person_id,
        programme_id=call.programme_id,
        call_attempt_id=attempt_id,
        kind=kind,
        note=note,
        raised_by=here.name,
        raised_at=clock.now(),
    )
    db.session.add(alert)
    db.session.flush()
    audit.record("raised", "alert", alert.id, person_id=alert.person_id, purpose=PURPOSE, kind=kind)
    _tell(alert, "")
    outbox.leave(
        "alert.remind",
        "Remind those who must act on what was heard on a call",
        {"alert_id": alert.id},
        key=f"alert {alert.id}",
        run_after=due_at(alert.raised_at),
    )


@outbox.handles("alert.remind")
def remind(payload: Json) -> None:
    """Tell them once more, where a working day has gone by and nobody has settled it."""
    alert = db.session.get(Alert, (scope.current().tenant, payload["alert_id"]))
    if alert is not None and alert.settled_at is None:
        _tell(alert, " again")
        audit.record("told again of", "alert", alert.id, person_id=alert.person_id, purpose=PURPOSE)


def _tell(alert: Alert, again: str) -> None:
    """Mail to everybody who may settle it, without a word about the person."""
    us = db.session.get(Organisation, scope.current().org)
    path = current_app.url_map.bind("").build("outreach.alerts", {"slug": us.slug if us else ""})
    body = BODY.format(subject=SUBJECT, link=f"{current_app.config['BASE_URL']}{path}")
    for address in db.session.scalars(_addresses(alert)):
        mail.post(address, SUBJECT, body, key=f"alert {alert.id}{again}: {address}")


def _addresses(alert: Alert) -> Select[str]:
    practice = select(Person.practice_id).where(Person.id == alert.person_id).scalar_subquery()
    theirs = and_(Membership.role == RELEASER, Membership.practice_id == practice)
    who: ColumnElement[bool] = Membership.role.in_(roles_with(Permission.ACT_ON_CONCERNS))
    return colleagues(Account.email, or_(who, theirs) if alert.kind in FOR_THE_PRACTICE else who)


def _mine() -> ColumnElement[bool]:
    """Which alerts the person here may act on."""
    if can(Permission.ACT_ON_CONCERNS):
        return true()
    return and_(Alert.kind.in_(FOR_THE_PRACTICE), Person.practice_id.in_(own_practices()))


def _raised() -> Select[Alert, Person, str, str, int]:
    attempt = (CallAttempt.tenant_id == Alert.tenant_id) & (CallAttempt.id == Alert.call_attempt_id)
    return (
        select(Alert, Person, Practice.name, Programme.name, CallAttempt.participant_id)
        .join(CallAttempt, attempt)
        .join(Person, (Person.tenant_id == Alert.tenant_id) & (Person.id == Alert.person_id))
        .join(Practice, (Practice.tenant_id == Person.tenant_id) & (Practice.id == Person.practice_id))
        .join(Programme, (Programme.tenant_id == Alert.tenant_id) & (Programme.id == Alert.programme_id))
        .where(_mine())
    )


def open_ones() -> list[Raised]:
    """What waits for the person here to act on, the longest waiting first."""
    statement = _raised().where(Alert.settled_at.is_(None)).order_by(Alert.raised_at, Alert.id)
    return [Raised(*row) for row in db.session.execute(statement)]


def settled_ones(most: int) -> list[Raised]:
    """What was settled, the latest first, at most so many."""
    settled = _raised().where(Alert.settled_at.is_not(None))
    return [
        Raised(*row)
        for row in db.session.execute(settled.order_by(Alert.settled_at.desc(), Alert.id).limit(most))
    ]


def raised_at(alert_id: int) -> Raised | None:
    """The alert of that id, where the person here may act on it."""
    row = db.session.execute(_raised().where(Alert.id == alert_id)).one_or_none()
    return Raised(*row) if row is not None else None


def counted() -> Select[int]:
    """How many alerts wait for the person here."""
    return (
        select(func.count())
        .select_from(Alert)
        .join(Person, (Person.tenant_id == Alert.tenant_id) & (Person.id == Alert.person_id))
        .where(Alert.settled_at.is_(None), _mine())
    )


def settle(alert: Alert, what_was_done: str, *, contact_again: bool) -> bool:
    """Write down what was done, and lift the hold where it says so. False where a colleague was quicker."""
    statement = (
        update(Alert)
        .where(Alert.id == alert.id, Alert.settled_at.is_(None))
        .values(settled_by=here.name, settled_at=clock.now(), what_was_done=what_was_done)
        .returning(Alert.id)
    )
    if db.session.scalar(statement) is None:
        audit.record("tried to settle", "alert", alert.id, person_id=alert.person_id, purpose=PURPOSE)
        return False
    audit.record(
        "settled", "alert", alert.id, person_id=alert.person_id, purpose=PURPOSE, contact_again=contact_again
    )
    if contact_again:
        _contact_again(alert)
    elif alert.kind in FOR_THE_PRACTICE:
        _take_out(alert)
    return True


def _contact_again(alert: Alert) -> None:
    """Lift its hold, unless the same was heard twice and the other time is not settled yet."""
    same = select(Alert.id).where(
        Alert.person_id == alert.person_id, Alert.kind == alert.kind, Alert.settled_at.is_(None)
    )
    if db.session.scalar(same.limit(1)) is None:
        choices.lift_hold(alert.person_id, source_of(alert.kind), lifted_by=here.name)
    _ring_tomorrow(alert.person_id)


def _take_out(alert: Alert) -> None:
    """It is so: out of every programme that they are in. The hold stays."""
    places: Sequence[int] = db.session.scalars(
        select(Participant.id)
        .join(
            Programme,
            (Programme.tenant_id == Participant.tenant_id) & (Programme.id == Participant.programme_id),
        )
        .where(Participant.person_id == alert.person_id, Programme.state != "closed")
    ).all()
    reach_many(places, "left out", reason=source_of(alert.kind))
    audit.record("left out", "person", person_id=alert.person_id, purpose=PURPOSE, reason=alert.kind)
    stop(Call.person_id == alert.person_id, Reason.LEFT_OUT)


def _ring_tomorrow(person_id: int) -> None:
    """Whose day has come while nobody contacted them; who is to be rung later, as agreed, still is."""
    day = hours.next_working_day(clock.today() + dt.timedelta(days=1))
    statement = (
        update(Call)
        .where(Call.person_id == person_id, Call.state == "due", Call.due_on < day)
        .values(due_on=day)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(statement)
