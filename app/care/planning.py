"""The plan made together: its goals, the five criteria, and agreeing it."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql

from app import clock
from app.care.forms import GoalForm, PlanForm
from app.care.models import Conversation, Goal, Plan
from app.care.rules import Criterion, five_criteria
from app.here import here
from app.people.models import Person
from app.programmes import milestones
from app.programmes.models import Participant
from tenants.db import db


def plan_of(participant: Participant, *, lock: bool = False) -> Plan | None:
    """A participant's plan, or None where there is none yet."""
    statement = select(Plan).where(Plan.participant_id == participant.id)
    return db.session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def goals_of(plan: Plan | None) -> list[Goal]:
    """The goals of a plan in the order in which they were written."""
    if plan is None:
        return []
    return list(db.session.scalars(select(Goal).where(Goal.plan_id == plan.id).order_by(Goal.id)))


def conversation_of(participant: Participant) -> Conversation | None:
    """The conversation that a plan comes from."""
    return db.session.scalars(
        select(Conversation).where(Conversation.participant_id == participant.id)
    ).one_or_none()


def draft(participant: Participant, conversation: Conversation) -> Plan:
    """The participant's plan, begun now where there is none; two who begin at once begin the same one."""
    values = {
        "participant_id": participant.id,
        "person_id": participant.person_id,
        "conversation_id": conversation.id,
        "state": "draft",
        "what_matters": conversation.what_matters,
        "who_is_involved": "",
        "made_by": here.name,
        "made_at": clock.now(),
        "copy_format": "standard",
    }
    db.session.execute(postgresql.insert(Plan).values(**values).on_conflict_do_nothing().inline())
    plan = plan_of(participant, lock=True)
    assert plan is not None  # noqa: S101 - inserted above or by somebody else before
    return plan


def goal_forms(goals: Sequence[Goal], posted: int | None) -> list[GoalForm]:
    """A form for each goal and an empty one. `posted` is how many came back with the request."""
    if posted is not None:
        return [GoalForm(prefix=f"goal-{number}") for number in range(posted)]
    filled = [
        GoalForm(
            formdata=None,
            prefix=f"goal-{number}",
            goal_id=goal.id,
            words=goal.words,
            action=goal.action,
            action_by=goal.action_by,
            by_when=goal.by_when,
        )
        for number, goal in enumerate(goals)
    ]
    return [*filled, GoalForm(formdata=None, prefix=f"goal-{len(goals)}")]


def keep(plan: Plan, form: PlanForm, forms: Sequence[GoalForm]) -> None:
    """Keep what was entered. A goal whose form came back empty is removed."""
    plan.what_matters = form.what_matters.data or ""
    plan.who_is_involved = form.who_is_involved.data or ""
    plan.review_on, plan.copy_given_on = form.review_on.data, form.copy_given_on.data
    plan.copy_format = form.copy_format.data
    known = {str(goal.id): goal for goal in goals_of(plan)}
    for one in forms:
        goal = known.get(str(one.goal_id.data)) or _same(known.values(), one)
        if one.is_empty():
            if goal is not None:
                db.session.delete(goal)
            continue
        if goal is None:
            goal = Goal(plan_id=plan.id)
            db.session.add(goal)
        goal.words, goal.action = one.words.data or "", one.action.data or ""
        goal.action_by, goal.by_when = one.action_by.data or "", one.by_when.data
        db.session.flush()


def _same(goals: Iterable[Goal], form: GoalForm) -> Goal | None:
    """The goal that a form without a number already made, where it was sent before."""
    said = (form.words.data, form.action.data)
    return next((goal for goal in goals if said == (goal.words, goal.action)), None)


def criteria_of(plan: Plan, goals: Sequence[Goal], conversation: Conversation) -> list[Criterion]:
    """The five criteria, held against the plan as it is."""
    return five_criteria(plan, goals, conversation_held=conversation.state == "finished")


def agree(plan: Plan) -> bool:
    """The plan is agreed, and its participant has come to that point. False where it was agreed before."""
    done = db.session.execute(
        update(Plan)
        .where(Plan.id == plan.id, Plan.state == "draft")
        .values(state="agreed", agreed_at=clock.now())
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        return False
    milestones.reach(plan.participant_id, "plan agreed")
    return True


def wanted_format(plan: Plan, person: Person) -> str:
    """The format that a plan is printed in: what was chosen for the copy, else what the person needs."""
    return plan.copy_format if plan.copy_format != "standard" else person.information_format or "standard"
