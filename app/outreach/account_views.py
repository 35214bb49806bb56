"""By which gateway the PCN sends on each channel."""

from flask import Response, flash, redirect, url_for
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from app.fields import Form, error_summary
from app.here import here
from app.outreach import accounts, batches, received
from app.outreach.account_forms import ConnectForm
from app.outreach.gateway_models import SendingAccount
from app.outreach.going import going_now
from app.outreach.views import bp
from app.permissions import Permission, requires
from app.render import count, render
from tenants.db import db

CHANNELS = {"text": "Texts", "email": "E-mails", "letter": "Letters"}
DISCONNECTED = {
    "text": "Texts are captured from now on and reach nobody.",
    "email": "E-mails are captured from now on and reach nobody.",
    "letter": "Letters are made as files from now on, for your own printer.",
}
NOT_ANY_MORE = "This is no longer connected to GOV.UK Notify. Connect it again under Settings, Gateways."


@bp.get("/pcn/<slug>/settings/gateways")
@requires(Permission.MANAGE_SETTINGS)
def gateways() -> Response:
    """What is connected, and what is not."""
    kept = {account.channel: account for account in db.session.scalars(select(SendingAccount))}
    going = going_now()
    callback = url_for("outreach.notify_delivery", tenant_id=here.organisation.id, _external=True)
    received = url_for("outreach.text_came", tenant_id=here.organisation.id, _external=True)
    return render(
        "outreach/gateways.jinja",
        channels=CHANNELS,
        kept=kept,
        going=going,
        callback=callback,
        received=received,
        form=Form(),
    )


@bp.route("/pcn/<slug>/settings/gateways/<channel>", methods=["GET", "POST"])
@requires(Permission.MANAGE_SETTINGS)
def connect_gateway(channel: str) -> Response:
    """Connect a channel to GOV.UK Notify."""
    if channel not in CHANNELS:
        raise NotFound
    form = ConnectForm(per_minute=str(accounts.MOST_A_MINUTE)).of(channel)
    if form.validate_on_submit():
        accounts.connect(
            channel,
            key=str(form.key.data).strip(),
            template=str(form.template.data or "").strip(),
            callback=str(form.callback.data).strip(),
            per_minute=int(str(form.per_minute.data)),
        )
        if channel == "text":
            received.leave_asking()
        flash(f"{CHANNELS[channel]} go out by GOV.UK Notify from now on.", "success")
        return redirect(url_for("outreach.gateways"), 303)  # type: ignore[return-value]
    return render(
        "outreach/connect_gateway.jinja", 422 if form.is_submitted() else 200, form=form, channel=channel,
        name=CHANNELS[channel], errors=error_summary(form),
    )  # fmt: skip


@bp.post("/pcn/<slug>/settings/gateways/<channel>/disconnect")
@requires(Permission.MANAGE_SETTINGS)
def disconnect_gateway(channel: str) -> Response:
    """Capture what is sent on a channel, and forget its keys."""
    if channel not in CHANNELS:
        raise NotFound
    accounts.disconnect(channel)
    # Letters need no pausing: those that Notify would print stop by themselves, the others never went there.
    paused = batches.pause_all(channel, NOT_ANY_MORE) if channel != "letter" else 0
    more = f" What had not gone out yet is paused: {count(paused, 'batch', 'batches')}." if paused else ""
    flash(DISCONNECTED[channel] + more, "success")
    return redirect(url_for("outreach.gateways"), 303)  # type: ignore[return-value]
