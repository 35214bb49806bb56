"""By which gateway a PCN sends on each channel, and how fast it may."""

import datetime as dt

from flask import current_app
from sqlalchemy import Select, select
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
    """The PCN's account for a channel, as it is at this moment; None where messages are captured."""
    wanted = select(SendingAccount).where(SendingAccount.channel == channel)
    return db.session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


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


def service_of(key: str) -> str:
    """The service at GOV.UK Notify that a key belongs to: it stands in the key, before its secret."""
    return key[-73:-37]


def is_another_service(channel: str, key: str) -> bool:
    """Whether messages on `channel` go by GOV.UK Notify now, and by another service than that of `key`."""
    account = account_of(channel)
    if account is None or not account.key_sealed:
        return False
    return service_of(_opened(account.key_sealed, _place(channel, "key"))) != service_of(key)


def hold(channel: str) -> None:
    """Let no worker take anybody to send to on `channel` until this transaction ends."""
    db.session.execute(_row_of(channel).with_for_update())


def _row_of(channel: str) -> Select[int]:
    return select(SendingAccount.id).where(SendingAccount.channel == channel)


def connect(channel: str, *, key: str, template: str, callback: str, per_minute: int) -> None:
    """Send on `channel` by GOV.UK Notify. The key and the callback's token are kept sealed, never shown.

    The tokens of services that sent before stay good: what became of their messages, and STOP to their
    number, is told by those services.
    """
    earlier = _tokens(channel)[0 if is_another_service(channel, key) else 1 :]
    _save(
        channel,
        gateway="GOV.UK Notify",
        key_sealed=sealed.seal_text(key, _place(channel, "key")),
        callback_sealed=sealed.seal_text("\n".join([callback, *earlier]), _place(channel, "callback")),
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
    return [token for account in db.session.scalars(select(SendingAccount)) for token in _tokens_in(account)]


def _tokens(channel: str) -> list[str]:
    account = account_of(channel)
    return _tokens_in(account) if account else []


def _tokens_in(account: SendingAccount) -> list[str]:
    """The token of the service connected now, and then those of the services before it."""
    kept = _opened(account.callback_sealed or "", _place(account.channel, "callback"))
    return kept.split()


def _opened(kept: str, place: str) -> str:
    """What was sealed; empty where it cannot be read any more, so that the PCN can connect anew."""
    try:
        return sealed.unseal_text(kept, place)
    except sealed.NotOurs:
        return ""


def _place(channel: str, what: str) -> str:
    return f"{what} of PCN {scope.current().tenant} for {channel}"


def take(channel: str, wanted: int) -> int:
    """How many of `wanted` messages may go out in this minute; they are counted as gone.

    One row a minute, changed under its lock, so that several workers together keep to the rate. The account
    cannot be changed before whoever takes has committed whom it takes (`hold`).
    """
    db.session.execute(_row_of(channel).with_for_update(read=True))
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
