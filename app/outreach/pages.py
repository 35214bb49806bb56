"""What the pages of outreach show, loaded in few statements."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app import clock
from app.cohorts import showing
from app.library.models import LibraryItem
from app.outreach import building, hours, steps, turns
from app.outreach.hours import QuietDays, day_of
from app.outreach.letters import are_made
from app.outreach.models import Batch, Blackout, Contact, LetterPart, Step
from app.outreach.reckoning import Reckoning, reckon_many
from app.outreach.rules import KEEPS_HOURS, Facts, Sending, next_opening
from app.programmes.models import Programme
from tenants.db import db
from tenants.models import PcnSettings

ENDING = re.compile(r"https?://\S+/r/[\w-]+")


@dataclass(frozen=True)
class StepShown:
    """A step with its approved template, who is due now, and its batches, the newest first."""

    step: Step
    template: LibraryItem | None
    due: int
    held_back: int
    later: int
    late: int
    batches: list[tuple[Batch, Reckoning]]

    @property
    def open(self) -> Batch | None:
        """The batch that is not done with yet."""
        return next((batch for batch, _ in self.batches if batch.state in building.OPEN), None)

    @property
    def aloud(self) -> str:
        """Whom the step is for and when, in sentences."""
        return steps.said_in(self.step).aloud(self.step.position)


def programme_page(programme: Programme, kept: PcnSettings) -> dict[str, Any]:
    """The steps with who is due and their batches."""
    found = steps.steps_of(programme)
    templates = steps.templates_of(found)
    everybody = turns.everybody(programme, found, sending_as(kept))
    due = turns.counts_of(everybody, found)
    made = list(
        db.session.scalars(select(Batch).where(Batch.programme_id == programme.id).order_by(Batch.id.desc()))
    )
    counts = reckon_many([batch.id for batch in made])
    shown = []
    for step in found:
        whose = due[step.position]
        own = [(batch, counts[batch.id]) for batch in made if batch.step_id == step.id]
        numbers = (whose.due, whose.held_back, whose.later, whose.late)
        shown.append(StepShown(step, templates.get(step.position), *numbers, own))
    unreleased = sum(not one.facts.released for one, _ in everybody)
    unscreened = sum(_waits_for_screening(one.facts) for one, _ in everybody)
    return {
        "steps": shown,
        "people": len(everybody),
        "unreleased": showing.alone(unreleased),
        "unscreened": unscreened,
    }


def sending_as(kept: PcnSettings) -> Sending:
    """How often the PCN lets people be contacted. Whether it sends at this moment is not asked."""
    return Sending(most_contacts=kept.most_contacts, days_between=kept.days_between)


def _waits_for_screening(facts: Facts) -> bool:
    return facts.released and not facts.screened and facts.status != "left out"


def built_says(batch: Batch, step: Step) -> str:
    """What is said of a batch that was built just now."""
    call = step.channel == "call"
    if batch.state == "done":
        what = "nobody to ring" if call else "nothing to send"
        return f"Everybody who is due is held back, so there is {what}. The reasons are on this page."
    if call:
        return "The call list is made. Nobody is rung before a colleague takes their call."
    return "Batch built. Nothing is sent yet."


def is_moving(
    batch: Batch, step: Step, parts: Sequence[LetterPart], counts: Reckoning, *, printed: bool
) -> bool:
    """Whether the batch changes by itself, so that its progress is worth asking for again.

    `printed` says that it is of letters that the PCN's own printer prints. Of a batch that was stopped it is
    not known at once whether what a worker had taken has left.
    """
    if printed:
        return batch.state == "approved" and not are_made(parts)
    if batch.state in ("paused", "cancelled"):
        return counts.under_way > 0
    return step.channel != "call" and batch.state in ("approved", "sending")


@dataclass(frozen=True)
class Wait:
    """Until when the messages of a batch wait; `quiet`: today is one of the PCN's quiet days."""

    until: dt.datetime
    quiet: bool


def next_sending(batch: Batch, step: Step, settings: PcnSettings, quiet: QuietDays) -> Wait | None:
    """When messages may go out again, if they may not now: outside the hours, or on a quiet day."""
    if step.channel not in KEEPS_HOURS or batch.state not in ("built", "approved", "sending"):
        return None
    moment = clock.now()
    pcn = Sending(opens=settings.send_from, closes=settings.send_until)
    sending = pcn.narrowed(step.opens, step.closes, step.weekdays or ())
    opening = next_opening(sending, moment)
    while (last := hours.quiet_until(quiet, day_of(opening))) is not None:
        after = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(0), clock.LONDON)
        opening = next_opening(sending, after.astimezone(dt.UTC))
    return Wait(opening, hours.quiet_until(quiet, day_of(moment)) is not None) if opening > moment else None


def quiet_to_come() -> Any:
    """The PCN's quiet days that are not over, for `quiet_for`: a column of any statement."""
    days = func.jsonb_build_array(Blackout.starts_on, Blackout.ends_on, Blackout.channels)
    to_come = select(func.jsonb_agg(days)).where(
        Blackout.removed_at.is_(None), Blackout.ends_on >= clock.today()
    )
    return to_come.scalar_subquery()


def quiet_for(channel: str, found: Sequence[tuple[str, str, list[str]]] | None) -> QuietDays:
    """Those of a channel."""
    read = dt.date.fromisoformat
    return [(read(first), read(last)) for first, last, channels in found or () if channel in channels]


SOON, LATEST = 2, 30  # seconds after which a page asks again how far a batch has come


@dataclass(frozen=True)
class Asking:
    """When a page asks again: `wait` seconds, later each time that nothing has changed since `seen`."""

    wait: int
    seen: int


def ask_again(args: Mapping[str, str], now: int) -> Asking:
    """When to ask again, from what the page asked with and how much is done now."""
    waited, seen = args.get("wait", ""), args.get("seen", "")
    if seen != str(now) or not (waited.isascii() and waited.isdigit() and len(waited) < 4):
        return Asking(SOON, now)
    return Asking(min(max(SOON, int(waited)) * 3 // 2 + 1, LATEST), now)


def around_link(body: str) -> tuple[str, str, str]:
    """A message split into what stands before its link, the link, and what stands after it."""
    found = ENDING.search(body)
    return (body[: found.start()], found[0], body[found.end() :]) if found else (body, "", "")


@dataclass(frozen=True)
class Sent:
    """One thing that was sent to a person, or tried."""

    step: str
    channel: str
    state: str
    reason: str | None
    at: dt.datetime


def timeline_of(participant_id: int) -> list[Sent]:
    """What was sent to a participant and tried, the latest first."""
    statement = (
        select(
            Step.name,
            Step.channel,
            Contact.state,
            Contact.reason,
            func.coalesce(Contact.sent_at, Contact.created_at),
        )
        .join(Step, (Step.tenant_id == Contact.tenant_id) & (Step.id == Contact.step_id))
        .where(Contact.participant_id == participant_id)
        .order_by(Contact.id.desc())
    )
    return [Sent(*row) for row in db.session.execute(statement)]
