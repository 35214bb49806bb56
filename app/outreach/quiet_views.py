"""Days on which the PCN sends nothing, and how often one person may be contacted."""

from flask import Response, flash, redirect, url_for
from sqlalchemy import select, update

from app import audit, clock
from app.fields import Form, error_summary
from app.here import here
from app.outreach import quiet
from app.outreach.models import Blackout
from app.outreach.quiet_forms import BlackoutForm, OftenForm
from app.outreach.views import bp, mine
from app.permissions import Permission, requires
from app.render import count, render
from tenants.adding import add_once
from tenants.db import db
from tenants.models import settings_of_pcn

PURPOSE = "running the service"


@bp.get("/pcn/<slug>/settings/quiet-days")
@requires(Permission.MANAGE_SETTINGS)
def quiet_days() -> Response:
    """The days to come on which nothing goes out, and how often people may be contacted."""
    to_come = select(Blackout).where(Blackout.removed_at.is_(None), Blackout.ends_on >= clock.today())
    days = list(db.session.scalars(to_come.order_by(Blackout.starts_on, Blackout.id)))
    return render("outreach/quiet_days.jinja", days=days, kept=settings_of_pcn(), form=Form())


@bp.route("/pcn/<slug>/settings/quiet-days/add", methods=["GET", "POST"])
@requires(Permission.MANAGE_SETTINGS)
def add_quiet_days() -> Response:
    """Send nothing from one day to another."""
    form = BlackoutForm()
    if form.validate_on_submit():
        if _added(form):
            flash("Saved. What is approved waits on these days and goes on after them.", "success")
            _warn_of_calls(form)
        else:
            flash("These quiet days are there already. To change them, remove them first.", "error")
        return redirect(url_for("outreach.quiet_days"), 303)  # type: ignore[return-value]
    return render("outreach/add_quiet_days.jinja", _status(form), form=form, errors=error_summary(form))


def _warn_of_calls(form: BlackoutForm) -> None:
    """Who was promised a call on these days has to be told of another time."""
    first, last = form.starts_on.data, form.ends_on.data
    agreed = quiet.agreed_on(first, last) if first and last and "call" in (form.channels.data or []) else 0
    if agreed:
        who = count(agreed, "person has", "people have")
        flash(f"{who} a time agreed for a call on these days, on which nobody is rung now.", "info")


def _added(form: BlackoutForm) -> bool:
    """Write the days down. False where the same stand already, because the form was sent twice."""
    channels = list(form.channels.data or [])
    number = add_once(
        Blackout, starts_on=form.starts_on.data, ends_on=form.ends_on.data, channels=channels,
        why=str(form.why.data).strip(), added_by=here.name, added_at=clock.now(),
    )  # fmt: skip
    done = "added" if number is not None else "tried to add"
    audit.record(done, "quiet days", number, purpose=PURPOSE, channels=channels)
    return number is not None


@bp.post("/pcn/<slug>/settings/quiet-days/<int:blackout_id>/remove")
@requires(Permission.MANAGE_SETTINGS)
def remove_quiet_days(blackout_id: int) -> Response:
    """Send on these days after all. The row stays, marked as removed."""
    found: Blackout = mine(Blackout, blackout_id)
    statement = (
        update(Blackout)
        .where(Blackout.id == found.id, Blackout.removed_at.is_(None))
        .values(removed_at=clock.now(), removed_by=here.name)
        .returning(Blackout.id)
    )
    removed = db.session.scalar(statement) is not None
    audit.record("removed" if removed else "tried to remove", "quiet days", found.id, purpose=PURPOSE)
    flash(
        "Removed. Messages may go out on these days." if removed else "They were removed before.", "success"
    )
    return redirect(url_for("outreach.quiet_days"), 303)  # type: ignore[return-value]


@bp.route("/pcn/<slug>/settings/how-often", methods=["GET", "POST"])
@requires(Permission.MANAGE_SETTINGS)
def how_often() -> Response:
    """How often one person may be contacted, whichever programmes it is for."""
    kept = settings_of_pcn()
    form = OftenForm(data={name: str(getattr(kept, name)) for name in OftenForm.NAMES})
    if form.validate_on_submit():
        for name in OftenForm.NAMES:
            setattr(kept, name, int(str(form[name].data)))
        audit.record("changed", "how often people are contacted", kept.id, purpose=PURPOSE)
        flash("Saved. It holds from the next message on.", "success")
        return redirect(url_for("outreach.quiet_days"), 303)  # type: ignore[return-value]
    return render("outreach/how_often.jinja", _status(form), form=form, errors=error_summary(form))


def _status(form: Form) -> int:
    return 422 if form.is_submitted() else 200
