"""Knows what really happened to each person, from outside of the service, and says what should not have been.

Nothing here reads a row of the service or asks it anything: what it knows of people was decided by the
simulation, and what reached them was noted by the outside world as it left the house.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

import holidays

from app import clock

CHANNELS = ("text", "letter", "call")
AFTER = {"letter": 7, "call": 6}  # days after the step before reached them: tests/outreach/seeding.py
PATIENCE = 5  # days on which work was done and on which somebody who is due may still wait
MOST_RINGS = 3
FIXED = holidays.country_holidays("GB", subdiv="ENG")


class Wrong(AssertionError):
    """Something happened to a person that must not."""


@dataclass
class Ban:
    """That one may not be contacted by a channel (or by "any") from one moment to another."""

    channel: str
    why: str
    since: dt.datetime
    until: dt.datetime | None = None

    def covers(self, channel: str, moment: dt.datetime) -> bool:
        """Whether it forbids this contact."""
        if self.channel not in (channel, "any"):
            return False
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass
class Human:
    """One person as they really are."""

    participant: int
    person: int
    number: str
    joined: dt.datetime
    ways: set[str] = field(default_factory=lambda: set(CHANNELS))
    bans: list[Ban] = field(default_factory=list)
    reached: dict[str, dt.datetime] = field(default_factory=dict)
    lost: dict[str, dt.datetime] = field(default_factory=dict)  # it came back: bounced, returned
    rings: list[dt.datetime] = field(default_factory=list)
    unanswered: int = 0
    answered: str = ""
    answered_at: dt.datetime | None = None
    asked_for_call: dt.datetime | None = None
    over: str = ""  # why nothing more is owed to them
    freed: dt.datetime | None = None  # when a ban was last lifted

    def may_not(self, channel: str, moment: dt.datetime) -> Ban | None:
        """What forbids this contact."""
        return next((ban for ban in self.bans if ban.covers(channel, moment)), None)

    def ban(self, channel: str, why: str, moment: dt.datetime) -> Ban:
        """Forbid a channel from now on."""
        self.bans.append(Ban(channel, why, moment))
        return self.bans[-1]


class Judge:
    """Hears of every contact, and looks at everybody at midnight."""

    def __init__(self) -> None:
        self.humans: dict[int, Human] = {}
        self.by_number: dict[str, Human] = {}
        self.stopped = False
        self.working_days: list[dt.date] = []  # on which somebody worked and sending was not stopped
        self.contacts = 0
        self.wrong: Wrong | None = None

    def meet(self, human: Human) -> None:
        """Somebody joins."""
        self.humans[human.participant] = human
        self.by_number[human.number] = human

    def hear(self, human: Human, channel: str, moment: dt.datetime) -> None:
        """A text arrived, a letter was handed over, or a phone rang."""
        self.contacts += 1
        try:
            self._weigh(human, channel, moment)
        except Wrong as wrong:
            self.wrong = self.wrong or wrong
            raise
        human.reached[channel] = moment

    def _weigh(self, human: Human, channel: str, moment: dt.datetime) -> None:
        if ban := human.may_not(channel, moment):
            raise Wrong(f"{human.participant} got a {channel} at {moment} after: {ban.why} ({ban.since})")
        if self.stopped and channel != "call":
            raise Wrong(f"{human.participant} got a {channel} at {moment} while all sending was stopped")
        there = clock.local(moment)
        at_work = there.weekday() < 5 and there.date() not in FIXED
        if channel == "text" and not (at_work and 9 <= there.hour < 18):
            raise Wrong(f"{human.participant} got a text at {there}")
        if channel == "call":
            self._rung(human, moment)
        elif channel in human.reached:
            raise Wrong(f"{human.participant} got a second {channel} at {moment}")
        if human.asked_for_call is None:
            self._early(human, channel, moment)

    def _rung(self, human: Human, moment: dt.datetime) -> None:
        last = human.rings[-1] if human.rings else None
        asked = human.asked_for_call is not None and last is not None and human.asked_for_call > last
        if last is not None and clock.local(last).date() == clock.local(moment).date() and not asked:
            raise Wrong(f"{human.participant} was rung twice on {moment.date()}")
        if human.unanswered >= MOST_RINGS:
            raise Wrong(f"{human.participant} was rung after {human.unanswered} rings that nobody answered")
        human.rings.append(moment)

    def _early(self, human: Human, channel: str, moment: dt.datetime) -> None:
        """Nobody is reached by a step before the one before it has had its days, or could not be."""
        if channel == "text" or human.rings[:-1]:
            return
        before = CHANNELS[CHANNELS.index(channel) - 1]
        came = human.reached.get(before)
        if came is not None and before not in human.lost:
            waited = (clock.local(moment).date() - clock.local(came).date()).days
            if waited < AFTER[channel]:
                raise Wrong(f"{human.participant} got a {channel} {waited} days after the {before}")
        elif came is None and before in human.ways and not any(b.channel == before for b in human.bans):
            raise Wrong(f"{human.participant} got a {channel} and never the {before} that could reach them")

    def midnight(self, moment: dt.datetime, excused: frozenset[int] = frozenset()) -> None:
        """Nobody who is still to be asked has waited for longer than anybody needs."""
        for human in self.humans.values():
            since = self._owed_since(human, moment)
            if since is None or human.participant in excused:
                continue
            days = sum(day > clock.local(since).date() for day in self.working_days)
            if days > PATIENCE:
                raise Wrong(f"{human.participant} has waited since {since}: nobody contacts them. {human}")

    def _owed_since(self, human: Human, moment: dt.datetime) -> dt.datetime | None:
        """Since when something is due to somebody; None where nothing is."""
        if human.over or human.may_not("any", moment) or any(b.covers("any", moment) for b in human.bans):
            return None
        if human.asked_for_call is not None:
            return self._later(human, human.asked_for_call)
        if human.answered or human.rings:
            return None
        since, left = human.joined, CHANNELS
        if human.reached:
            last = max(CHANNELS.index(channel) for channel in human.reached)
            left = CHANNELS[last + 1 :]
            since = _had_its_days(human, CHANNELS[last])
        left = tuple(c for c in left if c in human.ways and not human.may_not(c, moment))
        return self._later(human, since) if left else None

    def _later(self, human: Human, since: dt.datetime) -> dt.datetime:
        return max(since, human.freed) if human.freed else since

    def waiting(self, moment: dt.datetime) -> Iterator[Human]:
        """Everybody to whom something is due."""
        return (human for human in self.humans.values() if self._owed_since(human, moment) is not None)


def _had_its_days(human: Human, channel: str) -> dt.datetime:
    """When the step after `channel` is due to somebody whom it was the last to reach."""
    if channel in human.lost:
        return human.lost[channel]
    following = CHANNELS[CHANNELS.index(channel) + 1 :]
    return human.reached[channel] + dt.timedelta(days=AFTER[following[0]] if following else 0)
