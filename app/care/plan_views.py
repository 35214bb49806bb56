"""The plan: the page of it, writing it, agreeing it, and the PDF in the person's format."""

from flask import flash, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug import Response

from app import audit
from app.care import planning
from app.care.forms import FORMATS, GoalForm, PlanForm
from app.care.models import Conversation, Plan
from app.care.rules import print_size
from app.care.views import bp
from app.cohorts.release import contact_person
from app.fields import error_summary
from app.here import here
from app.pdf import PAGE_NUMBERS, pdf_of
from app.people.models import Person
from app.permissions import P, requires
from app.programmes.models import Participant
from app.render import render
from tenants.models import settings_of_pcn

MOST_GOALS = 12


@bp.get("/<int:participant_id>/plan")
@requires(P.SEE_PEOPLE)
def plan(participant_id: int) -> Response:
    """The plan as a page, and which of the five criteria it meets."""
    participant, person = contact_person(participant_id)
    conversation = planning.conversation_of(participant)
    made = planning.plan_of(participant)
    if made is None or conversation is None:
        return _no_plan_yet(participant_id)
    audit.record("viewed", "plan", made.id, person_id=person.id)
    return _page(participant, person, made, conversation)


def _page(
    participant: Participant, person: Person, plan: Plan, conversation: Conversation, status: int = 200
) -> Response:
    goals = planning.goals_of(plan)
    criteria = planning.criteria_of(plan, goals, conversation)
    missing = [one for one in criteria if not one.met]
    return render(
        "care/plan.jinja",
        status,
        participant=participant,
        person=person,
        plan=plan,
        goals=goals,
        criteria=criteria,
        missing=missing,
        errors=[{"text": one.todo, "href": "#criteria"} for one in missing] if status == 422 else None,
    )


def _no_plan_yet(participant_id: int) -> Response:
    flash("There is no plan yet. The page says what to do first.", "info")
    return redirect(url_for("care.participant", participant_id=participant_id))


@bp.route("/<int:participant_id>/plan/edit", methods=["GET", "POST"])
@requires(P.HOLD_CONVERSATIONS)
def edit_plan(participant_id: int) -> Response:
    """Write the plan. It may be saved half done; what is missing is said on its page."""
    participant, person = contact_person(participant_id)
    conversation = planning.conversation_of(participant)
    if conversation is None or conversation.state != "finished":
        flash("Finish the conversation first: the plan comes from it.", "info")
        return redirect(url_for("care.participant", participant_id=participant_id))
    made = planning.plan_of(participant)
    if made is not None and made.state == "agreed":
        flash("This plan has been agreed, so it can no longer be changed.", "info")
        return redirect(url_for("care.plan", participant_id=participant_id))
    if request.method == "POST":
        return _save(participant, person, conversation)
    audit.record("viewed", "plan", made.id if made else None, person_id=person.id)
    form = PlanForm(obj=made) if made else PlanForm(data=_beginning(conversation, person))
    return _form(participant, person, form, planning.goal_forms(planning.goals_of(made), None))


def _beginning(conversation: Conversation, person: Person) -> dict[str, str]:
    wanted = person.information_format.lower()
    return {
        "what_matters": conversation.what_matters,
        "copy_format": wanted if wanted in FORMATS else "standard",
    }


def _save(participant: Participant, person: Person, conversation: Conversation) -> Response:
    form = PlanForm()
    goals = planning.goal_forms([], _goals_posted())
    fine = [form.validate(), *(goal.validate() for goal in goals)]
    if not all(fine):
        audit.record("viewed", "plan", person_id=person.id)
        return _form(participant, person, form, goals, 422)
    made = planning.draft(participant, conversation)
    planning.keep(made, form, goals)
    audit.record("changed", "plan", made.id, person_id=person.id)
    if request.form.get("do") == "another":
        flash("Saved. Enter the next goal.", "success")
        return redirect(url_for("care.edit_plan", participant_id=participant.id) + "#goals")
    flash("Plan saved.", "success")
    return redirect(url_for("care.plan", participant_id=participant.id))


def _goals_posted() -> int:
    """How many goals the form that came back held."""
    count = 0
    while f"goal-{count}-words" in request.form and count < MOST_GOALS:
        count += 1
    return count


def _form(
    participant: Participant, person: Person, form: PlanForm, goals: list[GoalForm], status: int = 200
) -> Response:
    wrong = [*error_summary(form), *(one for goal in goals for one in error_summary(goal))]
    return render(
        "care/edit_plan.jinja",
        status,
        participant=participant,
        person=person,
        form=form,
        goals=goals,
        errors=wrong if status == 422 else None,
    )


@bp.post("/<int:participant_id>/plan/agree")
@requires(P.HOLD_CONVERSATIONS)
def agree(participant_id: int) -> Response:
    """Agree the plan when it meets all five criteria."""
    participant, person = contact_person(participant_id)
    conversation = planning.conversation_of(participant)
    made = planning.plan_of(participant, lock=True)
    if made is None or conversation is None:
        return _no_plan_yet(participant_id)
    if made.state == "agreed":
        flash("This plan was agreed before.", "info")
        return redirect(url_for("care.plan", participant_id=participant_id))
    if not all(one.met for one in planning.criteria_of(made, planning.goals_of(made), conversation)):
        audit.record("viewed", "plan", made.id, person_id=person.id)
        return _page(participant, person, made, conversation, 422)
    planning.agree(made)
    audit.record("agreed", "plan", made.id, person_id=person.id)
    flash("Plan agreed.", "success")
    return redirect(url_for("care.plan", participant_id=participant_id))


@bp.get("/<int:participant_id>/plan.pdf")
@requires(P.SEE_PEOPLE)
def plan_pdf(participant_id: int) -> Response:
    """The plan as a PDF, in large print where that is what the person needs. Its twin is the page."""
    participant, person = contact_person(participant_id)
    made = planning.plan_of(participant)
    if made is None:
        return _no_plan_yet(participant_id)
    size = print_size(planning.wanted_format(made, person))
    body = Markup(  # noqa: S704 - rendered by our own template, which escapes
        render_template(
            "care/plan_pdf.jinja",
            person=person,
            plan=made,
            goals=planning.goals_of(made),
            pcn=here.organisation.name,
            contact=settings_of_pcn(),
        )
    )
    css = PAGE_NUMBERS + (_LARGE if size == 16 else "")
    answer = make_response(pdf_of(body, title="My plan", author=here.organisation.name, css=css))
    answer.mimetype = "application/pdf"
    answer.headers["Content-Disposition"] = 'inline; filename="plan.pdf"'
    audit.record("exported", "plan", made.id, person_id=person.id, point_size=size)
    return answer


# Large print: nothing below 16 points, headings larger still.
_LARGE = (
    "html { font-size: 16pt } h1 { font-size: 28pt } h2 { font-size: 21pt } h3 { font-size: 18pt } "
    "@page { font-size: 16pt }"
)
