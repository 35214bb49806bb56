"""The service accounts of a PCN: what acts when extracts arrive at night, and nobody is signed in."""

from flask import Response, flash
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import NotFound
from wtforms.validators import Length

from app.fields import Form, Needed, error_summary, text_field
from app.here import here
from app.network.views import bp, to
from app.people import service_accounts as accounts
from app.people.import_models import ServiceAccount
from app.permissions import Permission as P
from app.permissions import requires
from app.render import render
from tenants.db import db


class AddServiceAccount(Form):
    """The name that what it does is put down to."""

    name = text_field(
        "Name",
        Needed("Enter a name for the service account"),
        Length(max=100, message="Write no more than 100 characters"),
        hint="For what it does, like “Night extracts”. It stands in the activity list beside what it did.",
    )


@bp.route("/pcn/<slug>/settings/service-accounts", methods=["GET", "POST"])
@requires(P.MANAGE_SETTINGS)
def service_accounts() -> Response:
    """The service accounts, and one more."""
    form = AddServiceAccount()
    if form.validate_on_submit() and _added(form):
        flash(f"{form.name.data} is added. Commands can act as it from now on.", "success")
        return to("service_accounts")
    status = 422 if form.is_submitted() else 200
    listed = accounts.service_accounts()
    return render(
        "network/service_accounts.jinja", status, form=form, errors=error_summary(form), accounts=listed
    )


def _added(form: AddServiceAccount) -> bool:
    try:
        with db.session.begin_nested():
            accounts.add(str(form.name.data), here.name)
    except IntegrityError:
        form.name.errors = ["There is a service account with this name, or was. Enter another one"]
        return False
    return True


@bp.post("/pcn/<slug>/settings/service-accounts/<int:service_account_id>/end")
@requires(P.MANAGE_SETTINGS)
def end_service_account(service_account_id: int) -> Response:
    """Let nothing act as it any more."""
    account = db.session.get(ServiceAccount, (here.organisation.id, service_account_id), with_for_update=True)
    if account is None:
        raise NotFound
    ended = accounts.end(account)
    words = "is ended. Commands that act as it stop working" if ended else "was ended already"
    flash(f"{account.name} {words}.", "success" if ended else "info")
    return to("service_accounts")
