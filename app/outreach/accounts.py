"""By which gateway a PCN sends on each channel, and how fast it may."""

import datetime as dt

from flask import current_app
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app import audit, clock, sealed
from app.outreach.gateway_models import SendingAccount, SendingMinute
from app.outreach.gateways import Captured, Gateway
from app.outreach.notify import Notify
from tenants import scope
from tenants.db import db

PURPOSE = "sending messages"
MOST_A_MINUTE = 3000  # Source: GOV.UK Notify, rate limits of a live key.
MINUTE = dt.timedelta(minutes=1)


def account_of(channel: str) -> SendingAccount | None:
    """The PCN's account for a channel; None where messages are captured."""
    wanted = select(SendingAccount).where(SendingAccount.channel == channel)
    return db.session.scalars(wanted).one_or_none()


def gateway_of(channel: str) -> Gateway:
    """What takes the PCN's messages on a channel: its own account, or else they are captured."""
    return gateway_by(channel, account_of(channel))


def gateway_by(channel: str, account: SendingAccount | None) -> Gateway:
    """The same for an account that was looked up before."""
    if account is None or account.gateway != "GOV.UK Notify" or not account.key_sealed:
        return Captured(channel)
    key = sealed.unseal_text(account.key_sealed, _place(channel, "key"))
    return Notify(current_app.config["NOTIFY_URL"], key, account.template_id or "")


def captured_says() -> str:
    """Which channels are captured, for the page of what was: it has reached nobody."""
    names = {"text": "text", "email": "e-mail"}
    missing = [name for channel, name in names.items() if isinstance(gateway_of(channel), Captured)]
    said = f"No {' and no '.join(missing)} gateway is connected. " if missing else ""
    return f"{said}What was captured here has reached nobody."


def notify_of(channel: str) -> Notify | None:
    """The PCN's GOV.UK Notify on a channel; None where it has none."""
    found = gateway_of(channel)
    return found if isinstance(found, Notify) else None


def connect(channel: str, *, key: str, template: str, callback: str, per_minute: int) -> None:
    """Send on `channel` by GOV.UK Notify. The key and the callback's token are kept sealed, never shown."""
    _save(
        channel,
        gateway="GOV.UK Notify",
        key_sealed=sealed.seal_text(key, _place(channel, "key")),
        callback_sealed=sealed.seal_text(callback, _place(channel, "callback")),
        template_id=template,
        per_minute=per_minute,
    )
    audit.record("connected", "gateway", purpose=PURPOSE, channel=channel, gateway="GOV.UK Notify")


def disconnect(channel: str) -> None:
    """From now on capture what is sent on `channel`, and forget the keys."""
    nothing = {"key_sealed": None, "callback_sealed": None, "template_id": None, "per_minute": MOST_A_MINUTE}
    _save(channel, gateway="captured", **nothing)
    audit.record("disconnected", "gateway", purpose=PURPOSE, channel=channel)


def _save(channel: str, **values: object) -> None:
    changes = values | {"changed_by": audit.actor().name, "changed_at": clock.now()}
    statement = insert(SendingAccount).values(tenant_id=scope.current().tenant, channel=channel, **changes)
    key = ["tenant_id", "channel"]
    db.session.execute(statement.on_conflict_do_update(index_elements=key, set_=changes))


def callback_tokens() -> list[str]:
    """The tokens by which GOV.UK Notify shows that it is it that calls back."""
    rows = db.session.execute(
        select(SendingAccount.channel, SendingAccount.callback_sealed).where(
            SendingAccount.callback_sealed.is_not(None)
        )
    )
    return [sealed.unseal_text(token, _place(channel, "callback")) for channel, token in rows if token]


def _place(channel: str, what: str) -> str:
    return f"{what} of PCN {scope.current().tenant} for {channel}"


def take(channel: str, wanted: int) -> int:
    """How many of `wanted` messages may go out in this minute; they are counted as gone.

    One row a minute, changed under its lock, so that several workers together keep to the rate.
    """
    account = account_of(channel)
    most = account.per_minute if account else MOST_A_MINUTE
    minute = clock.now().replace(second=0, microsecond=0)
    key = {"tenant_id": scope.current().tenant, "channel": channel, "minute": minute}
    db.session.execute(insert(SendingMinute).values(**key, taken=0).on_conflict_do_nothing())
    here = select(SendingMinute).where(SendingMinute.channel == channel, SendingMinute.minute == minute)
    row = db.session.scalars(here.with_for_update().execution_options(populate_existing=True)).one()
    allowed = max(min(wanted, most - row.taken), 0)
    row.taken += allowed
    db.session.flush()
    return allowed


def next_minute() -> dt.datetime:
    """When the rate begins anew."""
    return clock.now().replace(second=0, microsecond=0) + MINUTE
