"""The reply page: no account, the first name only, nothing about health, one thing a page.

It needs no cookie, so that a browser which takes none can say no. Whoever could forge an answer would need
the link, and with the link nothing has to be forged: so there is no token against forgery.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response, redirect, request, url_for
from werkzeug.exceptions import HTTPException

from app import audit, clock
from app.fields import Form, error_summary
from app.outreach import links, replies
from app.outreach.models import Contact
from app.outreach.promises import promise_to
from app.outreach.reply_forms import AnotherWayForm, AnswerForm, LaterForm, TimesForm
from app.outreach.views import bp
from app.people.models import Person
from app.permissions import public
from app.render import render
from app.security import csrf, note_failed_try, too_many_tries
from tenants import scope
from tenants.db import db
from tenants.models import settings_of_pcn

WHY = "whoever holds the link of a message may answer it; it shows a first name and nothing about health"
NO = "no thank you"
# Once a programme is closed, these have come to an end: what is left is to say no.
WHILE_IT_RUNS = ("outreach.reply_times", "outreach.reply_another_way", "outreach.reply_later")
NEXT = {"yes, call me": "reply_times", "yes, another way": "reply_another_way", "not now": "reply_later"}


class NoSuchLink(HTTPException):
    """The link is wrong, altered or expired: the same plain page, whichever it is."""

    code = 404


class HasEnded(HTTPException):
    """The programme is closed: the first page of the link says so, and what can still be done."""

    code = 303


@contextmanager
def answering(token: str) -> Iterator[Contact]:
    """Act as the PCN of the token, for the person whose message it came in. Raises NoSuchLink.

    A link that works is never slowed for what others tried from the same place: thousands share one address
    of a mobile network, and nobody's "no" may wait for it.
    """
    token = links.as_typed(token)
    tries = (f"reply link {token}", f"reply links from {request.remote_addr}")
    slowed = too_many_tries(*tries)
    organisation = links.organisation_of(token)
    if organisation is not None:
        scope.begin(organisation.acting())
    contact = links.contact_of(token) if organisation is not None else None
    if contact is None:
        if not slowed:
            # The failed try must be kept although the answer is an error, which the kernel rolls back.
            note_failed_try(*tries)
            db.session.commit()
        status = 429 if slowed else 404
        raise NoSuchLink(response=render("outreach/no_such_link.jinja", status, waiting=slowed))
    with audit.by("Reply link", role="person invited"):
        if request.method == "POST" and not _says_no() and replies.too_many(contact):
            raise NoSuchLink(response=render("outreach/no_such_link.jinja", 429, waiting=True))
        if request.endpoint in WHILE_IT_RUNS and replies.has_ended(contact):
            raise HasEnded(response=_go("reply", token))
        yield contact


def _says_no() -> bool:
    """Whether they say "no thank you": it is taken however often something was answered before."""
    said = request.endpoint == "outreach.reply" and request.form.get("answer") == NO
    return said or request.endpoint == "outreach.unsubscribe"


def _page(template: str, contact: Contact, token: str, form: Form | None = None, **values: Any) -> Response:
    person = db.get_or_404(Person, (scope.current().tenant, contact.person_id))
    errors = error_summary(form) if form is not None else []
    return render(
        template, 422 if errors else 200, first_name=person.given_name, settings=settings_of_pcn(),
        token=token, form=form, errors=errors, **values,
    )  # fmt: skip


def _go(endpoint: str, token: str) -> Response:
    return redirect(url_for(f"outreach.{endpoint}", token=token), 303)  # type: ignore[return-value]


@bp.route("/r/<token>", methods=["GET", "POST"])
@csrf.exempt  # type: ignore[untyped-decorator]
@public(WHY)
def reply(token: str) -> Response:
    """Would you like to talk to us?"""
    with answering(token) as contact:
        last = replies.latest_of(contact.participant_id)
        if not _says_no() and replies.has_ended(contact):
            return _page("outreach/reply_ended.jinja", contact, token, said_no=last and last.answer == NO)
        form = AnswerForm(answer=last.answer if last else None)
        if form.validate_on_submit():
            answer = str(form.answer.data)
            if answer != NO or last is None or last.answer != NO:
                replies.take(contact, answer, **_kept(last, answer))
            return _go(NEXT.get(answer, "reply_done"), token)
        return _page("outreach/reply.jinja", contact, token, form, last=last)


def _kept(last: Any, answer: str) -> dict[str, Any]:
    """The same answer given again keeps what was said with it."""
    if answer == "not now":
        again = last.ask_again_on if last is not None and last.answer == answer else None
        return {"ask_again_on": again or _months_from(clock.today(), 3)}
    if last is None or last.answer != answer:
        return {}
    return {"days": last.days, "times": last.times, "another_way": last.another_way}


@bp.route("/r/<token>/times", methods=["GET", "POST"])
@csrf.exempt  # type: ignore[untyped-decorator]
@public(WHY)
def reply_times(token: str) -> Response:
    """When shall we call you?"""
    with answering(token) as contact:
        last = replies.latest_of(contact.participant_id)
        form = TimesForm(days=last.days if last else [], times=last.times if last else None)
        form.offer(replies.times_to_ring(contact))
        if form.validate_on_submit():
            replies.take(contact, "yes, call me", days=form.days.data or [], times=str(form.times.data))
            return _go("reply_done", token)
        return _page("outreach/reply_times.jinja", contact, token, form)


@bp.route("/r/<token>/another-way", methods=["GET", "POST"])
@csrf.exempt  # type: ignore[untyped-decorator]
@public(WHY)
def reply_another_way(token: str) -> Response:
    """What do you need?"""
    with answering(token) as contact:
        last = replies.latest_of(contact.participant_id)
        form = AnotherWayForm.of(last.another_way if last else [])
        if form.validate_on_submit():
            replies.take(contact, "yes, another way", another_way=form.said())
            return _go("reply_done", token)
        return _page("outreach/reply_another_way.jinja", contact, token, form)


@bp.route("/r/<token>/later", methods=["GET", "POST"])
@csrf.exempt  # type: ignore[untyped-decorator]
@public(WHY)
def reply_later(token: str) -> Response:
    """When should we ask you again?"""
    with answering(token) as contact:
        form = LaterForm()
        if form.validate_on_submit():
            again = _months_from(clock.today(), int(str(form.months.data)))
            replies.take(contact, "not now", ask_again_on=again)
            return _go("reply_done", token)
        return _page("outreach/reply_later.jinja", contact, token, form)


def _months_from(day: dt.date, months: int) -> dt.date:
    """The same day that many months on; after the 28th, the 28th."""
    number = day.month - 1 + months
    return dt.date(day.year + number // 12, number % 12 + 1, min(day.day, 28))


@bp.get("/r/<token>/done")
@public(WHY)
def reply_done(token: str) -> Response:
    """Thank you; and how to change the answer."""
    with answering(token) as contact:
        last = replies.latest_of(contact.participant_id)
        if last is None:
            return _go("reply", token)
        agreed, promise = replies.agreed(last), promise_to(contact)
        return _page(
            "outreach/reply_done.jinja", contact, token, last=last, agreed=agreed, promise=promise,
            first_day=replies.first_day(contact),
        )  # fmt: skip
