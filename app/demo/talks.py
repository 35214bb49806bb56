"""Those who accepted talk with the care coordinator, write a plan, and are referred; a partner answers."""

import datetime as dt
from typing import TYPE_CHECKING

from app import clock
from app.demo.linked_data import day_of
from app.demo.visitor import Visitor

if TYPE_CHECKING:
    from app.demo.story import Story

TALKS_AFTER = 16  # days after the text

# What each of those who accepted told Cora: what matters, weight, blood pressure, HbA1c.
TALKS: tuple[tuple[str, str, str, str, str], ...] = (
    ("I want to walk to the seafront with my granddaughter and back again.", "104.5", "148", "92", "43"),
    ("I want to sleep, and to stop worrying about money.", "98", "156", "95", "41"),
    ("I would like to cook again instead of living on chips.", "112.4", "142", "88", "46"),
    ("I want to get back to work after two years off.", "121", "151", "97", "39"),
    ("I want to feel less alone in the evenings.", "93.2", "138", "86", "40"),
)
GOAL = {
    "goal__0__words": "Walk along the seafront three times a week",
    "goal__0__action": "Go with the Tuesday group next week",
    "goal__0__action_by": "I will go, Cora rings me on Wednesday",
}
PLANS = 4
SERVICES = ("Healthy weight", "Healthy weight", "One to one", "Walk and talk")


def talk(story: "Story", willing: list[str]) -> None:
    """Conversations with those who accepted, plans, and referrals that partners answer."""
    story.on(TALKS_AFTER, 10)
    cora = story.visitor("Cora Minter")
    people = willing[: len(TALKS)]
    for person, told in zip(people, TALKS, strict=False):
        converse(cora, person, told)
    for person in people[:PLANS]:
        plan(cora, person)
    for person, service in zip(people, SERVICES, strict=False):
        refer(cora, person, service)
    partners_answer(story)


def partners_answer(story: "Story") -> None:
    """One You Kent accepts one referral and declines another; the third waits."""
    olu = story.visitor("Olu Bankole").open("/partner/one-you-kent/inbox")
    waiting = [href for _, href in olu.links() if "/referrals/" in href]
    olu.open(waiting[0]).press("Accept", note="I will ring on Thursday afternoon.")
    olu.open(waiting[1]).follow("Decline")
    olu.press(
        "Decline",
        kind="we cannot offer this",
        reason="no places now",
        note="Our evening groups are full until February.",
    )
    story.let_work()


def converse(cora: Visitor, person: str, told: tuple[str, str, str, str, str]) -> None:
    """A whole conversation, saved and finished."""
    matters, weight, systolic, diastolic, hba1c = told
    cora.open(person).press("Start the conversation")
    cora.press(
        "Save and finish",
        who__name="y", who__born="y", consent__talk="yes", consent__measure="yes",
        matters__what_matters=matters,
        life__family="Lives near her sister.", life__food="Cooks on two evenings.",
        measurements__weight=weight, measurements__height="170", measurements__HbA1c=hba1c,
        measurements__systolic=systolic, measurements__diastolic=diastolic,
        support__offer_0="wants", support__offer_1="wants", support__offer_2="offered",
    )  # fmt: skip


def plan(cora: Visitor, person: str) -> None:
    """The plan, agreed, with a copy given."""
    today, review = clock.today(), clock.today() + dt.timedelta(weeks=12)
    cora.open(f"{person}/plan/edit").press(
        "Save the plan", who_is_involved="Me, Cora, and my GP", **GOAL,
        **day_of("review_on", review), **day_of("copy_given_on", today),
        **day_of("goal__0__by_when", today + dt.timedelta(weeks=1)),
    )  # fmt: skip
    cora.open(f"{person}/plan").press("Agree the plan")


def refer(cora: Visitor, person: str, service: str) -> None:
    """A referral to that service, with consent to share what the agreement covers."""
    cora.open(f"{person}/refer").follow(f"Refer to {service}")
    cora.press(
        "Send the referral",
        reason="They would like support to lose weight and be more active.",
        wants="A group at a time that fits around their family.",
        classes=cora.choices("classes"), mode="spoken", consent="y",
    )  # fmt: skip
