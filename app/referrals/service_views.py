"""What the partner offers: list, add, change, pause and open again."""

from flask import flash, redirect, request, url_for
from sqlalchemy import select
from werkzeug import Response
from werkzeug.exceptions import NotFound

from app import audit, clock
from app.fields import error_summary
from app.here import here
from app.permissions import P, requires
from app.referrals.forms import ServiceForm
from app.referrals.models import Service
from app.referrals.views import bp
from app.render import render
from tenants import scope
from tenants.db import db

TAKEN = "You already offer a service of this name. Enter another name, or change that one"


@bp.get("/partner/<slug>/services")
@requires(P.SEE_INBOX)
def services() -> Response:
    """What we offer, as every PCN in the ICB sees it."""
    statement = select(Service).where(Service.origin_org_id == here.organisation.id).order_by(Service.name)
    return render("referrals/services.jinja", services=list(db.session.scalars(statement)))


@bp.route("/partner/<slug>/services/add", methods=["GET", "POST"])
@requires(P.OFFER_SERVICES)
def add_service() -> Response:
    """Offer another service."""
    form = ServiceForm(data={"capacity": "taking referrals"})
    if request.method == "POST" and _fine(form, None):
        service = Service(origin_name=here.organisation.name, published_at=clock.now(), **_values(form))
        db.session.add(service)
        db.session.flush()
        audit.record("added", "service", service.id, purpose="service directory")
        return _saved()
    return _form(form, "Add a service")


@bp.route("/partner/<slug>/services/<int:service_id>", methods=["GET", "POST"])
@requires(P.OFFER_SERVICES)
def edit_service(service_id: int) -> Response:
    """Change a service of ours."""
    service = _own(service_id)
    form = ServiceForm(obj=service)
    if request.method == "POST" and _fine(form, service):
        for name, value in _values(form).items():
            setattr(service, name, value)
        audit.record("changed", "service", service.id, purpose="service directory")
        return _saved()
    return _form(form, "Change a service")


@bp.post("/partner/<slug>/services/<int:service_id>/pause")
@requires(P.OFFER_SERVICES)
def pause_service(service_id: int) -> Response:
    """Stop or start taking referrals, as the button said."""
    service = _own(service_id)
    service.capacity = "taking referrals" if request.form.get("do") == "open" else "paused"
    audit.record("changed", "service", service.id, purpose="service directory", capacity=service.capacity)
    flash("Paused. Nobody can refer to it now." if service.capacity == "paused" else "Open again.", "success")
    return redirect(url_for("referrals.services"))


def _own(service_id: int) -> Service:
    service = db.session.get(Service, (scope.current().icb, service_id))
    if service is None or service.origin_org_id != here.organisation.id:
        raise NotFound
    return service


def _fine(form: ServiceForm, own: Service | None) -> bool:
    if not form.validate():
        return False
    same = db.session.scalars(
        select(Service).where(Service.origin_org_id == here.organisation.id, Service.name == form.name.data)
    ).one_or_none()
    if same is not None and same is not own:
        form.name.errors = [TAKEN]
        return False
    return True


def _values(form: ServiceForm) -> dict[str, str | int]:
    return {name: value for name, value in form.data.items() if name != "csrf_token"}


def _form(form: ServiceForm, heading: str) -> Response:
    wrong = error_summary(form) if request.method == "POST" else None
    return render("referrals/service.jinja", 422 if wrong else 200, form=form, heading=heading, errors=wrong)


def _saved() -> Response:
    flash("Service saved.", "success")
    return redirect(url_for("referrals.services"))
