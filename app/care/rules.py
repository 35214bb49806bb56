"""Decisions about conversations and plans. No request and no session: rows in, answers out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.care.instruments import GROUPS
from app.care.models import Goal, Plan
from tenants.db import Json

# The sections of a conversation in the order in which they are gone through.
STEPS: dict[str, str] = {
    "who": "Check who you are talking to",
    "consent": "Ask for consent",
    "matters": "What matters to them",
    "life": "Home, work and everyday life",
    "measurements": "Measurements",
    "support": "Menu of support",
}

TOPICS: dict[str, str] = {
    "work": "Work and daytime",
    "money": "Money",
    "home": "Home",
    "family": "Family, friends and caring",
    "food": "Food",
    "activity": "Being active",
}


def groups_of(measures: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The groups of instruments that a programme measures, in the order of the form."""
    return {name: keys for name, keys in GROUPS.items() if set(keys) & set(measures)}


def missing_to_finish(
    steps: Json, measures: Collection[str], measured: Collection[str]
) -> list[tuple[str, str]]:
    """What still has to be done before a conversation can be finished, as (step, instruction).

    Needed are: who, consent, what matters, and each of the programme's measures or why it was not done.
    """
    found = []
    if "who" not in steps:
        found.append(("who", "Check who you are talking to"))
    if "consent" not in steps:
        found.append(("consent", "Ask for consent"))
    if "matters" not in steps:
        found.append(("matters", "Enter what matters to them"))
    not_done = steps.get("measurements", {}).get("not_done", {})
    for name, keys in groups_of(measures).items():
        if not set(keys) <= set(measured) and not not_done.get(name):
            found.append(("measurements", f"Enter the {name}, or say why it was not done"))
    return found


@dataclass(frozen=True)
class Criterion:
    """One of the five: what it says, whether it is met, and what to do where it is not."""

    text: str
    met: bool
    todo: str


def five_criteria(plan: Plan, goals: Sequence[Goal], *, conversation_held: bool) -> list[Criterion]:
    """The five criteria of a personalised care and support plan, each met or not.

    Source: NHS England, personalised care and support planning, the five criteria.
    """
    acted_on = bool(goals) and all(g.action and g.action_by and g.by_when for g in goals)
    return [
        Criterion(
            "The person is at the centre of making the plan, and it says who is involved",
            bool(plan.who_is_involved),
            "Enter who is involved",
        ),
        Criterion(
            "It comes from a conversation about what matters to the person",
            conversation_held and bool(plan.what_matters),
            "Finish the conversation" if not conversation_held else "Enter what matters to them",
        ),
        Criterion(
            "It has goals that were agreed together",
            any(goal.words for goal in goals),
            "Enter a goal in their own words",
        ),
        Criterion(
            "It can be shared: it says what will be done, by whom and by when, and they have a copy",
            acted_on and bool(plan.copy_given_on),
            "Enter when they were given a copy"
            if acted_on
            else "Enter the first action, who does it and by when",
        ),
        Criterion("It will be reviewed", bool(plan.review_on), "Enter when it will be reviewed"),
    ]


LARGE = frozenset({"large print"})


def print_size(wanted: str) -> int:
    """The size in points that a plan is printed in: 16 for large print, else 12.

    Source: NHS England, accessible formats (large print is 16 point and above).
    """
    return 16 if wanted.strip().lower() in LARGE else 12


@dataclass(frozen=True)
class NextStep:
    """The one thing to do next for a person, and where; `post` where going there changes something."""

    text: str
    endpoint: str
    post: bool = False


def next_step(status: str, conversation: str | None, plan: str | None, *, stopped: bool) -> NextStep | None:
    """What to do next, from where somebody is, the states of conversation and plan, and whether to stop.

    None where nothing is to be done by us: they opted out, left or died, or a partner has accepted.
    """
    if stopped or status in ("left out", "opted out", "referral accepted"):
        return None
    if conversation is None:
        return NextStep("Start the conversation", "care.start", post=True)
    if conversation != "finished":
        return NextStep("Go on with the conversation", "care.conversation")
    if plan is None:
        return NextStep("Make the plan", "care.edit_plan")
    if plan == "draft":
        return NextStep("Finish the plan", "care.plan")
    if status == "referral declined":
        return NextStep("Refer somewhere else", "referrals.send")
    return NextStep("Send a referral", "referrals.send") if status != "referred" else None


def why_nothing(status: str, *, stopped: bool) -> str:
    """Why there is no next step, as a sentence."""
    if stopped:
        return "Nothing. Read what is said at the top of this page."
    waiting = {
        "referred": "Nothing until the partner has answered the referral.",
        "referral accepted": "Nothing. A partner has accepted the referral and takes it from here.",
    }
    return waiting.get(status, "Nothing. They are not taking part.")


HOLDS: Mapping[str, str] = {
    "died": "This person has died. Do not contact them.",
    "left": "This person has left the practice. Do not contact them.",
    "missing": (
        "This person is not in the practice’s latest list, of {since}. Do not contact them: they count as "
        "having left until a list has them again."
    ),
    "sensitive": "This person's record is restricted: their address and telephone number are not shown.",
}
