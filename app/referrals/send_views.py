"""Sending a referral: choose a service, see what will be shared, send."""

from flask import flash, redirect, request, url_for
from sqlalchemy.exc import IntegrityError
from werkzeug import Response

from app import audit
from app.care import people
from app.cohorts.release import contact_person
from app.fields import error_summary
from app.people.models import Person
from app.permissions import P, requires
from app.programmes.models import Participant
from app.referrals import sending
from app.referrals.forms import SendForm
from app.referrals.models import Referral
from app.referrals.rules import WORDING, Known, facts
from app.referrals.sending import Offered
from app.referrals.views import bp
from app.render import date, render
from tenants.db import db


@bp.route("/pcn/<slug>/people/<int:participant_id>/refer", methods=["GET", "POST"])
@requires(P.SEND_REFERRALS)
def send(participant_id: int) -> Response:
    """Without a service: the services to choose from. With one: what will be shared, before it is sent."""
    participant, person = contact_person(participant_id)
    if any(hold.stops for hold in people.holds_of(participant, person)):
        flash("A referral cannot be sent: look at what is said at the top of this page.", "info")
        return redirect(url_for("care.participant", participant_id=participant_id))
    offered = sending.services()
    chosen = request.args.get("service_id", type=int)
    to = next((one for one in offered if one.service.id == chosen), None)
    if to is None or to.service.capacity == "paused":
        audit.record("viewed", "person", participant.id, person_id=person.id)
        return render("referrals/choose.jinja", participant=participant, person=person, offered=offered)
    known = sending.known_of(person, people.around(participant, person))
    if request.method == "POST":
        return _post(participant, person, known, to)
    waiting = sending.open_referral(participant.id, to)
    if waiting is not None:
        return _sent_before(waiting, "This referral has been sent and waits for an answer.")
    return _page(participant, person, known, to, _form(known, to))


def _form(known: Known, to: Offered) -> SendForm:
    form = SendForm()
    found = facts(known, "yes", "yes")
    form.classes.choices = [(name, name.capitalize()) for name in found if name in to.may_share]
    return form


def _page(
    participant: Participant, person: Person, known: Known, to: Offered, form: SendForm, status: int = 200
) -> Response:
    audit.record("viewed", "person", participant.id, person_id=person.id)
    found = facts(known, "as entered above", "as entered above")
    return render(
        "referrals/send.jinja",
        status,
        participant=participant,
        person=person,
        to=to,
        form=form,
        found=found,
        wording=WORDING.format(partner=to.partner.name),
        errors=error_summary(form) if status == 422 else None,
    )


def _post(participant: Participant, person: Person, known: Known, to: Offered) -> Response:
    form = _form(known, to)
    before = sending.sent_with(form.form_key.data or "")
    if before is not None:
        return _sent_before(before)
    if not to.agreed:
        form.form_errors.append(f"There is no agreement in date with {to.partner.name}, so nothing was sent")
        return _page(participant, person, known, to, form, 422)
    if not form.validate():
        return _page(participant, person, known, to, form, 422)
    try:
        with db.session.begin_nested():
            referral = sending.send(participant, known, to, form)
            shared = sorted(referral.shared)
            audit.record("sent", "referral", referral.id, person_id=person.id, shared=shared)
    except IntegrityError:
        return _sent_before(sending.sent_with(form.form_key.data or ""))
    flash(f"Referral sent to {to.partner.name}. They answer by {date(referral.reply_by)}.", "success")
    return redirect(url_for("referrals.view", referral_id=referral.id))


def _sent_before(
    referral: Referral | None, text: str = "This referral was sent before. It has been sent once."
) -> Response:
    flash(text, "info")
    if referral is None:
        return redirect(url_for("referrals.sent"))
    return redirect(url_for("referrals.view", referral_id=referral.id))
