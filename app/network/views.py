"""The ICB's pages: the overview without people, its PCNs and partners, and onboarding."""

from flask import Blueprint, Response, abort, flash, redirect, url_for
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app import audit
from app.fields import error_summary
from app.here import here
from app.network import forms, onboarding, overviews
from app.network.rules import LEADING
from app.permissions import Permission as P
from app.permissions import requires
from app.render import render
from tenants import described, lifecycle
from tenants.db import db
from tenants.models import Organisation
from tenants.onboarding import Onboarding, StaffEntry

bp = Blueprint("network", __name__)

EVERY = "/<any(pcn,icb,partner):kind>/<slug>"
NOW_TAKEN = "Somebody has just used this. Choose another"


def to(endpoint: str, **values: object) -> Response:
    """Redirect to a page of this room after something was done."""
    return redirect(url_for(f"network.{endpoint}", **values), 303)  # type: ignore[arg-type,return-value]


@bp.get("/icb/<slug>/overview")
@requires(P.SEE_OVERVIEW)
def overview() -> Response:
    """PCNs and their programmes, from the figures that they have published."""
    pcns = overviews.pcns()
    stages = overviews.stages(pcns)
    return render("network/overview.jinja", pcns=pcns, stages=stages, figure=overviews.figure)


@bp.get("/icb/<slug>/pcns")
@requires(P.ONBOARD)
def pcns() -> Response:
    """The PCNs of the ICB, and when each last shared something."""
    return render("network/pcns.jinja", pcns=overviews.pcns())


@bp.get("/icb/<slug>/partners")
@requires(P.ONBOARD)
def partners() -> Response:
    """The partners of the ICB and what they offer."""
    return render("network/partners.jinja", partners=overviews.partners())


@bp.route("/icb/<slug>/pcns/onboard", methods=["GET", "POST"])
@requires(P.ONBOARD)
def onboard_pcn() -> Response:
    """Onboard a PCN: its practices and its first manager."""
    form = forms.OnboardPcn()
    if not form.is_submitted():
        return render("network/onboard_pcn.jinja", form=form)
    if done := _done_before(form):
        return _already(done)
    plan = onboarding.pcn_of(form, here.organisation)
    if plan and (made := _onboard(plan, form)):
        flash(f"{form.name.data} is onboarded. We invited {form.manager_name.data}.", "success")
        return to("organisation", organisation_id=made)
    return render("network/onboard_pcn.jinja", 422, form=form, errors=error_summary(form))


@bp.route("/icb/<slug>/partners/onboard", methods=["GET", "POST"])
@requires(P.ONBOARD)
def onboard_partner() -> Response:
    """Onboard a partner and its coordinator."""
    form = forms.OnboardPartner()
    if not form.is_submitted():
        return render("network/onboard_partner.jinja", form=form)
    if done := _done_before(form):
        return _already(done)
    plan = onboarding.partner_of(form, here.organisation)
    if plan and (made := _onboard(plan, form)):
        flash(f"{form.name.data} is onboarded. We invited {form.coordinator_name.data}.", "success")
        return to("organisation", organisation_id=made)
    return render("network/onboard_partner.jinja", 422, form=form, errors=error_summary(form))


def _done_before(form: forms.OnboardPcn | forms.OnboardPartner) -> int | None:
    """The organisation that this very form has made already, where it is sent twice."""
    if not form.form_key.data:
        return None
    statement = select(audit.AuditEvent.subject_id).where(
        audit.AuditEvent.org_id == here.organisation.id,
        audit.AuditEvent.action == "onboarded",
        audit.AuditEvent.detail["form_key"].as_string() == form.form_key.data,
    )
    return db.session.scalars(statement.limit(1)).one_or_none()


def _already(organisation_id: int) -> Response:
    flash("It was onboarded the first time you sent the form. Nothing was done twice.", "info")
    return to("organisation", organisation_id=organisation_id)


def _onboard(plan: Onboarding, form: forms.OnboardPcn | forms.OnboardPartner) -> int | None:
    """The id of the new organisation; None with a message where its address was taken a moment ago.

    Commits as the new organisation, in whose own transaction its rows are written.
    """
    try:
        report = lifecycle.onboard(plan, onboarding.ROOMS)
    except IntegrityError:
        form.slug.errors = [NOW_TAKEN]
        return None
    entry = plan.pcn or plan.partners[0]
    made = report.ids[entry.slug]
    kind = "PCN" if plan.pcn else "partner"
    audit.record("onboarded", kind, made, purpose="running the service", form_key=form.form_key.data)
    return made


@bp.get("/icb/<slug>/organisations/<int:organisation_id>")
@requires(P.ONBOARD)
def organisation(organisation_id: int) -> Response:
    """How far the onboarding of a PCN or partner is, and what comes next."""
    return _organisation_page(_own(organisation_id), forms.InviteFirst())


@bp.post("/icb/<slug>/organisations/<int:organisation_id>/invite")
@requires(P.ONBOARD)
def invite_first(organisation_id: int) -> Response:
    """Invite somebody to lead an organisation that nobody leads yet.

    Commits as that organisation, whose row the invitation is; the ICB may do so until somebody leads it.
    """
    found = _own(organisation_id)
    form = forms.InviteFirst()
    if not form.validate_on_submit():
        return _organisation_page(found, form, 422)
    email = described.email(form.email.data)
    person = StaffEntry(str(form.name.data), email, LEADING[found.kind])
    if lifecycle.invite_first(found, person, onboarding.ROOMS) is None:
        flash(f"{found.name} has a {LEADING[found.kind]} now, who invites its staff.", "info")
    else:
        audit.record("invited", LEADING[found.kind], found.id, purpose="running the service")
        flash(f"We sent an invitation to {email}.", "success")
    return to("organisation", organisation_id=found.id)


def _own(organisation_id: int) -> Organisation:
    """The PCN or partner of this ICB with that id; 404 where there is none."""
    found = db.session.get(Organisation, organisation_id)
    if found is None or found.icb_id != here.organisation.id or found.kind == "icb" or found.closed_at:
        abort(404)
    return found


def _organisation_page(found: Organisation, form: forms.InviteFirst, status: int = 200) -> Response:
    role = LEADING[found.kind]
    led = lifecycle.is_led(found, role)
    shared = overviews.last_shared(found.id)
    errors = error_summary(form) if status == 422 else []
    return render(
        "network/organisation.jinja",
        status,
        found=found,
        role=role,
        led=led,
        shared=shared,
        form=form,
        errors=errors,
    )
