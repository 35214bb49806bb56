"""The sending PCN's pages: what was sent, one referral, taking it back, and a consent that has ended."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug import Response
from werkzeug.exceptions import NotFound

from app import audit, clock
from app.addresses import page_number
from app.care import sections
from app.care.sections import Section
from app.fields import error_summary
from app.here import can
from app.people.models import Person
from app.permissions import P, requires
from app.programmes import today
from app.programmes.models import Participant
from app.programmes.today import Todo
from app.referrals import sending, sent
from app.referrals.forms import WithdrawForm
from app.referrals.models import Consent
from app.referrals.rules import is_silent
from app.render import date, render
from tenants.models import DATA_CLASSES

bp = Blueprint("referrals", __name__)


@bp.get("/pcn/<slug>/referrals", endpoint="sent")
@requires(P.SEE_REFERRALS)
def list_sent() -> Response:
    """Referrals, silent ones first. Names only for those who may see who people are."""
    show = request.args.get("show") if request.args.get("show") in sent.NAMES else None
    page = page_number(request.args)
    numbers = sent.counts()
    total = (
        numbers[show]
        if show
        else sum(numbers[name] for name in ("waiting", "accepted", "declined", "withdrawn"))
    )
    rows = sent.listed(show, page)
    audit.record("viewed", "list of referrals", count=len(rows))
    return render(
        "referrals/sent.jinja", rows=rows, names=sent.NAMES, numbers=numbers, show=show, total=total,
        page=page, pages=-(-total // sent.PAGE) or 1, is_silent=is_silent,
    )  # fmt: skip


@bp.get("/pcn/<slug>/referrals/<int:referral_id>")
@requires(P.SEE_REFERRALS)
def view(referral_id: int) -> Response:
    """One referral: what was shared, its state, and what can be done."""
    return _page(_found(referral_id), WithdrawForm(formdata=None))


def _found(referral_id: int) -> sent.Listed:
    row = sent.one(referral_id)
    if row is None:
        raise NotFound
    return row


def _page(row: sent.Listed, form: WithdrawForm, status: int = 200) -> Response:
    referral, person, partner, released = row
    audit.record("viewed", "referral", referral.id, person_id=person.id)
    return render(
        "referrals/view.jinja",
        status,
        referral=referral,
        person=person,
        partner=partner,
        named=bool(released) and can(P.SEE_PEOPLE),
        form=form,
        classes=DATA_CLASSES,
        silent=is_silent(referral.state, referral.reply_by, clock.today()),
        errors=error_summary(form) if status == 422 else None,
    )


@bp.post("/pcn/<slug>/referrals/<int:referral_id>/withdraw")
@requires(P.SEND_REFERRALS)
def withdraw(referral_id: int) -> Response:
    """Take back a referral that has not been answered, with the reason."""
    row = _found(referral_id)
    form = WithdrawForm()
    if not form.validate():
        return _page(row, form, 422)
    done = sending.withdraw(row[0], form.reason.data or "")
    verb = "withdrew" if done else "tried to withdraw"
    audit.record(verb, "referral", referral_id, person_id=row[0].person_id)
    if done:
        flash("Referral withdrawn. The partner no longer sees it.", "success")
    else:
        flash("This referral has been answered or withdrawn before, so nothing was changed.", "info")
    return redirect(url_for("referrals.view", referral_id=referral_id))


@bp.post("/pcn/<slug>/referrals/<int:referral_id>/withdraw-consent")
@requires(P.SEND_REFERRALS)
def withdraw_consent(referral_id: int) -> Response:
    """The person no longer agrees to sharing: the partner stops seeing the referral at once."""
    row = _found(referral_id)
    done = sending.withdraw_consent(row[0])
    verb = "withdrew" if done else "tried to withdraw"
    audit.record(verb, "consent", row[0].consent_id, person_id=row[0].person_id)
    if done:
        flash("Consent withdrawn. The partner no longer sees the referral.", "success")
    else:
        flash("The consent was withdrawn before.", "info")
    return redirect(url_for("referrals.view", referral_id=referral_id))


@sections.offers
def section(participant: Participant, person: Person) -> Section | None:  # noqa: ARG001 - as the room asks
    """A person's referrals, for their page, and what they agreed to share by them."""
    if not can(P.SEE_REFERRALS):
        return None
    rows = sent.of_participant(participant.id)
    drawn = Markup(  # noqa: S704 - rendered by our own template, which escapes
        render_template("referrals/_section.jinja", rows=rows, participant=participant)
    )
    agreed = {consent.id: (consent, partner) for _, partner, consent in rows}
    return Section(drawn, tuple((_agreed(*one), one[0].withdrawn_at is None) for one in agreed.values()))


def _agreed(consent: Consent, partner: str) -> str:
    what = f"{', '.join(consent.data_classes)}, with {partner}"
    said = f"{consent.mode}, on {date(consent.taken_at)}, to {consent.taken_by}"
    ended = f". Withdrawn on {date(consent.withdrawn_at)}" if consent.withdrawn_at else ""
    return f"{what}: {said}{ended}"


@today.offers
def waiting() -> list[Todo]:
    """Referrals that wait for somebody to do something."""
    if not can(P.SEE_REFERRALS):
        return []
    numbers = sent.counts()
    todos = {
        "again": ("declined referral", "declined referrals", "to send somewhere else"),
        "silent": ("referral", "referrals", "without an answer in time"),
    }
    return [
        Todo(
            f"{one if numbers[name] == 1 else many} {what}",
            url_for("referrals.sent", show=name),
            numbers[name],
        )
        for name, (one, many, what) in todos.items()
        if numbers[name]
    ]
