"""The plan: five criteria, half done or agreed, on a page and on paper."""

import datetime as dt
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from app import clock
from app.audit import AuditEvent
from app.care.models import Conversation, Goal, Plan
from app.care.rules import five_criteria, print_size
from app.people.models import Person
from app.programmes.models import Milestone, Participant
from tenants.db import db
from tests.care.conftest import BASE
from tests.conftest import Acting
from tests.rows import make


@pytest.fixture
def held(ada, acting: Acting) -> int:
    """Ada, after a finished conversation."""
    with acting("dover-town", "cora"):
        participant = db.session.scalars(select(Participant).where(Participant.id == ada)).one()
        make(
            Conversation,
            participant_id=ada,
            person_id=participant.person_id,
            state="finished",
            held_by="Cora",
            what_matters="I want to play with my grandson.",
            finished_at=clock.now(),
        )
        db.session.commit()
    return ada


def day(name: str, when: dt.date) -> dict[str, str]:
    return {f"{name}-day": str(when.day), f"{name}-month": str(when.month), f"{name}-year": str(when.year)}


def whole() -> dict[str, str]:
    """A plan that meets all five criteria."""
    today = clock.today()
    return {
        "what_matters": "I want to play with my grandson.",
        "who_is_involved": "Ada and her daughter",
        "goal-0-goal_id": "",
        "goal-0-words": "Walk to school with him",
        "goal-0-action": "Join the Tuesday walk",
        "goal-0-action_by": "Ada, with Cora",
        **day("goal-0-by_when", today + dt.timedelta(days=14)),
        **day("review_on", today + dt.timedelta(days=90)),
        **day("copy_given_on", today),
        "copy_format": "standard",
    }


def test_a_plan_needs_a_finished_conversation(client_of, ada):
    page = client_of("cora").get(f"{BASE}/{ada}/plan/edit", follow_redirects=True)
    assert "Finish the conversation first" in page.text


def test_the_form_begins_with_what_matters(client_of, held):
    assert "I want to play with my grandson." in client_of("cora").get(f"{BASE}/{held}/plan/edit").text


def test_a_whole_plan_is_agreed_and_counts(client_of, held, acting):
    client = client_of("cora")
    page = client.sent(f"{BASE}/{held}/plan/edit", **whole())
    assert "Not yet" not in page.text
    client.post(f"{BASE}/{held}/plan/agree")
    with acting("dover-town", "cora"):
        assert db.session.scalars(select(Plan.state)).one() == "agreed"
        assert "plan agreed" in set(db.session.scalars(select(Milestone.kind)))
    assert "This plan was agreed before." in client.sent(f"{BASE}/{held}/plan/agree").text


DATES = {name: tuple(f"{name}-{part}" for part in ("day", "month", "year")) for name in (
    "goal-0-by_when", "review_on", "copy_given_on"
)}  # fmt: skip
GOAL = ("goal-0-words", "goal-0-action", "goal-0-action_by", *DATES["goal-0-by_when"])


@pytest.mark.parametrize(
    ("without", "said"),
    [
        (("who_is_involved",), "Enter who is involved"),
        (("what_matters",), "Enter what matters to them"),
        (GOAL, "Enter a goal in their own words"),
        (("goal-0-action_by",), "Enter the first action, who does it and by when"),
        (DATES["copy_given_on"], "Enter when they were given a copy"),
        (DATES["review_on"], "Enter when it will be reviewed"),
    ],
)
def test_with_one_criterion_missing_it_is_saved_and_not_agreed(client_of, held, acting, without, said):
    client = client_of("cora")
    entered = {name: "" if name in without else value for name, value in whole().items()}
    client.post(f"{BASE}/{held}/plan/edit", data=entered)
    page = client.post(f"{BASE}/{held}/plan/agree")
    assert page.status_code == 422
    assert said in page.text
    with acting("dover-town", "cora"):
        assert db.session.scalars(select(Plan.state)).one() == "draft"


def test_a_second_goal_is_added_and_an_emptied_one_removed(client_of, held, acting):
    client = client_of("cora")
    client.post(f"{BASE}/{held}/plan/edit", data=whole())
    with acting("dover-town", "cora"):
        first = db.session.scalars(select(Goal.id)).one()
    second = {"goal-0-goal_id": str(first), "goal-0-words": "", "goal-0-action": "", "goal-0-action_by": ""}
    second |= {f"goal-0-by_when-{part}": "" for part in ("day", "month", "year")}
    client.post(
        f"{BASE}/{held}/plan/edit", data=whole() | second | {"goal-1-goal_id": "", "goal-1-words": "Swim"}
    )
    with acting("dover-town", "cora"):
        assert list(db.session.scalars(select(Goal.words))) == ["Swim"]


def test_the_form_sent_twice_makes_one_plan_with_one_goal(client_of, held, acting):
    for _ in range(2):
        client_of("cora").post(f"{BASE}/{held}/plan/edit", data=whole())
    with acting("dover-town", "cora"):
        assert list(db.session.scalars(select(Goal.words))) == ["Walk to school with him"]


def test_an_action_without_a_goal_is_said_at_the_goal_and_nothing_is_lost(client_of, held):
    page = client_of("cora").post(f"{BASE}/{held}/plan/edit", data=whole() | {"goal-0-words": ""})
    assert page.status_code == 422
    assert page.text.count("Enter the goal in their own words") == 2
    assert "Join the Tuesday walk" in page.text


def test_a_review_in_the_past_is_refused(client_of, held):
    past = day("review_on", clock.today() - dt.timedelta(days=1))
    page = client_of("cora").post(f"{BASE}/{held}/plan/edit", data=whole() | past)
    assert "The review date must be today or in the future" in page.text


def test_the_pdf_holds_the_plan_in_their_words_and_no_nhs_number(client_of, held, acting):
    client = client_of("cora")
    client.post(f"{BASE}/{held}/plan/edit", data=whole())
    answer = client.get(f"{BASE}/{held}/plan.pdf")
    assert answer.mimetype == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)
    assert "Ada Example" in text
    assert "Walk to school with him" in text
    with acting("dover-town", "mandy"):
        assert db.session.scalars(select(Person.nhs_number)).one() not in text.replace(" ", "")
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "exported")).all()
    assert [(one.subject, one.detail) for one in events] == [("plan", {"point_size": 12})]


def test_the_pdf_is_in_large_print_when_the_person_needs_it(client_of, held, acting):
    with acting("dover-town", "cora"):
        db.session.scalars(select(Person)).one().information_format = "Large print"
        db.session.commit()
    client = client_of("cora")
    client.post(f"{BASE}/{held}/plan/edit", data=whole())
    pages = PdfReader(BytesIO(client.get(f"{BASE}/{held}/plan.pdf").data)).pages
    sizes: set[float] = set()

    def note(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if text.strip():
            sizes.add(round(abs(size * tm[0] * cm[0]), 1))

    for page in pages:
        page.extract_text(visitor_text=note)
    assert min(sizes) >= 15.9


def test_large_print_is_sixteen_points():
    assert [print_size(name) for name in ("Large print", "standard", "")] == [16, 12, 12]


def test_nothing_meets_no_criterion():
    empty = Plan(what_matters="", who_is_involved="", review_on=None, copy_given_on=None)
    assert not any(one.met for one in five_criteria(empty, [], conversation_held=False))


def test_who_may_not_hold_conversations_may_not_agree(client_of, held):
    assert client_of("mandy").post(f"{BASE}/{held}/plan/agree").status_code == 403
    assert client_of("cass").get(f"{BASE}/{held}/plan.pdf").status_code == 404
