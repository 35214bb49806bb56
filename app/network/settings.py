"""An organisation's settings: how it presents itself, practices, agreements, and sending."""

from flask import Response, flash
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app import audit
from app.fields import Form, error_summary
from app.here import here
from app.network import forms
from app.network.tasks import tasks
from app.network.views import EVERY, bp, to
from app.outreach import stopping
from app.permissions import Permission as P
from app.permissions import requires
from app.render import render
from tenants import described
from tenants.db import db
from tenants.described import Wrong
from tenants.models import Agreement, Organisation, Practice, settings_of_pcn
from tenants.onboarding import PRACTICE_CODE

PURPOSE = "running the service"
STOPPED = ("All sending is stopped. Nothing goes out until you allow it again.", "success")
ALLOWED = ("Sending is allowed again. What waits goes on within 5 minutes, in sending hours.", "success")


@bp.get(f"{EVERY}/settings")
@requires(P.SEE_SETTINGS)
def settings() -> Response:
    """What can be set, each with its state."""
    return render("network/settings.jinja", tasks=tasks())


@bp.route("/pcn/<slug>/settings/sender", methods=["GET", "POST"])
@requires(P.MANAGE_SETTINGS)
def sender() -> Response:
    """The name, phone number and addresses that people see in messages."""
    kept = settings_of_pcn()
    form = forms.Sender(obj=kept)
    if form.validate_on_submit():
        form.populate_obj(kept)
        audit.record("changed", "sender details", kept.id, purpose=PURPOSE)
        flash("Sender details saved.", "success")
        return to("settings")
    return render("network/sender.jinja", _status(form), form=form, errors=error_summary(form))


@bp.route("/pcn/<slug>/settings/sending", methods=["GET", "POST"])
@requires(P.MANAGE_SETTINGS)
def sending() -> Response:
    """The hours that messages go out in, and whether all sending is stopped."""
    kept = settings_of_pcn()
    hours = {name: forms.clock_words(getattr(kept, name)) for name in ("send_from", "send_until")}
    form = forms.SendingHours(data=hours)
    if form.validate_on_submit():
        kept.send_from = described.time_of_day(form.send_from.data)
        kept.send_until = described.time_of_day(form.send_until.data)
        audit.record("changed", "sending hours", kept.id, purpose=PURPOSE)
        flash("Sending hours saved.", "success")
        return to("sending")
    return render("network/sending.jinja", _status(form), form=form, errors=error_summary(form), kept=kept)


@bp.post("/pcn/<slug>/settings/sending/stop")
@requires(P.MANAGE_SETTINGS)
def stop_sending() -> Response:
    """Stop all sending at once. What is on its way outside cannot be called back."""
    stopped = stopping.stop()
    flash(*(STOPPED if stopped else ("Sending was stopped already.", "info")))
    return to("sending")


@bp.post("/pcn/<slug>/settings/sending/allow")
@requires(P.MANAGE_SETTINGS)
def allow_sending() -> Response:
    """Allow sending again; approved batches go on within the hours."""
    allowed = stopping.allow()
    flash(*(ALLOWED if allowed else ("Sending was allowed already.", "info")))
    return to("sending")


@bp.route("/pcn/<slug>/settings/practices", methods=["GET", "POST"])
@requires(P.MANAGE_SETTINGS)
def practices() -> Response:
    """The practices of the PCN, and one more."""
    form = forms.AddPractice()
    if form.validate_on_submit():
        added = _add_practice(form)
        if added:
            flash(f"{added} added.", "success")
            return to("practices")
    kept = db.session.scalars(select(Practice).order_by(Practice.name)).all()
    return render(
        "network/practices.jinja", _status(form), form=form, errors=error_summary(form), practices=kept
    )


def _add_practice(form: forms.AddPractice) -> str | None:
    """The name of the practice, which is there once if sent twice; None with the message at its code."""
    try:
        code = described.matching(PRACTICE_CODE, "Enter a practice code: a letter and 5 digits, like G82999")(
            str(form.code.data).upper()
        )
    except Wrong as wrong:
        form.code.errors = [str(wrong)]
        return None
    name = str(form.name.data)
    same = db.session.scalars(select(Practice).where(Practice.code == code)).one_or_none()
    if same is not None and same.name == name:
        return name
    try:
        with db.session.begin_nested():
            practice = Practice(code=code, name=name)
            db.session.add(practice)
            db.session.flush()
            audit.record("added", "practice", practice.id, purpose=PURPOSE)
    except IntegrityError:
        form.code.errors = [f"“{code}” is already one of your practices"]
        return None
    return name


@bp.get("/pcn/<slug>/settings/agreements")
@requires(P.MANAGE_SETTINGS)
def agreements() -> Response:
    """What the PCN shares with its partners, and until when."""
    rows = db.session.execute(
        select(Agreement, Organisation.name)
        .join(Organisation, Organisation.id == Agreement.partner_id)
        .order_by(Agreement.ends_on.desc(), Organisation.name)
    ).all()
    return render("network/agreements.jinja", rows=rows)


@bp.route("/pcn/<slug>/settings/agreements/add", methods=["GET", "POST"])
@requires(P.MANAGE_SETTINGS)
def agree() -> Response:
    """Record an agreement with a partner of the ICB."""
    form = forms.Agree()
    partners = db.session.execute(
        select(Organisation.id, Organisation.name)
        .where(
            Organisation.icb_id == here.organisation.icb_id,
            Organisation.kind == "partner",
            Organisation.closed_at.is_(None),
        )
        .order_by(Organisation.name)
    ).all()
    form.partner.choices = [("", "Choose a partner"), *((str(number), name) for number, name in partners)]
    if form.validate_on_submit() and _agree(form):
        flash(f"Agreement {form.reference.data} saved.", "success")
        return to("agreements")
    return render(
        "network/agree.jinja", _status(form), form=form, errors=error_summary(form), partners=partners
    )


def _agree(form: forms.Agree) -> bool:
    """Save the agreement, once; False with a message where its reference stands for another one already."""
    partner, values = int(form.partner.data), {name: form[name].data for name in AGREED}
    kept = _agreement(partner, values["reference"])
    if kept is None:
        try:
            with db.session.begin_nested():
                kept = Agreement(partner_id=partner, **values)
                db.session.add(kept)
                db.session.flush()
                audit.record("added", "agreement", kept.id, purpose=PURPOSE, partner=partner)
        except IntegrityError:
            kept = _agreement(partner, values["reference"])
    if {name: getattr(kept, name) for name in AGREED} == values:
        return True
    form.reference.errors = ["There is an agreement with this reference and partner. Enter another reference"]
    return False


AGREED = ("reference", "lawful_basis", "data_classes", "starts_on", "ends_on", "signed_by")


def _agreement(partner_id: int, reference: str) -> Agreement | None:
    same = select(Agreement).where(Agreement.partner_id == partner_id, Agreement.reference == reference)
    return db.session.scalars(same).one_or_none()


def _status(form: Form) -> int:
    return 422 if form.is_submitted() else 200
