"""What gateways tell us by themselves: an address that only they know the token of."""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response, make_response, request
from sqlalchemy import select
from werkzeug.exceptions import BadRequest, NotFound

from app import audit
from app.outreach import accounts, delivery, inbound
from app.outreach.models import Contact
from app.outreach.views import bp
from app.permissions import public
from app.security import csrf, note_failed_try, too_many_tries
from tenants import scope
from tenants.db import db
from tenants.models import Organisation

WHY = "a gateway tells what became of messages; it shows a token that the PCN gave it, and is told nothing"
BY = "GOV.UK Notify"


@contextmanager
def _called_by_notify(tenant_id: int) -> Iterator[dict[str, Any]]:
    """Act as the PCN whose token the caller shows; what was posted. Raises NotFound for anybody else."""
    # For each PCN by itself: all callbacks come from the gateway's few addresses, and a PCN that has entered
    # another token there than here must not keep the others from hearing of a STOP.
    tries = f"callbacks to {tenant_id} from {request.remote_addr}"
    if too_many_tries(f"callback {tenant_id}", tries):
        raise NotFound
    organisation = db.session.get(Organisation, tenant_id)
    if organisation is not None and organisation.kind == "pcn":
        scope.begin(organisation.acting())
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if any(hmac.compare_digest(shown.encode(), token.encode()) for token in accounts.callback_tokens()):
            with audit.by(BY, role="gateway"):
                yield _posted()
            return
    note_failed_try(tries)
    db.session.commit()
    raise NotFound


def _posted() -> dict[str, Any]:
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise BadRequest("Post JSON.")
    return given


@bp.post("/callbacks/<int:tenant_id>/notify")
@csrf.exempt  # type: ignore[untyped-decorator]
@public(WHY)
def notify_delivery(tenant_id: int) -> Response:
    """What became of a message, by our reference. One that we do not know is thanked for all the same."""
    with _called_by_notify(tenant_id) as told:
        wanted = select(Contact.id).where(Contact.reference == str(told.get("reference")))
        contact_id = db.session.scalar(wanted)
        if contact_id is not None:
            said_at = delivery.moment_of(told.get("completed_at") or told.get("sent_at"))
            delivery.report(contact_id, str(told.get("status")), said_at, "called back")
        return make_response("", 204)


@bp.post("/callbacks/<int:tenant_id>/texts")
@csrf.exempt  # type: ignore[untyped-decorator]
@public(WHY)
def text_came(tenant_id: int) -> Response:
    """A text that somebody sent back. STOP takes hold at once."""
    with _called_by_notify(tenant_id) as told:
        number, body = str(told.get("source_number") or ""), str(told.get("message") or "")
        if not told.get("id") or not number:
            raise BadRequest("Post the id and the number of the text.")
        inbound.take(str(told["id"]), number, body, delivery.moment_of(told.get("date_received")))
        return make_response("", 204)
