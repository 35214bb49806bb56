"""Unsubscribing by one click in a mail program, which posts here by itself without asking anything.

Source: RFC 8058. The link in the message says who it is; there is no form, no session and no cookie. It is
the same "no thank you" as on the reply page, and can be taken back there.
"""

from flask import Response, make_response, redirect, url_for

from app.outreach import replies
from app.outreach.reply_views import WHY, answering
from app.outreach.views import bp
from app.permissions import public
from app.security import csrf

NO = "no thank you"


@bp.get("/r/<token>/unsubscribe")
@public(WHY)
def unsubscribe_page(token: str) -> Response:
    """Whoever follows the address by hand is asked on the reply page: a look must not unsubscribe anybody."""
    return redirect(url_for("outreach.reply", token=token), 303)  # type: ignore[return-value]


@bp.post("/r/<token>/unsubscribe")
@csrf.exempt  # type: ignore[untyped-decorator]
@public(WHY)
def unsubscribe(token: str) -> Response:
    """Out of the programme; pressed twice, it is written once. Answers with nothing."""
    with answering(token) as contact:
        last = replies.latest_of(contact.participant_id)
        if last is None or last.answer != NO:
            replies.take(contact, NO)
        return make_response("", 204)
