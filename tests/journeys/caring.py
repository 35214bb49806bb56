"""Points 8 and 9: a guided conversation, a plan in the person's words, referrals that a partner answers."""

import datetime as dt
import io

from pypdf import PdfReader
from sqlalchemy import select

from app import clock
from app.care.models import Goal, Measurement
from app.referrals.models import Referral
from tests.journeys.browser import Person
from tests.journeys.journey import PCN, Journey

TALKS = 16  # days after the texts
MATTERS = (
    "I want to walk to the seafront with my granddaughter and back again.",
    "I would like to cook again instead of living on chips.",
    "I want to feel less alone in the evenings.",
)
GOAL = "Walk along the seafront three times a week"
MEASURED = {"weight": "104.5", "height": "170", "systolic": "148", "diastolic": "92", "HbA1c": "43"}
CLASSES = ("contact details", "reason for referral", "needs")

# 8


def when_the_conversation_begins(journey: Journey) -> None:
    journey.on_day(TALKS)
    cora = journey.at_desk("Cora Minter").open(journey.kept["willing"][0]).looks("person-who-said-yes")
    cora.press("Start the conversation").sees("Conversation with")
    cora.press_for_part("Save and finish")
    cora.is_told_what_is_wrong_in_part("Check who you are talking to", "Enter what matters to them").looks(
        "conversation-not-finished"
    )


def when_a_colleague_opens_it_too(journey: Journey) -> None:
    clara = journey.at_desk("Dr Clara Osei").open(f"{journey.kept['willing'][0]}/conversation")
    clara.sees("In use by Cora Minter").looks("conversation-in-use")


def when_the_baseline_is_measured(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter").open(f"{journey.kept['willing'][0]}/conversation")
    _tell(cora, MATTERS[0])
    cora.fill(measurements__weight="1045", measurements__HbA1c="43").press_for_part("Save measurements")
    cora.is_told_what_is_wrong_in_part("Weight must be between").looks("conversation-weight-cannot-be")
    _measure(cora)
    cora.choose("support-offer_0", "wants").choose("support-offer_4", "wants").choose(
        "support-offer_8", "offered"
    )


def then_it_is_finished_and_the_plan_is_next(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter").looks("conversation")
    cora.press("Save and finish").sees("Make the plan next").sees(MATTERS[0])
    with journey.rows() as rows:
        found = {m.instrument: float(m.value) for m in rows.scalars(select(Measurement))}
    assert {key: float(value) for key, value in MEASURED.items()} == {key: found[key] for key in MEASURED}


def then_two_others_talk_too(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter")
    for person, matters in zip(journey.kept["willing"][1:], MATTERS[1:], strict=True):
        cora.open(person).press("Start the conversation")
        _tell(cora, matters)
        _measure(cora)
        cora.press("Save and finish").sees("Make the plan next")


def _tell(cora: Person, matters: str) -> None:
    cora.choose("who-name", "y").choose("who-born", "y")
    cora.choose("consent-talk", "yes").choose("consent-measure", "yes")
    cora.fill(matters__what_matters=matters, life__family="Lives near her sister.")


def _measure(cora: Person) -> None:
    cora.fill(**{f"measurements__{key}": value for key, value in MEASURED.items()})
    cora.choose("measurements-unit", "mmol/mol")


def when_the_plan_is_written_with_one_goal(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter").open(journey.kept["willing"][0]).follow("Make the plan")
    cora.fill(goal__0__words="", goal__0__action="Go with the Tuesday group").press("Save the plan")
    cora.is_told_what_is_wrong("Enter the goal in their own words")
    cora.fill(who_is_involved="Me, Cora and my sister", goal__0__words=GOAL, goal__0__action_by="I will go")
    today = clock.today()
    cora.date("goal-0-by_when", today + dt.timedelta(weeks=1)).date(
        "review_on", today + dt.timedelta(weeks=12)
    )
    cora.press("Save the plan").press("Agree the plan").sees("copy").looks("plan-not-agreed-yet")
    cora.open(f"{journey.kept['willing'][0]}/plan/edit").date("copy_given_on", today).press("Save the plan")
    cora.open(f"{journey.kept['willing'][0]}/plan").press("Agree the plan").sees("Agreed").looks(
        "plan-agreed"
    )


def then_it_is_printed_in_the_persons_words(journey: Journey) -> None:
    status, content = journey.at_desk("Cora Minter").answer_at(f"{journey.kept['willing'][0]}/plan.pdf")
    assert status == 200
    (journey.office.album / "plan.pdf").write_bytes(content)
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())
    assert GOAL in text
    assert MATTERS[0] in text
    with journey.rows() as rows:
        assert list(rows.scalars(select(Goal.words))) == [GOAL]


# 9


def when_two_are_referred_with_consent(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter")
    _refer(cora, journey.kept["willing"][0], "Healthy weight programme")
    without = journey.at_desk("Cora Minter", script=False)
    _refer(without, journey.kept["willing"][1], "One to one lifestyle support")
    cora.go_to("Referrals").sees("2 referrals sent").looks("referrals-sent")
    with journey.rows() as rows:
        referrals = list(rows.scalars(select(Referral).order_by(Referral.id)))
        journey.kept["referred names"] = [dict(r.shared["contact details"])["Name"] for r in referrals]
        assert all(set(r.shared) <= set(CLASSES) for r in referrals)


def _refer(cora: Person, person: str, service: str) -> None:
    cora.open(person).follow("Choose a service")
    cora.sees("There is no agreement in date with ASPIRE community health").follow(f"Refer to {service}")
    cora.press("Send the referral")
    cora.is_told_what_is_wrong("Enter why you are referring them", "Ask the person first")
    cora.fill(reason="They would like support to lose weight.", wants="A group in the evening.")
    cora.choose("classes", *CLASSES).choose("mode", "spoken").choose("consent", "y")
    cora.press("Send the referral").sees("Waiting")


def then_the_partner_sees_those_and_nothing_else(journey: Journey) -> None:
    olu = journey.at_desk("Olu Bankole").open("/partner/one-you-kent/inbox").sees("2 new referrals")
    first, second = journey.kept["referred names"]
    olu.sees(first).sees(second)
    for path in (f"{PCN}/today", f"{PCN}/people", journey.programme, journey.kept["willing"][2]):
        assert olu.answer_at(path)[0] == 404, path


def when_one_is_accepted_and_one_declined(journey: Journey) -> None:
    first, second = journey.kept["referred names"]
    olu = journey.at_desk("Olu Bankole").follow(first).sees("What they have agreed to share with you")
    olu.fill(note="I will ring on Thursday afternoon.").press("Accept").sees("Accepted by Olu Bankole")
    olu.looks("referral-accepted")
    without = journey.at_desk("Olu Bankole", script=False).open("/partner/one-you-kent/inbox").follow(second)
    without.follow("Decline").press("Decline").is_told_what_is_wrong(
        "Select a reason", "Enter what the sender"
    )
    without.choose("kind", "the person said no").select("reason", "No places now")
    without.fill(note="Our evening groups are full until February.").press("Decline")
    without.is_told_what_is_wrong("Select a reason that fits")
    without.choose("kind", "we cannot offer this").press("Decline").sees("Declined by Olu Bankole")


def then_the_sender_is_told(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter").go_to("Referrals").sees("Accepted").sees("Declined")
    cora.follow(journey.kept["referred names"][0]).sees("I will ring on Thursday afternoon.")
    cora.go_to("Referrals").follow(journey.kept["referred names"][1])
    cora.sees("Our evening groups are full until February.").sees("Refer somewhere else").looks("declined")
    cora.go_to("Today").sees("declined").looks("today-after-the-answers")
