"""Stop and read: the page on which a second person lets a batch go out."""

from flask import Response, flash, request

from app import audit
from app.fields import error_summary
from app.here import here
from app.outreach import approval, batches
from app.outreach.approval import UNITS, ApprovalForm, AsItStands
from app.outreach.costs import cost_of
from app.outreach.models import Batch, Step
from app.outreach.post import gateway_by, prints
from app.outreach.reckoning import Reckoning, reckon
from app.outreach.samples import samples_of
from app.outreach.views import CLOSED, Opened, bp, opened, to
from app.outreach.warnings import Used, templates_in, warnings_of
from app.permissions import Permission, requires
from app.render import render


@bp.route("/pcn/<slug>/outreach/batches/<int:batch_id>/approve", methods=["GET", "POST"])
@requires(Permission.APPROVE_BATCHES)
def approve(batch_id: int) -> Response:
    """Read the messages, the numbers and the warnings; then let the batch go out."""
    one = opened(batch_id)
    found, step = one.batch, one.step
    if found.state != "built":
        return _too_late(found)
    if one.programme.state == "closed":
        flash(CLOSED, "error")
        return to("outreach.batch", batch_id=found.id)
    if here.account is not None and found.built_by_id == here.account.id:
        status = 422 if request.method == "POST" else 200
        return render(
            "outreach/approve.jinja", status, batch=found, step=step, programme=one.programme, own=True
        )
    form = ApprovalForm()
    if request.method == "POST":
        # Everything below is undone where the form is answered with 422.
        if not batches.approve(found, step):
            return _too_late(found)
        reckoning, used = _stands(form, found, step)
        if form.validate():
            return _approved(form, found, reckoning)
        form.ask_again()
        return _page(form, one, reckoning, used, 422)
    reckoning, used = _stands(form, found, step)
    form.ask_again()
    return _page(form, one, reckoning, used)


def _stands(form: ApprovalForm, found: Batch, step: Step) -> tuple[Reckoning, Used]:
    """Let the form ask for what is so now; the numbers, and the templates that are used."""
    reckoning, used = reckon(found.id), templates_in(found)
    form.stands(AsItStands(reckoning.waiting, UNITS[step.channel], warnings_of(found, step, used)))
    return reckoning, used


def _approved(form: ApprovalForm, found: Batch, reckoning: Reckoning) -> Response:
    approval.keep(found, form.kept(reckoning))
    kinds = [warning.kind for warning in form.now.warnings]
    audit.record("acknowledged", "warnings of a batch", found.id, count=len(kinds), kinds=kinds)
    flash(f"Approved. {form.now.messages} will go out.", "success")
    return to("outreach.batch", batch_id=found.id)


def _page(form: ApprovalForm, one: Opened, reckoning: Reckoning, used: Used, status: int = 200) -> Response:
    samples = samples_of(one.batch, one.step, one.head, [item for item, _ in used])
    gateway = gateway_by(one.step.channel, one.account)
    printed = one.step.channel == "letter" and not prints(one.batch, gateway)
    audit.record("viewed", "batch: samples", one.batch.id, count=len(samples))
    return render(
        "outreach/approve.jinja", status, batch=one.batch, step=one.step, programme=one.programme, own=False,
        form=form, now=form.now, errors=error_summary(form), reckoning=reckoning, samples=samples,
        cost=cost_of(one.batch, one.step, reckoning), gateway_says=gateway.says, printed=printed,
    )  # fmt: skip


def _too_late(found: Batch) -> Response:
    flash(_already(found), "error")
    return to("outreach.batch", batch_id=found.id)


def _already(found: Batch) -> str:
    if found.approved_by and found.state != "cancelled":
        who = (
            "You have"
            if here.account and found.approved_by_id == here.account.id
            else f"{found.approved_by} has"
        )
        return f"{who} approved this batch already. Nothing was done twice."
    return f"This batch cannot be approved: it is {found.state}."
