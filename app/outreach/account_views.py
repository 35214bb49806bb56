"""By which gateway the PCN sends on each channel."""

from flask import Response, flash, redirect, url_for
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from app.fields import Form, error_summary
from app.here import here
from app.outreach import accounts, received, switching
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
NOT_ANY_MORE = (
    "Somebody is disconnecting this from GOV.UK Notify, or has done so. "
    "Look under Settings, Gateways, that it is connected."
)
ANOTHER = (
    "Somebody is connecting another GOV.UK Notify service, or has done so. "
    "Look under Settings, Gateways, that it is the right one."
)


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
        silent=switching.silent(),
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
        return _connect(channel, form)
    return render(
        "outreach/connect_gateway.jinja", 422 if form.is_submitted() else 200, form=form, channel=channel,
        name=CHANNELS[channel], connected=accounts.notify_of(channel) is not None, errors=error_summary(form),
    )  # fmt: skip


def _connect(channel: str, form: ConnectForm) -> Response:
    key, left = str(form.key.data).strip(), switching.Left(0, 0)
    if accounts.is_another_service(channel, key):
        left = switching.leave(channel, ANOTHER)
        if left.under_way:
            return _not_yet(left)
    accounts.connect(
        channel,
        key=key,
        template=str(form.template.data or "").strip(),
        callback=str(form.callback.data).strip(),
        per_minute=int(str(form.per_minute.data)),
    )
    if channel == "text":
        received.leave_asking()
    return _done(f"{CHANNELS[channel]} go out by GOV.UK Notify from now on.", left)


def _done(said: str, left: switching.Left) -> Response:
    batches = count(left.paused, "batch", "batches")
    flash(f"{said} What had not gone out yet is paused: {batches}." if left.paused else said, "success")
    return _to_gateways()


def _not_yet(left: switching.Left) -> Response:
    messages = count(left.under_way, "message is", "messages are")
    flash(
        f"Nothing was changed yet: {messages} under way, and only the GOV.UK Notify service connected "
        "now can say whether it has them. What goes out is paused. Try again in two minutes.",
        "error",
    )
    return _to_gateways()


def _to_gateways() -> Response:
    return redirect(url_for("outreach.gateways"), 303)  # type: ignore[return-value]


@bp.post("/pcn/<slug>/settings/gateways/<channel>/disconnect")
@requires(Permission.MANAGE_SETTINGS)
def disconnect_gateway(channel: str) -> Response:
    """Capture what is sent on a channel, and forget its keys."""
    if channel not in CHANNELS:
        raise NotFound
    left = switching.leave(channel, NOT_ANY_MORE)
    if left.under_way and accounts.notify_of(channel) is not None:
        return _not_yet(left)
    accounts.disconnect(channel)
    return _done(DISCONNECTED[channel], left)


@bp.post("/pcn/<slug>/settings/gateways/<channel>/give-up")
@requires(Permission.MANAGE_SETTINGS)
def give_up_messages(channel: str) -> Response:
    """Ask no more for messages that the gateway does not answer about."""
    if channel not in CHANNELS:
        raise NotFound
    messages = count(switching.give_up(channel), "message")
    flash(f"Given up: {messages}. Whoever they were to goes on to the next step.", "success")
    return _to_gateways()
