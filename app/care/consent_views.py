"""What a person decided: seen, entered, held and taken back, each thing apart."""

from typing import Any

from flask import Response, flash, redirect, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

from app import audit
from app.care import consent
from app.care.consent_forms import ChoicesForm, HoldForm, LiftForm, NeedForm
from app.care.person_views import Shown, person_at
from app.care.sections import sections_of
from app.care.views import bp
from app.fields import Form, error_summary
from app.here import can, here
from app.outreach import choices, needs, opt_outs
from app.outreach.choice_models import ContactChoice, ContactNeed
from app.people import data_opt_outs
from app.people.models import DataOptOut
from app.permissions import P, check, requires
from app.render import render
from tenants.db import db

Answer = Response | Redirect


@bp.get("/<int:participant_id>/consent")
@requires(P.SEE_PEOPLE)
def see_consent(participant_id: int) -> Answer:
    """What they decided about contact and about their data, and what they need; each with its way back."""
    found = person_at(participant_id)
    if not isinstance(found, Shown):
        return found
    audit.record("viewed", "consent and opt-outs", found.who.id, person_id=found.person.id)
    told, why = data_opt_outs.of_person(found.person.id), consent.why_lifted(found.person)
    sections = sections_of(found.who, found.person)
    return render(
        "care/see_consent.jinja",
        **found.values(),
        decisions=consent.decisions_of(found.person, found.who.programme_id, found.asked.choices, told, why),
        consents=[one for section in sections for one in section.consents],
        needs_said=consent.needs_said(found.asked.needs, why),
        may_enter=can(P.ENTER_CHOICES),
        may_lift_holds=can(P.LIFT_HOLDS),
    )


@bp.route("/<int:participant_id>/consent/enter", methods=["GET", "POST"])
@requires(P.ENTER_CHOICES)
def enter_choices(participant_id: int) -> Answer:
    """Enter what they asked, by phone, in person or in writing."""
    found, form = person_at(participant_id), ChoicesForm()
    if not isinstance(found, Shown):
        return found
    if form.validate_on_submit():
        opt_outs.enter(
            found.who, form.asked.data or [], source=str(form.source.data), asked_on=form.asked_on.data
        )
        flash("Saved. It holds from now on, also for messages that are about to go out.", "success")
        return _back(found)
    return _page("care/enter_choices.jinja", found, form)


@bp.route("/<int:participant_id>/consent/hold", methods=["GET", "POST"])
@requires(P.ENTER_CHOICES)
def place_hold(participant_id: int) -> Answer:
    """Have nobody contact them until something is settled."""
    found, form = person_at(participant_id), HoldForm()
    if not isinstance(found, Shown):
        return found
    if form.validate_on_submit():
        choices.hold(found.person.id, note=str(form.note.data), source="the care team", entered_by=here.name)
        flash("Nobody contacts them until a clinician lifts the hold.", "success")
        return _back(found)
    return _page("care/place_hold.jinja", found, form)


@bp.route("/<int:participant_id>/consent/needs", methods=["GET", "POST"])
@requires(P.ENTER_CHOICES)
def add_need(participant_id: int) -> Answer:
    """Enter what they need to take part; it stands before what the practice's list says."""
    found, form = person_at(participant_id), NeedForm()
    if not isinstance(found, Shown):
        return found
    if form.validate_on_submit():
        told = {"source": str(form.source.data), "entered_by": here.name}
        needs.note(found.person.id, str(form.kind.data), form.value, **told)
        flash(
            "Saved. It stands before what their practice’s list says, and no new list takes it away.",
            "success",
        )
        return _back(found)
    return _page("care/add_need.jinja", found, form)


@bp.route("/<int:participant_id>/consent/choices/<int:choice_id>/lift", methods=["GET", "POST"])
@requires(P.ENTER_CHOICES)
def lift_choice(participant_id: int, choice_id: int) -> Answer:
    """They may be contacted again as before: with the reason. A hold is lifted by a clinician."""
    return _lift("care/lift_choice.jinja", participant_id, ContactChoice, choice_id)


@bp.route("/<int:participant_id>/consent/data/<int:data_opt_out_id>/lift", methods=["GET", "POST"])
@requires(P.ENTER_CHOICES)
def lift_data_opt_out(participant_id: int, data_opt_out_id: int) -> Answer:
    """They have taken back an opt-out of the use of their data: with the reason."""
    return _lift("care/lift_data_opt_out.jinja", participant_id, DataOptOut, data_opt_out_id)


@bp.route("/<int:participant_id>/consent/needs/<int:need_id>/lift", methods=["GET", "POST"])
@requires(P.ENTER_CHOICES)
def lift_need(participant_id: int, need_id: int) -> Answer:
    """They no longer need it: with the reason."""
    return _lift("care/lift_need.jinja", participant_id, ContactNeed, need_id)


def _lift(template: str, participant_id: int, model: Any, number: int) -> Answer:
    """Ask why, then lift what is the person's own. NotFound for anybody else's."""
    found, form = person_at(participant_id), LiftForm()
    if not isinstance(found, Shown):
        return found
    row = db.session.get(model, (here.organisation.id, number))
    if row is None or row.person_id != found.person.id:
        raise NotFound
    if row.kind == choices.HOLD:
        check(here.permissions, P.LIFT_HOLDS)
    if form.validate_on_submit():
        done = _lifted(found, row, str(form.why.data))
        flash(
            "It no longer holds. What was said stays on the page." if done else "That was done before.",
            "success",
        )
        return _back(found)
    return _page(template, found, form, row=row)


def _lifted(found: Shown, row: Any, why: str) -> bool:
    if isinstance(row, ContactChoice):
        done = opt_outs.take_back(found.who, row, why)
    else:
        room: Any = data_opt_outs if isinstance(row, DataOptOut) else needs
        done = room.lift(row, why=why, lifted_by=here.name)
    if not done:
        audit.record("tried to take back", row.kind, row.id, person_id=found.person.id)
    return done


def _page(template: str, found: Shown, form: Form, **values: Any) -> Response:
    """A form about a person. Seeing their name on it is a look."""
    errors = error_summary(form)
    audit.record("viewed", "person", found.who.id, person_id=found.person.id)
    return render(
        template,
        422 if form.is_submitted() else 200,
        **found.values(),
        form=form,
        errors=errors,
        **values,
    )


def _back(found: Shown) -> Redirect:
    return redirect(url_for("care.see_consent", participant_id=found.who.id), 303)
