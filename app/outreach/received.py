"""Asking the gateway for texts that came back, for when it does not call us.

Each text is taken once, by what the gateway calls it, however often it is told and asked for. The asking goes
on for as long as the PCN's texts go by the account with which it began.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from app import audit, clock, outbox
from app.outreach import accounts, inbound
from app.outreach.delivery import moment_of
from app.outreach.gateway_models import InboundText
from app.outreach.gateways import Busy, NotConnected, Refused, Unclear
from tenants.db import Json, db

EVERY = dt.timedelta(minutes=30)
KIND = "outreach.received"


def leave_asking() -> None:
    """From now on ask for texts that came back to the PCN's account, as it is now."""
    account = accounts.account_of("text")
    if account is None:
        return
    since = account.changed_at.isoformat()
    label = "Ask for texts that came back"
    outbox.leave(KIND, label, {"since": since}, key=since, run_after=clock.now() + EVERY)


@outbox.handles(KIND)
def ask(payload: Json) -> outbox.Later | None:
    """Take what has come, and ask again later; no more once the account is another one."""
    account, notify = accounts.account_of("text"), accounts.notify_of("text")
    if account is None or notify is None or account.changed_at.isoformat() != payload["since"]:
        return None
    try:
        told = list(notify.received())
    except (Busy, Unclear, Refused, NotConnected) as trouble:
        audit.record("could not ask for", "texts", purpose=inbound.PURPOSE, why=str(trouble))
        return outbox.Later(clock.now() + EVERY)
    new = _new(told)
    for text in new:
        inbound.take(
            str(text["id"]),
            str(text.get("user_number") or ""),
            str(text.get("content") or ""),
            moment_of(text.get("created_at")),
        )
    audit.record("asked for", "texts", purpose=inbound.PURPOSE, count=len(new))
    return outbox.Later(clock.now() + EVERY)


def _new(told: Collection[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that are not here yet, the oldest first: who wrote STOP and then START has started again."""
    ids = [str(text["id"]) for text in told]
    known = select(InboundText.provider_id).where(InboundText.provider_id.in_(ids))
    here = set(db.session.scalars(known)) if ids else set()
    new = [text for text in told if str(text["id"]) not in here]
    return sorted(new, key=lambda text: moment_of(text.get("created_at")))
