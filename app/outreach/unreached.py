"""People whom the steps could not reach: every step is over, or they asked for a call and nobody got through.

Whose steps are over is decided in sequence.py. Here stands what came of the last try, and what somebody can
do about it: try the person again, or leave it at that. Nobody is in the list and in a step at once.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import aliased

from app import audit, clock
from app.here import here
from app.outreach import call_times, interpreters, quiet, turns
from app.outreach.call_models import BOOKED, Call
from app.outreach.choice_models import ReachDecision
from app.outreach.due import steps_of_all
from app.outreach.facts import Candidate
from app.outreach.models import Contact
from app.outreach.pages import sending_as
from app.outreach.replies import ASKED_AGAIN, ask_for_call
from app.outreach.rules import WANT_TO_BE_RUNG, Reason, signs
from app.outreach.sequence import Came, Place, Where
from app.people.models import Person
from app.programmes.milestones import reach, withdraw
from app.programmes.models import Milestone, Participant, Programme
from app.render import date, moment
from tenants import scope
from tenants.db import db
from tenants.models import PcnSettings

PURPOSE = "reaching people"
ENDS = frozenset({Came.UNREACHED, Came.NOT_DELIVERED, turns.ASK_AGAIN})
TRY_AGAIN, LEAVE = "try again", "leave"
# What kept them from being rung is gone, and nothing else brings them back.
OFF_THE_LIST = "asked for a call, and is not on the call list"

_NUMBER = "Ask the practice for a number that works, then try again."
# What came of the last try → what to do. Where there is no entry, the practice is asked.
TO_DO: dict[str, str] = {
    Reason.NO_MOBILE: _NUMBER,
    Reason.NO_PHONE: _NUMBER,
    "wrong number": _NUMBER,
    "number dead": _NUMBER,
    "no answer to 3 calls": "Ask the practice whether the number is right, and try again some weeks later.",
    Reason.NO_EMAIL: "Ask the practice for an e-mail address or a number, then try again.",
    Reason.NO_ADDRESS: "Ask the practice for the whole address, then try again.",
    Reason.NO_TELEPHONE: "They want no phone calls, and did not answer what came before. Leave it at that.",
    Reason.NOT_THIS_WAY: "They do not want to be contacted this way. Leave it at that, unless they ask.",
    turns.ASK_AGAIN: "They asked to be asked again on that day. Try again: they are then rung on that day.",
    OFF_THE_LIST: "What kept them from being rung is gone. Try again: they are then on the call list.",
}
SIGNS = (
    "Book a British Sign Language interpreter, or ring through a video relay service. Then say here when "
    "it is: they are on the call list for that time."
)
ASK_THE_PRACTICE = "Ask the practice how this person can be reached, then try again."
# What we cannot send ourselves → who makes it.
FORMATS = {
    "braille": "Order the letter in Braille from your transcription service; then leave it at that.",
    "audio": "Have the letter recorded and sent on a CD or as a file; then leave it at that.",
    "audio tape": "Have the letter recorded and sent on a CD or as a file; then leave it at that.",
}


class Tried(NamedTuple):
    """What came of the last try that did not reach somebody, on which day, and what was decided last."""

    pseudonym: str
    reason: str | None
    on: dt.date | None
    decision: ReachDecision | None
    is_due: bool  # on the call list


@dataclass(frozen=True)
class Unreached:
    """Somebody whom no step is left for: what came of the last try, since when, and what was decided."""

    who: Candidate
    pseudonym: str
    programme: Programme
    reason: str
    since: dt.date | None
    decision: ReachDecision | None

    @property
    def to_do(self) -> str:
        """What somebody can do about it."""
        if self.by_signs:
            return SIGNS
        if self.reason == Reason.FORMAT:
            return FORMATS.get(self.who.facts.information_format.lower(), ASK_THE_PRACTICE)
        return TO_DO.get(self.reason, ASK_THE_PRACTICE)

    @property
    def by_signs(self) -> bool:
        """Whether they can be rung once an interpreter is booked."""
        return self.reason == Reason.FORMAT and signs(self.who.facts)

    @property
    def is_left(self) -> bool:
        """Whether somebody has said to leave it at that."""
        return self.decision is not None and self.decision.decision == LEAVE


def everyone_unreached(programme_id: int | None = None) -> tuple[Programme | None, list[Unreached]]:
    """Everybody of live programmes who cannot be reached, by programme and name; or of the one of that id,
    and that programme. Nobody where it is not live, and None where there is none.
    """
    programmes, kept = _programmes(programme_id)
    wanted = programmes.get(programme_id) if programme_id is not None else None
    live = {number: programme for number, programme in programmes.items() if programme.state == "live"}
    if not live or kept is None:
        return wanted, []
    placed = turns.everywhere(steps_of_all(live), sending_as(kept))
    asked = _asked_in_vain(live)
    ended = [
        (live[number], one, place)
        for number, some in placed.items()
        for one, place in some
        if one.facts.released
        and (_is_over(place) or one.participant_id in asked or _waits_to_be_rung(one, place))
    ]
    return wanted, list(_described(ended, _tried([one.participant_id for _, one, _ in ended]), asked))


def _programmes(programme_id: int | None) -> tuple[dict[int, Programme], PcnSettings | None]:
    """The live programmes, or the one of that id, by name; and how often the PCN contacts people."""
    both = select(Programme, PcnSettings).join(PcnSettings, PcnSettings.tenant_id == Programme.tenant_id)
    which = Programme.state == "live" if programme_id is None else Programme.id == programme_id
    rows = list(db.session.execute(both.where(which).order_by(Programme.name, Programme.id)))
    return {programme.id: programme for programme, _ in rows}, rows[0][1] if rows else None


def _is_over(place: Place) -> bool:
    return place.where is Where.OVER and place.reason in ENDS


def _waits_to_be_rung(one: Candidate, place: Place) -> bool:
    """Whether nothing keeps somebody who asked for a call from it; those on the call list are among them."""
    return place.where is Where.ANSWERED and one.facts.status in WANT_TO_BE_RUNG


def _described(
    ended: Iterable[tuple[Programme, Candidate, Place]], tried: Mapping[int, Tried], asked: Mapping[int, str]
) -> Iterable[Unreached]:
    for programme, one, place in sorted(ended, key=lambda row: (row[0].name, row[0].id, row[1].name)):
        last = tried[one.participant_id]
        reason, since = last.reason or str(place.reason), last.on
        if one.participant_id in asked:
            reason = asked[one.participant_id]
        elif place.reason == turns.ASK_AGAIN:
            reason, since = turns.ASK_AGAIN, place.on
        elif _waits_to_be_rung(one, place):
            reason, since = OFF_THE_LIST, None
        # One message went to the number or address that they share with somebody: they were reached by that.
        if reason != Reason.SHARED and not last.is_due:
            yield Unreached(one, last.pseudonym, programme, reason, since, last.decision)


def _asked_in_vain(programme_ids: Collection[int]) -> dict[int, str]:
    """Those who asked for a call, and what came of it where nobody got through to them."""
    statement = (
        select(Participant.id, Milestone.reason)
        .join(
            Milestone,
            (Milestone.tenant_id == Participant.tenant_id) & (Milestone.participant_id == Participant.id),
        )
        .where(
            Participant.programme_id.in_(programme_ids),
            Participant.status == "engaged",
            Milestone.kind == "not reached",
            Milestone.withdrawn_at.is_(None),
            ~_due(),
        )
    )
    return {number: reason or "" for number, reason in db.session.execute(statement)}


def _due() -> ColumnElement[bool]:
    return exists().where(
        Call.tenant_id == Participant.tenant_id, Call.participant_id == Participant.id, Call.state == "due"
    )


def _tried(ids: Collection[int]) -> dict[int, Tried]:
    """What came of the last contact with each of them that did not reach them, and what was decided last."""
    contact = select(func.max(Contact.id)).where(
        Contact.tenant_id == Participant.tenant_id,
        Contact.participant_id == Participant.id,
        Contact.state.in_(("failed", "held back")),
    )
    decision = select(func.max(ReachDecision.id)).where(
        ReachDecision.tenant_id == Participant.tenant_id, ReachDecision.participant_id == Participant.id
    )
    one = aliased(Contact)
    statement = (
        select(
            Participant.id, Person.pseudonym, one.reason, func.coalesce(one.sent_at, one.created_at),
            ReachDecision, _due(),
        )
        .join(Person, (Person.tenant_id == Participant.tenant_id) & (Person.id == Participant.person_id))
        .outerjoin(one, one.id == contact.correlate(Participant).scalar_subquery())
        .outerjoin(ReachDecision, ReachDecision.id == decision.correlate(Participant).scalar_subquery())
        .where(Participant.id.in_(ids))
    )  # fmt: skip
    rows = db.session.execute(statement) if ids else ()
    return {
        number: Tried(pseudonym, reason, clock.local(at).date() if at else None, decided, is_due)
        for number, pseudonym, reason, at, decided, is_due in rows
    }


def one_unreached(participant: Participant) -> Unreached | None:
    """Of one participant the same; None where a step is left for them, or they have answered."""
    _, found = everyone_unreached(participant.programme_id)
    return next((one for one in found if one.who.participant_id == participant.id), None)


def decide(found: Unreached, decision: str, note: str) -> None:
    """Write down what is done about somebody, and begin with them again where it says so.

    Whoever had asked for a call is on the call list again, and whoever asked to be asked again is rung on the
    day they named; for others the first step that can reach them is due (sequence.py).
    """
    _write_down(found, decision, note)
    if decision != TRY_AGAIN:
        return
    if found.reason in (turns.ASK_AGAIN, OFF_THE_LIST):
        _ask_again(found.who, ASKED_AGAIN if found.reason == turns.ASK_AGAIN else "Asked for a call")
        return
    if _begin_again(found):
        _ring(found.who.participant_id)


def arrange(found: Unreached, day: dt.date, time: str, note: str) -> None:
    """An interpreter is there on `day` at `time` (of call_times): they are on the call list for then.

    It is one more try, and the row says so; what is booked stands in its note.
    """
    at = call_times.agreed_on(day, time)
    booked = f"{BOOKED} for {moment(at) if time != call_times.ANY else date(day)}"
    _write_down(found, TRY_AGAIN, ". ".join(filter(None, (booked, note))))
    _begin_again(found)
    _list(found.who.participant_id, BOOKED, day, interpreters.in_words(note), at)


def _write_down(found: Unreached, decision: str, note: str) -> None:
    number, person_id = found.who.participant_id, found.who.person_id
    db.session.add(
        ReachDecision(participant_id=number, decision=decision, note=note, by=here.name, at=clock.now())
    )
    audit.record("decided about", "reaching", number, person_id=person_id, purpose=PURPOSE, decision=decision)


def _begin_again(found: Unreached) -> bool:
    """That nobody reached them holds no more; whether they had asked for a call, and want one again."""
    number, asked = found.who.participant_id, found.who.facts.status == "engaged"
    withdraw(number, "not reached")
    if asked:
        reach(number, "wants a call", reason="somebody said to try again")
    return asked


def _ask_again(who: Candidate, why: str) -> None:
    """They are rung on the day they named, or from now on where it is over: no step reaches anybody twice."""
    day = max(who.facts.ask_again_on or clock.today(), clock.today())
    _list(who.participant_id, why, quiet.next_day_to_ring(day))


def _list(participant_id: int, why: str, on: dt.date, words: str = "", at: dt.datetime | None = None) -> None:
    """They are on the call list, because of `why`."""
    participant = db.session.get_one(Participant, (scope.current().tenant, participant_id))
    step = select(func.max(Contact.step_id)).where(Contact.participant_id == participant.id)
    ask_for_call(participant, db.session.scalars(step).one(), why=why, on=on, words=words, at=at)


def _ring(participant_id: int) -> None:
    """Their latest call is to be made again from the next working day on."""
    one = select(func.max(Call.id)).where(Call.participant_id == participant_id).scalar_subquery()
    values = {
        "state": "due",
        "why": "Asked for a call, and was not reached: try again",
        "due_on": quiet.next_day_to_ring(clock.today()),
        "agreed_at": None,
        "agreed_time": "",
    }
    statement = update(Call).where(Call.id == one).values(**values)
    db.session.execute(statement.execution_options(synchronize_session=False))
