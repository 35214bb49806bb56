"""A guided conversation: who holds it, what is still missing, and how it ends."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import select, update

from app import clock
from app.care.instruments import INSTRUMENTS, needs_assessment_today
from app.care.models import Conversation, Measurement
from app.care.rules import STEPS, missing_to_finish
from app.here import here
from app.people.models import Person
from app.programmes import milestones
from app.programmes.models import Participant, Programme
from tenants.adding import add_once
from tenants.db import Json, db


@dataclass
class Notes:
    """All that the page of a conversation works on."""

    conversation: Conversation
    participant: Participant
    person: Person
    programme: Programme
    measured: dict[str, Measurement] = field(default_factory=dict)

    @property
    def menu(self) -> list[Json]:
        """The programme's menu of support."""
        return list(self.programme.setup.get("menu") or [])

    @property
    def measures(self) -> frozenset[str]:
        """The instruments that the programme asks for."""
        return frozenset(self.programme.setup.get("measures") or []) & frozenset(INSTRUMENTS)

    @property
    def mine(self) -> bool:
        """Whether the person here holds the conversation."""
        return self.conversation.held_by_id == (here.account.id if here.account else None)

    @property
    def flagged(self) -> str | None:
        """The blood pressure that needs a clinical assessment today ("185/90"), or None."""
        values = [row.value if (row := self.measured.get(key)) else None for key in ("systolic", "diastolic")]
        return _pressure(values) if needs_assessment_today(*values) else None

    @property
    def told(self) -> Json | None:
        """Who was told of the flagged blood pressure, when it is still the same."""
        told = self.conversation.steps.get("flag")
        return told if told and told["pressure"] == self.flagged else None

    def missing(self) -> list[tuple[str, str]]:
        """What has to be done before the conversation can be finished."""
        found = missing_to_finish(self.conversation.steps, self.measures, self.measured)
        if self.flagged and not self.told:
            found.append(("flag", "Tell a clinician about the blood pressure today, and enter who you told"))
        return found


def _pressure(values: list[Decimal | None]) -> str:
    return "/".join(f"{value:.0f}" if value is not None else "?" for value in values)


def notes_of(participant: Participant, person: Person, *, lock: bool = False) -> Notes | None:
    """The conversation with a participant and what belongs to it, or None where there is none yet."""
    statement = (
        select(Conversation, Programme)
        .join(Programme, Programme.id == participant.programme_id)
        .where(Conversation.participant_id == participant.id)
    )
    row = db.session.execute(statement.with_for_update(of=Conversation) if lock else statement).one_or_none()
    if row is None:
        return None
    taken = db.session.scalars(
        select(Measurement).where(
            Measurement.participant_id == participant.id, Measurement.occasion == "baseline"
        )
    )
    return Notes(row[0], participant, person, row[1], {one.instrument: one for one in taken})


def start(participant: Participant) -> bool:
    """Open a conversation with a participant. False where there is one already."""
    account = here.account.id if here.account else None
    number = add_once(
        Conversation, participant_id=participant.id, person_id=participant.person_id, state="open",
        held_by=here.name, held_by_id=account, held_since=clock.now(), started_at=clock.now(),
    )  # fmt: skip
    return number is not None


def take_over(conversation: Conversation) -> None:
    """From now on the person here holds the conversation."""
    conversation.state = "open"
    conversation.held_by = here.name
    conversation.held_by_id = here.account.id if here.account else None
    conversation.held_since = clock.now()


def pause(conversation: Conversation) -> None:
    """Nobody holds the conversation until somebody goes on with it."""
    conversation.state, conversation.held_by_id = "paused", None


def finish(notes: Notes) -> bool:
    """End the conversation: they were engaged and a conversation was held. False when it had ended before."""
    done = db.session.execute(
        update(Conversation)
        .where(Conversation.id == notes.conversation.id, Conversation.state == "open")
        .values(state="finished", finished_at=clock.now(), held_by_id=None)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        return False
    milestones.reach(notes.participant.id, "engaged")
    milestones.reach(notes.participant.id, "conversation held")
    return True


def ticks(notes: Notes) -> list[Json]:
    """Each section with its title and, when it was ticked, by whom and when."""
    steps = notes.conversation.steps
    return [
        {
            "key": key,
            "title": title,
            "by": steps[key]["by"] if key in steps else None,
            "at": dt.datetime.fromisoformat(steps[key]["at"]) if key in steps else None,
        }
        for key, title in STEPS.items()
    ]
