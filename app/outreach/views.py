"""A programme's outreach, its batches and the messages captured."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from sqlalchemy import func, select
from werkzeug.exceptions import NotFound

from app import audit
from app.addresses import page_number
from app.fields import Form
from app.here import can, here
from app.library.models import LibraryItem
from app.outreach import batches, building, letters, listed, pages, samples, steps, stopping
from app.outreach.accounts import captured_says
from app.outreach.costs import cost_of
from app.outreach.gateway_models import CapturedMessage, SendingAccount
from app.outreach.hours import QuietDays
from app.outreach.letterhead import letterhead_of
from app.outreach.models import Batch, Step
from app.outreach.post import gateway_by, prints
from app.outreach.reckoning import Reckoning, reckon
from app.outreach.warnings import templates_in, warnings_of
from app.outreach.wording import Letterhead
from app.permissions import Permission, requires
from app.programmes.models import Programme
from app.render import htmx, render
from tenants.db import db
from tenants.models import PcnSettings, settings_of_pcn

bp = Blueprint("outreach", __name__)
CLOSED = "The programme is closed, so nothing more of it is sent. Cancel this batch."


def to(endpoint: str, **values: Any) -> Response:
    """Go to a page of this PCN."""
    return redirect(url_for(endpoint, **values), 303)  # type: ignore[return-value]


def mine(model: Any, row_id: int) -> Any:
    """The PCN's row of that id, or 404."""
    return db.get_or_404(model, (here.organisation.id, row_id))


def batch_at(batch_id: int) -> tuple[Batch, Step, Programme]:
    """The PCN's batch of that id with its step and programme, or 404."""
    statement = (
        select(Batch, Step, Programme)
        .join(Step, (Step.tenant_id == Batch.tenant_id) & (Step.id == Batch.step_id))
        .join(Programme, (Programme.tenant_id == Batch.tenant_id) & (Programme.id == Batch.programme_id))
        .where(Batch.id == batch_id)
    )
    found = db.session.execute(statement).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1], found[2]


@dataclass(frozen=True)
class Opened:
    """A batch with what its pages show beside it, loaded in one statement.

    The template is held here so that whoever asks for it finds it in the session.
    """

    batch: Batch
    step: Step
    programme: Programme
    settings: PcnSettings
    template: LibraryItem | None
    account: SendingAccount | None
    quiet: QuietDays

    @property
    def head(self) -> Letterhead:
        """Who writes."""
        return Letterhead(here.organisation.name, self.programme.name, self.settings)


def opened(batch_id: int) -> Opened:
    """The PCN's batch of that id with all that its pages need, or 404."""
    item = (LibraryItem.org_id == Batch.tenant_id) & (LibraryItem.id == Batch.template_id)
    account = (SendingAccount.tenant_id == Batch.tenant_id) & (SendingAccount.channel == Step.channel)
    statement = (
        select(Batch, Step, Programme, PcnSettings, LibraryItem, SendingAccount, pages.quiet_to_come())
        .join(Step, (Step.tenant_id == Batch.tenant_id) & (Step.id == Batch.step_id))
        .join(Programme, (Programme.tenant_id == Batch.tenant_id) & (Programme.id == Batch.programme_id))
        .join(PcnSettings, PcnSettings.tenant_id == Batch.tenant_id)
        .outerjoin(LibraryItem, item)
        .outerjoin(SendingAccount, account)
        .where(Batch.id == batch_id)
    )
    found = db.session.execute(statement).one_or_none()
    if found is None:
        raise NotFound
    batch, step, programme, settings, template, sends, quiet = found
    return Opened(batch, step, programme, settings, template, sends, pages.quiet_for(step.channel, quiet))


@bp.get("/pcn/<slug>/programmes/<int:programme_id>/outreach")
@requires(Permission.SEE_OUTREACH)
def programme(programme_id: int) -> Response:
    """The programme's steps, who is due, the batches and their state, and the barriers heard."""
    found, kept = _with_settings(programme_id)
    page = pages.programme_page(found, kept)
    return render("outreach/programme.jinja", programme=found, kept=kept, **page, form=Form())


def _with_settings(programme_id: int) -> tuple[Programme, PcnSettings]:
    """The programme and its PCN's settings, in one statement; or 404."""
    both = select(Programme, PcnSettings).join(PcnSettings, PcnSettings.tenant_id == Programme.tenant_id)
    row = db.session.execute(both.where(Programme.id == programme_id)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


@bp.post("/pcn/<slug>/programmes/<int:programme_id>/outreach/stop-all")
@requires(Permission.SEE_OUTREACH)
def stop_all(programme_id: int) -> Response:
    """Stop every message of every programme. Whoever sees that something is wrong may do it."""
    found = mine(Programme, programme_id)
    stopped = stopping.stop()
    said = "All sending is stopped, in every programme." if stopped else "Sending was stopped already."
    flash(f"{said} A PCN manager allows it again in Settings.", "success")
    return to("outreach.programme", programme_id=found.id)


@bp.post("/pcn/<slug>/programmes/<int:programme_id>/outreach/build")
@requires(Permission.BUILD_BATCHES)
def build(programme_id: int) -> Response:
    """Build the next batch of the step at the `position` given, or show the one that is open."""
    found = mine(Programme, programme_id)
    step = _step_at(found, request.form.get("position", ""))
    template = steps.templates_of([step]).get(step.position)
    problem = _cannot_build(found, step, template is not None)
    if request.form.get("name", step.name) != step.name:
        problem = "Somebody changed the steps after you opened this page. Look at them, and build again."
    if problem or template is None:
        flash(problem, "error")
        return to("outreach.programme", programme_id=found.id)
    batch, made = building.build(found, step, template, letterhead_of(found))
    if batch is None:
        flash(f"Nobody is due for “{step.name}” today, so there is nothing to build.", "error")
        return to("outreach.programme", programme_id=found.id)
    flash(pages.built_says(batch, step) if made else "This batch is open already.", "success")
    return to("outreach.batch", batch_id=batch.id)


def _step_at(found: Programme, position: str) -> Step:
    for step in steps.ensure(found):
        if str(step.position) == position:
            return step
    raise NotFound


def _cannot_build(found: Programme, step: Step, has_template: bool) -> str:
    if found.state != "live":
        return "Make the programme live before you build a batch."
    if not has_template:
        return f"Approve the template “{step.template_name}” in the library first."
    sender = settings_of_pcn()
    if not (sender.phone and sender.address and sender.privacy_url):
        return "Add your phone number, address and privacy page in Settings first: every message needs them."
    return ""


@bp.get("/pcn/<slug>/outreach/batches/<int:batch_id>")
@requires(Permission.SEE_OUTREACH)
def batch(batch_id: int) -> Response:
    """One batch: who is in it, who is held back and why, samples, cost, progress, reconciliation."""
    return _batch_page(batch_id)


@bp.get("/pcn/<slug>/outreach/batches/<int:batch_id>/progress")
@requires(Permission.SEE_OUTREACH)
def progress(batch_id: int) -> Response:
    """The batch's progress; asked for again and again while it is being sent."""
    return _batch_page(batch_id)


def _has_letters(found: Batch, step: Step) -> bool:
    return step.channel == "letter" and found.state != "built"


def _batch_page(batch_id: int) -> Response:
    one = opened(batch_id)
    found, step = one.batch, one.step
    values: dict[str, Any] = {
        "batch": found,
        "step": step,
        "programme": one.programme,
        "kept": one.settings,
        "reckoning": reckon(found.id),
        "letter_parts": letters.parts_of(found) if _has_letters(found, step) else [],
    }
    values["files"] = letters.mark_of(values["letter_parts"])
    if not (htmx and htmx.target == "progress"):
        values |= _around(one, values["reckoning"])
    gateway = gateway_by(step.channel, one.account)
    printed = step.channel == "letter" and not prints(found, gateway)
    moving = pages.is_moving(found, step, values["letter_parts"], values["reckoning"], printed=printed)
    values |= {"gateway_says": gateway.says, "printed": printed, "moving": moving}
    page = render("outreach/batch.jinja", **values, asking=pages.ask_again(request.args, _done(values)))
    if htmx and htmx.target == "progress" and not moving:
        page.headers["HX-Refresh"] = "true"  # what stands around the progress is of a batch still going out
    return page


def _done(values: dict[str, Any]) -> int:
    """How much of a batch is done, so that a page sees whether it has come further."""
    made = sum(part.made_at is not None for part in values["letter_parts"])
    reckoning: Reckoning = values["reckoning"]
    return made + reckoning.people - reckoning.waiting


def _around(one: Opened, reckoning: Reckoning) -> dict[str, Any]:
    """All of the page but its progress."""
    found = listed.people_in(one.batch, reckoning, request.args)
    used = templates_in(one.batch)
    shown = "list of people" if can(Permission.SEE_PEOPLE) else "list of pseudonyms"
    audit.record("viewed", f"batch: {shown}", one.batch.id, count=len(found.rows))
    return {
        "warnings": warnings_of(one.batch, one.step, used) if one.batch.state == "built" else [],
        "samples": samples.samples_of(one.batch, one.step, one.head, [item for item, _ in used]),
        "people": found,
        "form": Form(),
        "wait": pages.next_sending(one.batch, one.step, one.settings, one.quiet),
        "cost": cost_of(one.batch, one.step, reckoning),
    }


@bp.post("/pcn/<slug>/outreach/batches/<int:batch_id>/pause")
@requires(Permission.SEE_OUTREACH)
def pause(batch_id: int) -> Response:
    """Send nothing more until somebody resumes it. Whoever sees a batch may stop it."""
    found, step, _ = batch_at(batch_id)
    if step.channel == "call":
        flash("A call list is not paused. Cancel it, pause the programme, or stop all sending.", "error")
        return to("outreach.batch", batch_id=found.id)
    done = batches.pause(found)
    said = (
        f"Paused. Nothing more is sent until {_who_resumes()}." if done else f"This batch is {found.state}."
    )
    flash(said, "success" if done else "error")
    return to("outreach.batch", batch_id=found.id)


def _who_resumes() -> str:
    may = can(Permission.APPROVE_BATCHES)
    return "you resume it" if may else "a colleague who may approve batches resumes it"


@bp.post("/pcn/<slug>/outreach/batches/<int:batch_id>/resume")
@requires(Permission.APPROVE_BATCHES)
def resume(batch_id: int) -> Response:
    """Go on sending. Of a closed programme nothing goes on."""
    found, step, programme = batch_at(batch_id)
    if programme.state == "closed":
        flash(CLOSED, "error")
        return to("outreach.batch", batch_id=found.id)
    done = batches.resume(found, step)
    goes_on = "The letters are for the printer again" if found.state == "approved" else "Sending goes on"
    said = f"Resumed. {goes_on}." if done else f"This batch is {found.state}."
    flash(said, "success" if done else "error")
    return to("outreach.batch", batch_id=found.id)


@bp.route("/pcn/<slug>/outreach/batches/<int:batch_id>/cancel", methods=["GET", "POST"])
@requires(Permission.BUILD_BATCHES)
def cancel(batch_id: int) -> Response:
    """Ask once more, then send nothing more of this batch ever."""
    found, step, programme = batch_at(batch_id)
    form = Form()
    if form.validate_on_submit():
        done = batches.cancel(found, step)
        said = "Cancelled. Nothing more of this batch is sent." if done else f"This batch is {found.state}."
        flash(said, "success" if done else "error")
        return to("outreach.batch", batch_id=found.id)
    reckoning = reckon(found.id)
    return render(
        "outreach/cancel.jinja", batch=found, step=step, reckoning=reckoning, form=form, programme=programme
    )


@bp.get("/pcn/<slug>/outreach/messages")
@requires(Permission.READ_MESSAGES)
def messages() -> Response:
    """The messages that the captured gateway took."""
    page = page_number(request.args)
    total = db.session.scalar(select(func.count()).select_from(CapturedMessage)) or 0
    statement = select(CapturedMessage).order_by(CapturedMessage.id.desc())
    rows = list(db.session.scalars(statement.limit(listed.A_PAGE).offset((page - 1) * listed.A_PAGE)))
    audit.record("viewed", "messages", count=len(rows))
    return render(
        "outreach/messages.jinja", messages=[(row, *pages.around_link(row.body)) for row in rows],
        paging=listed.Paging(page, total), gateway_says=captured_says(),
    )  # fmt: skip
