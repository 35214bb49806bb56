"""Where somebody is in a sequence of steps: whose turn which step is, and when."""

import datetime as dt
from collections.abc import Callable

import pytest

from app.outreach.rules import Reason
from app.outreach.sequence import Attempt, Came, Place, Rule, Where, place_of

TODAY = dt.date(2026, 11, 2)  # a Monday
RULES = [Rule(1, "text"), Rule(2, "letter", 7), Rule(3, "call", 6)]
SENT = Attempt(1, "sent", None, TODAY - dt.timedelta(days=7))
HELD = Attempt(1, "held back", Reason.NO_MOBILE)
FAILED = Attempt(1, "failed", "number not in use")


def nothing(_channel: str) -> None:
    """Nothing speaks against any channel."""


def because(**reasons: Reason) -> Callable[[str], Reason | None]:
    """Why not, by channel."""
    return reasons.get


def ago(days: int) -> dt.date:
    """So many days before today."""
    return TODAY - dt.timedelta(days=days)


def due(position: int, on: dt.date | None = None, *, late: bool = False) -> Place:
    """The step is theirs now."""
    return Place(Where.DUE, position, on=on, late=late, listed=True)


@pytest.mark.parametrize(
    ("attempts", "place"),
    [
        ([], due(1)),
        ([Attempt(1, "waiting")], Place(Where.WAITING, 1)),
        ([Attempt(1, "sending")], Place(Where.WAITING, 1)),
        ([Attempt(1, "cancelled")], due(1)),
        ([SENT], due(2, TODAY)),
        ([SENT._replace(on=ago(6))], Place(Where.LATER, 2, on=TODAY + dt.timedelta(days=1))),
        ([FAILED], due(2)),
        ([HELD], due(1)),
        ([SENT, Attempt(2, "sending")], Place(Where.WAITING, 2)),
        ([HELD, Attempt(2, "waiting")], Place(Where.WAITING, 2)),
        ([HELD, Attempt(2, "sent", None, ago(6))], due(3, TODAY)),
        ([SENT, Attempt(2, "held back", Reason.FORMAT)], due(2, TODAY)),
        ([SENT, Attempt(2, "failed", "came back")], due(3)),
        ([SENT, Attempt(2, "sent", None, ago(1)), Attempt(3, "sent", None, TODAY)],
         Place(Where.OVER, None, Came.NO_ANSWER, TODAY)),
    ],
)  # fmt: skip
def test_a_step_comes_after_the_one_that_reached_them_or_at_once(
    attempts: list[Attempt], place: Place
) -> None:
    assert place_of(RULES, attempts, nothing, TODAY) == place


@pytest.mark.parametrize(
    ("attempts", "reasons", "place"),
    [
        ([], {"text": Reason.NO_MOBILE}, Place(Where.HELD_BACK, 1, Reason.NO_MOBILE, listed=True)),
        ([HELD], {"text": Reason.NO_MOBILE}, due(2)),
        ([HELD], {"text": Reason.NOT_THIS_WAY}, due(2)),
        ([HELD], {"text": Reason.HOLD}, Place(Where.HELD_BACK, 1, Reason.HOLD, listed=True)),
        ([Attempt(1, "held back", Reason.HOLD)], {"text": Reason.HOLD},
         Place(Where.HELD_BACK, 1, Reason.HOLD)),
        ([Attempt(1, "held back", Reason.HOLD)], {}, due(1)),
        ([Attempt(1, "held back", Reason.LATELY)], {"text": Reason.NO_MOBILE},
         Place(Where.HELD_BACK, 1, Reason.NO_MOBILE, listed=True)),
        ([Attempt(1, "held back", Reason.SHARED)], {}, due(2)),
        ([], {"text": Reason.NOT_SCREENED}, Place(Where.UNDECIDED, 1, Reason.NOT_SCREENED)),
        ([SENT], {"letter": Reason.NOT_RELEASED}, Place(Where.UNDECIDED, 2, Reason.NOT_RELEASED)),
        ([], {"text": Reason.OPTED_OUT}, Place(Where.HELD_BACK, 1, Reason.OPTED_OUT, listed=True)),
        ([Attempt(1, "held back", Reason.OPTED_OUT)], {"text": Reason.OPTED_OUT},
         Place(Where.ANSWERED, 1, Reason.OPTED_OUT)),
        ([SENT], {"letter": Reason.ANSWERED}, Place(Where.ANSWERED, 2, Reason.ANSWERED)),
        ([SENT], {"letter": Reason.HOURS}, due(2, TODAY)),
        ([SENT], {"letter": Reason.LATELY}, Place(Where.HELD_BACK, 2, Reason.LATELY, TODAY, listed=True)),
        ([SENT._replace(on=TODAY)], {"letter": Reason.NO_ADDRESS}, Place(Where.LATER, 2, on=ago(-7))),
        ([SENT._replace(on=TODAY)], {"letter": Reason.DIED},
         Place(Where.HELD_BACK, 2, Reason.DIED, ago(-7))),
    ],
)  # fmt: skip
def test_who_must_not_be_contacted_is_held_back_once_for_each_reason(
    attempts: list[Attempt], reasons: dict[str, Reason], place: Place
) -> None:
    assert place_of(RULES, attempts, because(**reasons), TODAY) == place


NOBODY = {"text": Reason.NO_MOBILE, "letter": Reason.NO_ADDRESS, "call": Reason.NO_PHONE}
ALL_HELD = [Attempt(n, "held back", NOBODY[rule.channel]) for n, rule in enumerate(RULES, 1)]


def test_whom_no_step_can_reach_is_at_the_end_until_something_changes() -> None:
    assert place_of(RULES, ALL_HELD, because(**NOBODY), TODAY) == Place(Where.OVER, None, Came.UNREACHED)
    assert place_of(RULES, ALL_HELD, because(text=Reason.NO_MOBILE, call=Reason.NO_PHONE), TODAY) == due(2)


def before(attempts: list[Attempt]) -> list[Attempt]:
    """The same, as they were before somebody decided to try again."""
    return [one._replace(before=True) for one in attempts]


def test_trying_again_begins_at_the_first_step_that_can_reach_them() -> None:
    again = before(ALL_HELD)
    assert place_of(RULES, again, because(**NOBODY), TODAY).where is Where.OVER
    assert place_of(RULES, again, because(text=Reason.NO_MOBILE), TODAY) == due(2)
    assert place_of(RULES, before([FAILED]), nothing, TODAY) == due(1)


def test_trying_again_never_repeats_a_step_that_has_reached_them() -> None:
    letter, call = Attempt(2, "sent", None, ago(20)), Attempt(3, "failed", "number dead")
    assert place_of(RULES, before([HELD, letter, call]), nothing, TODAY) == due(1)
    texted = Attempt(1, "sent", None, ago(1))
    found = place_of(RULES, [*before([HELD, letter, call]), texted], nothing, TODAY)
    assert found == Place(Where.LATER, 3, on=ago(-5))


def test_who_waits_when_it_is_decided_to_try_again_still_waits() -> None:
    found = place_of(RULES, before([HELD, Attempt(2, "waiting")]), nothing, TODAY)
    assert found == Place(Where.WAITING, 2)


WHO = [
    Rule(1, "text"),
    Rule(2, "email", 0, who=frozenset({"could not be reached", "not delivered"})),
    Rule(3, "letter", 7, who=frozenset({"no answer"})),
    Rule(4, "call", 6),
]


@pytest.mark.parametrize(
    ("attempts", "reasons", "place"),
    [
        ([Attempt(1, "sent", None, TODAY)], {}, Place(Where.LATER, 3, on=ago(-7))),
        ([FAILED], {}, due(2)),
        ([HELD], {"text": Reason.NO_MOBILE}, due(2)),
        ([FAILED, Attempt(2, "sent", None, ago(7))], {}, due(3, TODAY)),
        ([FAILED, Attempt(2, "held back", Reason.NO_EMAIL)], {"email": Reason.NO_EMAIL}, due(4)),
        ([FAILED, Attempt(2, "failed", "no such mailbox")], {}, due(4)),
    ],
)
def test_a_step_that_is_not_for_them_is_as_though_it_were_not_there(
    attempts: list[Attempt], reasons: dict[str, Reason], place: Place
) -> None:
    assert place_of(WHO, attempts, because(**reasons), TODAY) == place


def test_whoever_the_last_step_is_not_for_is_at_the_end() -> None:
    rules = [Rule(1, "text"), Rule(2, "letter", 0, who=frozenset({"not delivered"}))]
    assert place_of(rules, [SENT], nothing, TODAY) == Place(Where.OVER, None, Came.NO_ANSWER, SENT.on)


def test_a_programme_without_steps_has_nobody_due() -> None:
    assert place_of([], [], nothing, TODAY) == Place(Where.OVER)


@pytest.mark.parametrize(("days", "late"), [(5, False), (7, False), (8, True), (30, True)])
def test_whoever_is_past_the_window_is_still_due_and_marked_late(days: int, late: bool) -> None:
    rules = [Rule(1, "letter"), Rule(2, "call", 5, 7)]
    found = place_of(rules, [Attempt(1, "sent", None, ago(days))], nothing, TODAY)
    assert found == due(2, ago(days - 5), late=late)


# Christmas Day 2026 is a Friday, Boxing Day is kept on Monday the 28th, and New Year's Day is a Friday.
@pytest.mark.parametrize(
    ("reached", "number", "on"),
    [
        (dt.date(2026, 12, 23), 1, dt.date(2026, 12, 24)),
        (dt.date(2026, 12, 24), 1, dt.date(2026, 12, 29)),
        (dt.date(2026, 12, 24), 3, dt.date(2026, 12, 31)),
        (dt.date(2026, 12, 24), 5, dt.date(2027, 1, 5)),
        (dt.date(2026, 12, 26), 0, dt.date(2026, 12, 26)),
        (dt.date(2027, 3, 25), 1, dt.date(2027, 3, 30)),  # Easter
    ],
)
def test_working_days_leave_out_weekends_and_bank_holidays(
    reached: dt.date, number: int, on: dt.date
) -> None:
    rules = [Rule(1, "letter"), Rule(2, "call", number, working_days=True)]
    sent = [Attempt(1, "sent", None, reached)]
    early = [reached + dt.timedelta(days=n) for n in range((on - reached).days)]
    assert {place_of(rules, sent, nothing, day).where for day in early} <= {Where.LATER}
    assert place_of(rules, sent, nothing, on) == due(2, on)
