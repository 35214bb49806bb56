"""Whatever happens to somebody, they are in one place: nobody is due early or twice, and nobody is lost.

Random sequences of steps and random lives: what they are tried with, what comes of it, what is found out
about them, and what somebody decides. The rules are asked each day, as the pages and the batches ask them.
"""

import datetime as dt
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from app.outreach.models import WHO
from app.outreach.rules import FOR_NOW, UNREACHABLE, Reason
from app.outreach.sequence import Attempt, Place, Rule, Where, place_of

CHANNELS = ("text", "email", "letter", "call")
FIRST = dt.date(2026, 12, 1)  # Christmas and New Year are among the days
REASONS = st.sampled_from([None, None, None, *(reason for reason in Reason if reason is not Reason.SHARED)])
WORDS = st.dictionaries(st.sampled_from(CHANNELS), REASONS)


@st.composite
def sequences(draw: st.DrawFn) -> list[Rule]:
    """One to four steps."""
    rules = []
    for position in range(1, draw(st.integers(1, 4)) + 1):
        after = draw(st.integers(0, 9))
        until = draw(st.none() | st.integers(after, 12))
        who = draw(st.frozensets(st.sampled_from(WHO)))
        rules.append(Rule(position, draw(st.sampled_from(CHANNELS)), after, until, draw(st.booleans()), who))
    return rules


@dataclass
class Life:
    """One person in a programme: what was tried, on which day it is now, and what is known of them."""

    rules: list[Rule]
    today: dt.date = FIRST
    why: dict[str, Reason | None] = field(default_factory=dict)
    tried: list[Attempt] = field(default_factory=list)
    made: list[Attempt] = field(default_factory=list)  # in the order of trying, also what no longer counts

    @property
    def place(self) -> Place:
        """Where they are now."""
        return place_of(self.rules, self.tried, self.why.get, self.today)

    def build(self) -> None:
        """Whoever the next batch of a step would list is in one now."""
        found = self.place
        if not found.listed:
            return
        assert found.position is not None
        if found.where is Where.DUE:
            self.check(found)
            self.tried.append(Attempt(found.position, "waiting"))
        else:
            assert found.where is Where.HELD_BACK
            self.tried.append(Attempt(found.position, "held back", found.reason))

    def check(self, found: Place) -> None:
        """Nobody is contacted early or twice, or against a reason."""
        rule = self.rules[(found.position or 0) - 1]
        assert self.why.get(rule.channel) in {None, *FOR_NOW}
        assert all(one.position != rule.position for one in self.tried if one.state == "sent")
        assert all(one.state not in ("waiting", "sending") for one in self.tried)
        last = next((one for one in reversed(self.tried) if one.state != "cancelled"), None)
        if last is not None and last.state == "sent" and not last.before and last.on is not None:
            assert self.today >= last.on + dt.timedelta(days=rule.after_days)
            assert found.late == (rule.until_days is not None and self.is_past(last.on, rule))

    def is_past(self, reached: dt.date, rule: Rule) -> bool:
        """Whether the window is over; working days are counted one by one, without the code's own helper."""
        day, counted = reached, 0
        while counted < (rule.until_days or 0):
            day += dt.timedelta(days=1)
            counted += not rule.working_days or is_working(day)
        return self.today > day

    def settle(self, state: str, reason: Reason | None) -> None:
        """What came of the message that waits."""
        if not self.tried or self.tried[-1].state != "waiting":
            return
        on = self.today if state in ("sent", "failed") else None
        kept = reason if state == "held back" else None
        self.tried[-1] = self.tried[-1]._replace(state=state, reason=kept, on=on)

    def bounce(self) -> None:
        """The last message sent comes back."""
        if self.tried and self.tried[-1].state == "sent":
            self.tried[-1] = self.tried[-1]._replace(state="failed")

    def try_again(self) -> None:
        """Somebody decides to try them again, which nobody does of whoever waits in a batch."""
        if self.place.where is not Where.WAITING:
            self.tried = [one._replace(before=True) for one in self.tried]


HOLIDAYS = {
    dt.date(2026, 12, 25), dt.date(2026, 12, 28), dt.date(2027, 1, 1), dt.date(2027, 3, 26),
    dt.date(2027, 3, 29), dt.date(2027, 5, 3), dt.date(2027, 5, 31),
}  # fmt: skip


def is_working(day: dt.date) -> bool:
    """Source: gov.uk/bank-holidays, England, written out again."""
    return day.weekday() < 5 and day not in HOLIDAYS


CAME = ("sent", "sent", "failed", "held back", "cancelled")
EVENTS = st.one_of(
    st.tuples(st.just("build")),
    st.tuples(st.just("build")),
    st.tuples(st.just("settle"), st.sampled_from(CAME), REASONS),
    st.tuples(st.just("bounce")),
    st.tuples(st.just("days"), st.integers(1, 9)),
    st.tuples(st.just("found out"), WORDS),
    st.tuples(st.just("try again")),
)  # fmt: skip


def live(life: Life, event: tuple) -> None:
    """One thing happens."""
    name, *rest = event
    if name == "build":
        life.build()
    elif name == "settle" and (rest[0] != "held back" or rest[1] is not None):
        life.settle(*rest)
    elif name == "bounce":
        life.bounce()
    elif name == "days":
        life.today += dt.timedelta(days=rest[0])
    elif name == "found out":
        life.why = dict(rest[0])
    elif name == "try again":
        life.try_again()


def check_named(life: Life) -> None:
    """They are due, due on a day that is known, waiting, or held back or done for a reason with a name."""
    found = life.place
    assert found.position is None or 1 <= found.position <= len(life.rules)
    if found.where in (Where.DUE, Where.WAITING):
        assert found.position is not None
    elif found.where is Where.LATER:
        assert found.on is not None
        assert found.on > life.today
    else:
        assert found.reason


@settings(deadline=None)
@given(sequences(), st.lists(EVENTS, max_size=25))
def test_nobody_is_due_early_or_twice_and_everybody_is_in_a_place_with_a_name(rules, events) -> None:
    life = Life(rules)
    for event in events:
        live(life, event)
        check_named(life)


@settings(deadline=None)
@given(sequences(), st.lists(EVENTS, max_size=25))
def test_once_nothing_speaks_against_it_everybody_comes_to_the_end_of_the_steps(rules, events) -> None:
    life = Life(rules)
    for event in events:
        live(life, event)
    life.why = {}
    life.settle("sent", None)
    reached_before = any(one.state in ("sent", "failed") for one in life.tried)
    for _ in range(3 * len(rules)):
        found = life.place
        if found.where is Where.OVER:
            break
        if found.where is Where.LATER:
            assert found.on is not None
            life.today = found.on
        assert life.place.where is Where.DUE
        life.build()
        life.settle("sent", None)
    assert life.place.where is Where.OVER
    reached = [one.position for one in life.tried if one.state == "sent"]
    assert len(reached) == len(set(reached))
    assert reached or reached_before, "somebody whom everything could reach was not reached by anything"


@settings(deadline=None)
@given(sequences(), st.lists(EVENTS, max_size=25), st.sampled_from(sorted(UNREACHABLE)))
def test_whom_nothing_can_reach_is_at_the_end_and_not_in_a_batch_again_and_again(
    rules, events, reason
) -> None:
    life = Life(rules)
    for event in events:
        live(life, event)
    life.settle("failed", None)
    life.why = dict.fromkeys(CHANNELS, reason)
    for _ in range(2 * len(rules) + 1):
        found = life.place
        life.today = found.on if found.where is Where.LATER and found.on else life.today
        life.build()
    found = life.place
    assert found.where is Where.OVER, found
    count = len(life.tried)
    life.build()
    assert len(life.tried) == count
