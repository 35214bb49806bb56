"""Where somebody is in a programme's sequence of steps: one place at any moment, so that nobody is lost.

Pure: decided from what was tried with them and from why each step may not contact them now. What a step's
settings mean, and why: docs/decisions/0017-sequences.md.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from app.outreach import hours
from app.outreach.models import Step
from app.outreach.rules import FOR_NOW, NO_LONGER_ASKED, NOT_FOR_LONG, UNDECIDED, UNREACHABLE, Reason

HAVE_THEM = frozenset({"waiting", "sending"})
TRIED = HAVE_THEM | {"sent", "failed"}


class Where(StrEnum):
    """The kinds of place."""

    WAITING = "waiting"  # in a batch of the step, or on its call list
    DUE = "due"  # the step is theirs now
    HELD_BACK = "held back"  # the step is theirs, and the reason says why they are not contacted
    UNDECIDED = "undecided"  # somebody has to release or screen them first
    LATER = "later"  # the step is theirs on the day said
    ANSWERED = "answered"  # they answered, opted out or were left out: no step is theirs
    OVER = "over"  # no step is left; the reason says what came of the last


class Came(StrEnum):
    """What came of a step, in the words of `models.WHO`."""

    NO_ANSWER = "no answer"
    UNREACHED = "could not be reached"
    NOT_DELIVERED = "not delivered"


class Rule(NamedTuple):
    """A step, as far as it bears on whose turn it is."""

    position: int
    channel: str
    after_days: int = 0
    until_days: int | None = None
    working_days: bool = False
    who: frozenset[str] = frozenset()

    @classmethod
    def of(cls, step: Step) -> "Rule":
        """The rule of a step, which may have no row yet."""
        who = frozenset(step.who or ())
        days = (step.after_days, step.until_days, bool(step.working_days))
        return cls(step.position, step.channel, *days, who)


class Attempt(NamedTuple):
    """That a person was in a batch of the step at `position`, what came of it, and on which day it went.

    `before`: it was made before somebody decided to try the person again.
    """

    position: int
    state: str
    reason: str | None = None
    on: dt.date | None = None
    before: bool = False


class Place(NamedTuple):
    """Where somebody is: which step (`position`) is theirs, why they are held back from it, and on which day.

    `on` is the day since or on which the step is theirs (None: at once); of a place that is over, when they
    were last reached. `late`: the step should have had them before now. `listed`: they belong in the
    step's next batch, to be contacted or to be shown as held back, which is shown once for each reason.
    """

    where: Where
    position: int | None = None
    reason: str | None = None
    on: dt.date | None = None
    late: bool = False
    listed: bool = False


class _Before(NamedTuple):
    """What came of the last step that was for them, and the day on which a step last reached them."""

    came: Came | None = None
    on: dt.date | None = None


def place_of(
    rules: Sequence[Rule],
    attempts: Sequence[Attempt],
    why: Callable[[str], Reason | None],
    today: dt.date,
) -> Place:
    """The one place of a person; `why` says why a channel may not contact them now (`rules.why_not`).

    The first step is everybody's. A later one comes so many days after one last reached them, or at once
    where the step before could not. Steps before the furthest one tried are not gone back to, except after
    somebody decided to try again; a step that has reached them is never repeated.
    """
    tried = [one for one in attempts if _counts(one)]
    have_them = [one.position for one in tried if one.state in HAVE_THEM]
    if have_them:
        return Place(Where.WAITING, have_them[-1])
    begun = max((one.position for one in tried if one.state in TRIED and not one.before), default=0)
    before = _Before()
    for rule in rules:
        states = {one.state for one in tried if one.position == rule.position}
        if "sent" in states:
            before = _Before(Came.NO_ANSWER, _reached_on(rule, tried, before))
        elif "failed" in states:
            before = before._replace(came=Came.NOT_DELIVERED)
        elif rule.position >= begun and _is_for(rule, before):
            own = [one for one in attempts if one.position == rule.position]
            place = _turn(rule, own, before, why(rule.channel), today)
            if place is not None:
                return place
            before = before._replace(came=Came.UNREACHED)
    return _over(before, why(rules[-1].channel) if rules else None)


def _counts(one: Attempt) -> bool:
    return one.state != "cancelled" and not (one.before and one.state in ("held back", "failed"))


def _reached_on(rule: Rule, tried: Sequence[Attempt], before: _Before) -> dt.date | None:
    """The day on which a step last reached them, this one included."""
    own = [one.on for one in tried if one.position == rule.position and one.state == "sent"]
    return max((day for day in (*own, before.on) if day is not None), default=None)


def _is_for(rule: Rule, before: _Before) -> bool:
    """Whether the step is for somebody of whom that is known. The first is for everybody."""
    return not rule.who or before.came is None or before.came in rule.who


def _turn(
    rule: Rule, own: Sequence[Attempt], before: _Before, reason: Reason | None, today: dt.date
) -> Place | None:
    """The place of somebody whose next step this is; None where it cannot reach them, which was shown."""
    held = [one.reason for one in own if one.state == "held back" and _counts(one)]
    was_shown = bool(UNREACHABLE & set(held)) or any(one.before for one in own)
    if Reason.SHARED in held or (reason in UNREACHABLE and was_shown):
        return None
    on = _due_on(rule, before)
    is_time = on is None or on <= today
    if reason in UNDECIDED:
        return Place(Where.UNDECIDED, rule.position, reason)
    if reason in NO_LONGER_ASKED and (rule.position > 1 or held):
        return Place(Where.ANSWERED, rule.position, reason)
    if not is_time and (reason is None or reason in NOT_FOR_LONG or reason in UNREACHABLE):
        return Place(Where.LATER, rule.position, on=on)
    late = is_time and _is_late(rule, before, today)
    if reason is None or reason in FOR_NOW:
        return Place(Where.DUE, rule.position, on=on, late=late, listed=True)
    return Place(Where.HELD_BACK, rule.position, reason, on, late, listed=is_time and held[-1:] != [reason])


def _due_on(rule: Rule, before: _Before) -> dt.date | None:
    if before.came is not Came.NO_ANSWER or before.on is None:
        return None
    return hours.days_after(before.on, rule.after_days, working=rule.working_days)


def _is_late(rule: Rule, before: _Before, today: dt.date) -> bool:
    if rule.until_days is None or before.came is not Came.NO_ANSWER or before.on is None:
        return False
    return today > hours.days_after(before.on, rule.until_days, working=rule.working_days)


def _over(before: _Before, reason: Reason | None) -> Place:
    if reason in NO_LONGER_ASKED:
        return Place(Where.ANSWERED, None, reason)
    passes = reason is None or reason in NOT_FOR_LONG or reason in UNREACHABLE
    return Place(Where.OVER, None, before.came if passes else reason, before.on)
