"""The partner's pages: its inbox across all PCNs, one referral, accepting and declining it."""

from flask import flash, redirect, request, url_for
from werkzeug import Response
from werkzeug.exceptions import NotFound

from app import audit
from app.addresses import page_number
from app.fields import error_summary
from app.here import can
from app.permissions import P, requires
from app.referrals import answering
from app.referrals.forms import AcceptForm, DeclineForm
from app.referrals.models import Referral, ReferralParty
from app.referrals.rules import name_in
from app.referrals.views import bp
from app.render import moment, render
from tenants.db import db
from tenants.models import DATA_CLASSES, Organisation

ONE = "/partner/<slug>/referrals/<int:tenant_id>/<int:referral_id>"


@bp.get("/partner/<slug>/inbox")
@requires(P.SEE_INBOX)
def inbox() -> Response:
    """Referrals to us from every PCN, new ones first. A worker sees those that were accepted."""
    only_accepted = not can(P.ANSWER_REFERRALS)
    numbers = answering.counts(only_accepted=only_accepted)
    show = request.args.get("show") if request.args.get("show") in numbers else None
    page = page_number(request.args)
    rows = answering.inbox(show, page, only_accepted=only_accepted)
    total = numbers[show] if show else sum(numbers.values())
    audit.record("viewed", "inbox", count=len(rows))
    return render(
        "referrals/inbox.jinja", rows=rows, numbers=numbers, show=show, total=total, page=page,
        pages=-(-total // answering.PAGE) or 1,
        name_in=name_in,
    )  # fmt: skip


def _found(tenant_id: int, referral_id: int) -> tuple[ReferralParty, Referral | None]:
    """Our mailbox entry and the referral behind it, which is None once it was withdrawn."""
    party = answering.party_of(tenant_id, referral_id)
    if party is None or party.side != "partner":
        raise NotFound
    referral = answering.referral_of(party)
    worker = not can(P.ANSWER_REFERRALS)
    if worker and (referral is None or referral.state not in ("accepted", "finished")):
        raise NotFound
    return party, referral


@bp.get(ONE)
@requires(P.SEE_INBOX)
def open_one(tenant_id: int, referral_id: int) -> Response:
    """One referral: what was shared with us, and nothing else. The sending PCN sees that we looked."""
    party, referral = _found(tenant_id, referral_id)
    if referral is not None:
        answering.mark_seen(referral)
    return _page(party, referral, AcceptForm(formdata=None))


def _page(party: ReferralParty, referral: Referral | None, form: AcceptForm, status: int = 200) -> Response:
    sender = db.session.get(Organisation, party.tenant_id)
    audit.record(
        "viewed",
        "referral",
        party.referral_id,
        tenant_id=party.tenant_id,
        person_id=referral.person_id if referral else None,
    )
    return render(
        "referrals/open_one.jinja",
        status,
        party=party,
        referral=referral,
        sender=sender,
        form=form,
        classes=DATA_CLASSES,
        name_in=name_in,
    )


@bp.post(f"{ONE}/accept")
@requires(P.ANSWER_REFERRALS)
def accept(tenant_id: int, referral_id: int) -> Response:
    """Accept, once."""
    party, referral = _found(tenant_id, referral_id)
    form = AcceptForm()
    if not form.validate():
        return _page(party, referral, form, 422)
    done = answering.answer(party, "accepted", decision_note=form.note.data or None)
    _record("accepted" if done else "tried to accept", party, referral)
    if done:
        flash("Referral accepted. The sender will be told.", "success")
    else:
        flash(_answered_before(party), "info")
    return _back(party)


@bp.route(f"{ONE}/decline", methods=["GET", "POST"])
@requires(P.ANSWER_REFERRALS)
def decline(tenant_id: int, referral_id: int) -> Response:
    """Decline, once, saying whose no it is and why."""
    party, referral = _found(tenant_id, referral_id)
    if referral is None or referral.state != "sent":
        flash(_answered_before(party), "info")
        return _back(party)
    form = DeclineForm()
    if request.method == "GET" or not form.validate():
        _record("viewed", party, referral)
        wrong = error_summary(form) if request.method == "POST" else None
        return render("referrals/decline.jinja", 422 if wrong else 200, form=form, party=party, errors=wrong)
    said = {"decline_reason": form.reason.data, "decision_note": form.note.data}
    done = answering.answer(party, "declined", decline_kind=form.kind.data, **said)
    _record("declined" if done else "tried to decline", party, referral)
    flash("Referral declined. The sender will be told why." if done else _answered_before(party), "info")
    return _back(party)


def _record(action: str, party: ReferralParty, referral: Referral | None) -> None:
    person_id = referral.person_id if referral else None
    audit.record(action, "referral", party.referral_id, tenant_id=party.tenant_id, person_id=person_id)


def _answered_before(party: ReferralParty) -> str:
    referral = answering.referral_of(party)
    if referral is None:
        return "The sender has withdrawn this referral, so it can no longer be answered."
    when = moment(referral.decided_at)
    return f"This referral was already {referral.state} by {referral.decided_by} on {when}."


def _back(party: ReferralParty) -> Response:
    return redirect(url_for("referrals.open_one", tenant_id=party.tenant_id, referral_id=party.referral_id))
