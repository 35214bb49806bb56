"""What outreach has waiting for the person here, and what it sees a programme needs next."""

from collections.abc import Collection, Sequence

from flask import url_for
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    union_all,
)

from app import clock
from app.here import can, here
from app.outreach import alerts, bad_listing, held_calls, hours
from app.outreach.call_models import Call
from app.outreach.gateway_models import InboundText
from app.outreach.inbound import UNREAD
from app.outreach.models import Batch, LetterPart, Step
from app.permissions import Permission
from app.programmes import next_steps, today
from app.programmes.models import Milestone, Participant, Programme
from app.programmes.today import Todo
from app.render import date
from tenants.db import db
from tenants.models import PcnSettings


@today.offers
def waiting() -> list[Todo]:
    """Calls due, batches to approve, and answers to act on, counted in one statement.

    Another two say whom the call list holds back, so that what is counted is what it shows.
    """
    held = list(held_calls.held(Call.due_on <= clock.today())) if can(Permission.MAKE_CALLS) else []
    asked = [
        statement
        for permission, statement in (
            (Permission.ACT_ON_ALERTS, _alerts()),
            (Permission.SEE_OUTREACH, _stopped()),
            (Permission.MAKE_CALLS, _calls(held)),
            (Permission.APPROVE_BATCHES, _batches()),
            (Permission.BUILD_BATCHES, _letters()),
            (Permission.BUILD_BATCHES, _paused()),
            (Permission.SEE_PEOPLE, _answers(held)),
            (Permission.HOLD_CONVERSATIONS, _said_yes()),
            (Permission.READ_MESSAGES, _texts()),
            (Permission.ENTER_CHOICES, _bad_addresses()),
        )
        if can(permission)
    ]
    rows = db.session.execute(union_all(*asked)) if asked else ()
    return [_todo(*row) for row in rows if row[3]]


Counted = Select[str, int | None, str, int]
# The database takes the type of a column from the first two of the selects that it joins.
NOTHING = cast(null(), BigInteger)


def _alerts() -> Counted:
    """What was heard on calls and waits to be settled by the person here; it stands before all else."""
    return select(literal("alerts"), NOTHING, literal(""), alerts.counted().scalar_subquery())


def _calls(held: Collection[int]) -> Counted:
    """The calls that the list of today has; `held` are those that it holds back."""
    return (
        select(literal("calls"), NOTHING, literal(""), func.count())
        .select_from(Call)
        .join(Programme, (Programme.tenant_id == Call.tenant_id) & (Programme.id == Call.programme_id))
        .where(*_is_due(held))
    )


def _is_due(held: Collection[int]) -> Sequence[ColumnElement[bool]]:
    today = Call.due_on <= clock.today()
    return (Call.state == "due", today, Programme.state == "live", ~held_calls.is_among(held))


def _batches() -> Counted:
    """Batches that others built; each is a Todo of its own, because each is read by itself."""
    own = here.account.id if here.account else None
    return (
        select(literal("batch"), Batch.id, Step.name, literal(1))
        .join(Step, (Step.tenant_id == Batch.tenant_id) & (Step.id == Batch.step_id))
        .where(Batch.state == "built", Batch.built_by_id.is_distinct_from(own))
    )


def _letters() -> Counted:
    """Batches of letters that are all made and not handed to the printer."""
    unmade = (LetterPart.tenant_id == Batch.tenant_id) & (LetterPart.batch_id == Batch.id)
    return (
        select(literal("letters"), Batch.id, Step.name, literal(1))
        .join(Step, (Step.tenant_id == Batch.tenant_id) & (Step.id == Batch.step_id))
        .where(
            Batch.state == "approved",
            Step.channel == "letter",
            exists().where(unmade),
            ~exists().where(unmade, LetterPart.made_at.is_(None)),
        )
    )


def _paused() -> Counted:
    """Batches that wait for somebody to resume or cancel them, with what went wrong where that is known."""
    said = func.concat_ws(": ", Step.name, Batch.manifest["problem"].astext)
    return (
        select(literal("paused"), Batch.id, said, literal(1))
        .join(Step, (Step.tenant_id == Batch.tenant_id) & (Step.id == Batch.step_id))
        .where(Batch.state == "paused")
    )


def _stopped() -> Counted:
    stopped = case((PcnSettings.sending_stopped_at.is_not(None), 1), else_=0)
    return select(literal("stopped"), NOTHING, func.coalesce(PcnSettings.sending_stopped_by, ""), stopped)


def _answers(held: Collection[int]) -> Counted:
    """Who asked for another way: whoever makes calls is shown those to be rung today to arrange it."""
    counted = (
        select(literal("answers"), Participant.programme_id, literal(""), func.count())
        .where(Participant.status == "wants another way")
        .group_by(Participant.programme_id)
    )
    if not can(Permission.MAKE_CALLS):
        return counted
    theirs = (Call.tenant_id == Participant.tenant_id) & (Call.participant_id == Participant.id)
    live = (Programme.tenant_id == Call.tenant_id) & (Programme.id == Call.programme_id)
    return counted.where(exists().where(theirs, live, *_is_due(held)))


def _said_yes() -> Counted:
    """Who said yes and was not talked with since; not who asked for a call that never got through to them."""
    not_reached = exists().where(
        Milestone.tenant_id == Participant.tenant_id,
        Milestone.participant_id == Participant.id,
        Milestone.kind == "not reached",
        Milestone.withdrawn_at.is_(None),
    )
    return (
        select(literal("said yes"), Participant.programme_id, literal(""), func.count())
        .join(
            Programme,
            (Programme.tenant_id == Participant.tenant_id) & (Programme.id == Participant.programme_id),
        )
        .where(Participant.status == "engaged", Programme.state == "live", ~not_reached)
        .group_by(Participant.programme_id)
    )


def _texts() -> Counted:
    return (
        select(literal("texts"), NOTHING, literal(""), func.count()).select_from(InboundText).where(*UNREAD)
    )


def _bad_addresses() -> Counted:
    counted = bad_listing.how_many().subquery("bad")
    return select(literal("bad addresses"), NOTHING, literal(""), counted.c[0])


def _todo(kind: str, number: int | None, name: str, count: int) -> Todo:
    if kind == "alerts":
        heard = "person to act for: heard on a call" if count == 1 else "people to act for: heard on calls"
        return Todo(heard, url_for("outreach.alerts"), count, urgent=True)
    if kind == "calls":
        words = "call due today" if count == 1 else "calls due today"
        return Todo(words, url_for("outreach.calls"), count, hint=_on_a_day_off())
    if kind == "texts":
        return Todo("text to read" if count == 1 else "texts to read", url_for("outreach.texts"), count)
    if kind == "bad addresses":
        one, several = "number or address does not work", "numbers and addresses do not work"
        return Todo(one if count == 1 else several, url_for("outreach.bad_addresses"), count)
    if kind == "stopped":
        href = url_for("network.sending" if can(Permission.MANAGE_SETTINGS) else "programmes.browse")
        return Todo(f"All sending is stopped, by {name}", href, urgent=can(Permission.MANAGE_SETTINGS))
    if kind == "letters":
        href = url_for("outreach.batch", batch_id=number)
        return Todo(f"batch of letters to hand to the printer: {name}", href, count)
    if kind == "paused":
        return Todo(
            f"paused batch to resume or cancel: {name}", url_for("outreach.batch", batch_id=number), count
        )
    if kind == "batch":
        return Todo(f"batch to read and approve: {name}", url_for("outreach.approve", batch_id=number), count)
    return _of_people(kind, number, count)


def _on_a_day_off() -> str:
    """When those due are rung, on a day on which nobody is; empty on a working day."""
    day = clock.today()
    if hours.is_working_day(day):
        return ""
    return f"Nobody is rung at weekends or on bank holidays. Ring on {date(hours.next_working_day(day))}."


def _of_people(kind: str, programme_id: int | None, count: int) -> Todo:
    """Of a programme: who said yes and is to be talked with, and who asked to hear from us another way."""
    if kind == "said yes":
        href = url_for("cohorts.participants", programme_id=programme_id, status="engaged")
        people = "person who said yes waits" if count == 1 else "people who said yes wait"
        return Todo(f"{people} for a conversation", href, count)
    people = "person wants" if count == 1 else "people want"
    href = url_for("cohorts.participants", programme_id=programme_id, status="wants another way")
    if can(Permission.MAKE_CALLS):
        href = url_for("outreach.calls", programme=programme_id, need="another way")
    return Todo(f"{people} to hear from us another way", href, count)


@next_steps.offers
def next_in(programme: Programme) -> Todo | None:
    """The step's batch that waits for somebody, or else the way to the next one."""
    if programme.state != "live" or not can(Permission.SEE_OUTREACH):
        return None
    statement = (
        select(Batch.id, Batch.state, Step.name, Step.channel, Batch.manifest["by"].astext)
        .join(Step, (Step.tenant_id == Batch.tenant_id) & (Step.id == Batch.step_id))
        .where(
            Batch.programme_id == programme.id, Batch.state.in_(("built", "approved", "paused", "sending"))
        )
        .order_by(Batch.state == "sending", Batch.id)
        .limit(1)
    )
    found = db.session.execute(statement).one_or_none()
    if found is None:
        return Todo(
            "See who is due to hear from us", url_for("outreach.programme", programme_id=programme.id)
        )
    batch_id, state, name, channel, posted = found
    if state == "sending" and channel == "call" and can(Permission.MAKE_CALLS):
        return Todo("Go to the call list", url_for("outreach.calls"))
    return Todo(
        _says(state, name, "posted" if posted else channel), url_for("outreach.batch", batch_id=batch_id)
    )


def _says(state: str, name: str, channel: str) -> str:
    if state == "built":
        return f"Have a second person read and approve the batch “{name}”"
    if state == "paused":
        return f"Resume or cancel the batch “{name}”"
    if channel == "call":
        return f"See who is still to be rung in “{name}”"
    return (
        f"Hand the letters of “{name}” to the printer"
        if channel == "letter"
        else f"Follow the batch “{name}”"
    )
