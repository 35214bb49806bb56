"""Entering a pile of opt-out slips: find whose it is, tick what they ticked, and on to the next."""

import datetime as dt
from typing import Any

from flask import Response, flash, redirect, request, url_for
from sqlalchemy import exists, select
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as Redirect

from app import audit, clock
from app.care import people
from app.care.consent_forms import ON_A_SLIP, FindSlipForm, SlipForm
from app.care.person_views import Shown, person_at
from app.care.views import PURPOSE, bp
from app.fields import error_summary
from app.outreach import opt_outs
from app.outreach.letter_pages import contact_id_of
from app.outreach.models import Contact
from app.permissions import P, requires
from app.programmes.models import Participant
from app.render import render
from tenants import scope
from tenants.db import db

Answer = Response | Redirect


@bp.get("/slips")
@requires(P.ENTER_CHOICES)
def find_slip() -> Answer:
    """Whose slip is it? By the reference on the letter, or as one searches for a person."""
    kept: dict[str, Any] = {"on": request.args.get("on", "")}
    if "q" not in request.args:
        return render("care/find_slip.jinja", form=FindSlipForm(formdata=None), found=None, kept=kept)
    form = FindSlipForm(request.args)
    whose = _by_reference(form.q.data or "")
    if whose is not None:
        return redirect(url_for("care.enter_slip", participant_id=whose, **kept), 303)
    try:
        found = people.find(form.q.data or "") if form.validate() else None
    except people.NotAnNhsNumber as error:
        form.q.errors, found = [f"{error}, or our reference as it stands on the letter"], None
    if found is None:
        errors = error_summary(form)
        return render("care/find_slip.jinja", 422, form=form, found=None, errors=errors, kept=kept)
    shown, more = found[: people.MOST], len(found) > people.MOST
    audit.record("searched", "people", count=len(shown))
    audit.record_each("found", "person", {person.id for _, person, _ in shown}, purpose=PURPOSE)
    return render("care/find_slip.jinja", form=form, found=shown, more=more, kept=kept)


def _by_reference(typed: str) -> int | None:
    """The participant to whom the letter with that reference went; None where there is none."""
    number = None if _is_nhs_number(typed) else contact_id_of(typed)
    return db.session.scalar(select(Contact.participant_id).where(Contact.id == number)) if number else None


def _is_nhs_number(typed: str) -> bool:
    """Ten digits can be both: then they are whose number it is."""
    try:
        return people.nhs_number_in(typed) is not None
    except people.NotAnNhsNumber:
        return False


@bp.route("/<int:participant_id>/slip", methods=["GET", "POST"])
@requires(P.ENTER_CHOICES)
def enter_slip(participant_id: int) -> Answer:
    """What they ticked, and the date on it; then the next slip, with that date to begin with."""
    found = _whose(participant_id)
    if not isinstance(found, Shown | Participant):
        return found
    who = found if isinstance(found, Participant) else found.who
    name = found.person.name if isinstance(found, Shown) else "the person with that reference"
    form = SlipForm(asked=[opt_outs.THIS_PROGRAMME], asked_on=_day(request.args.get("on", "")))
    if form.validate_on_submit():
        day = form.asked_on.data or clock.today()
        opt_outs.enter(who, form.asked.data or [], source=ON_A_SLIP, asked_on=day)
        flash(f"Saved for {name}. Enter the next slip, or stop here.", "success")
        return redirect(url_for("care.find_slip", on=day.isoformat()), 303)
    audit.record("viewed", "person" if isinstance(found, Shown) else "slip", who.id, person_id=who.person_id)
    status = 422 if form.is_submitted() else 200
    values = found.values() if isinstance(found, Shown) else {}
    return render("care/enter_slip.jinja", status, **values, form=form, errors=error_summary(form))


def _whose(participant_id: int) -> Shown | Participant | Redirect:
    """Whose slip it is; without a name where the practice does not let them be named now.

    Whoever sent back the slip of a letter is heard all the same: their "no" must hold on the day on which the
    practice releases its people again. Raises Forbidden where no letter went to them.
    """
    try:
        return person_at(participant_id)
    except Forbidden:
        wrote = exists().where(Contact.participant_id == participant_id, Contact.sent_at.is_not(None))
        if not db.session.scalar(select(wrote)):
            raise
        return db.session.get_one(Participant, (scope.current().tenant, participant_id))


def _day(written: str) -> dt.date | None:
    """The date of the slip before, where the address gives one that can be."""
    try:
        day = dt.date.fromisoformat(written)
    except ValueError:
        return None
    return day if day <= clock.today() else None
