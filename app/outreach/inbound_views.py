"""Texts that came back and wait to be read."""

from flask import Response, flash, redirect, url_for

from app import audit
from app.fields import Form
from app.outreach import inbound
from app.outreach.gateway_models import InboundText
from app.outreach.views import bp, mine
from app.permissions import Permission, requires
from app.render import render


@bp.get("/pcn/<slug>/outreach/texts")
@requires(Permission.READ_MESSAGES)
def texts() -> Response:
    """What people wrote back, the longest waiting first. STOP was done at once and is not here, unless we
    do not know who wrote it."""
    came = inbound.to_read()
    audit.record("viewed", "texts", count=len(came), purpose=inbound.PURPOSE)
    named = {person.id for one in came for _, person in one.people}
    audit.record_each("viewed", "text", named, purpose=inbound.PURPOSE)
    return render("outreach/texts.jinja", came=came, most=inbound.MOST, form=Form())


@bp.post("/pcn/<slug>/outreach/texts/<int:text_id>/done")
@requires(Permission.READ_MESSAGES)
def text_done(text_id: int) -> Response:
    """This text was read, and what it asks was done."""
    found: InboundText = mine(InboundText, text_id)
    done = inbound.deal_with(found.id)
    flash("Marked as done." if done else "A colleague has done this one already.", "success")
    return redirect(url_for("outreach.texts"), 303)  # type: ignore[return-value]
