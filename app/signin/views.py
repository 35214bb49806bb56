"""Signing in and out: password, then code; and the organisation to work for."""

from typing import Any

from flask import Blueprint, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user
from wtforms import Field

from app.fields import error_summary
from app.here import here
from app.pages import home_of
from app.permissions import public, signed_in
from app.render import render
from app.signin import credentials, halfway, sessions
from app.signin.forms import Code, Enter, RecoveryCode
from app.signin.needed import say_what_was_lost
from app.signin.rules import local_path
from app.signin.throttle import count_try, keys_of, refuse_too_many
from tenants import scope
from tenants.models import Credential
from tenants.scope import Acting

bp = Blueprint("signin", __name__)

WRONG = "The email address or the password is not right. Check both and try again"
WRONG_CODE = "That code is not right. Wait for the next code in your app, then enter it"
WRONG_RECOVERY_CODE = "That is not one of your recovery codes, or it was used before. Try another one"


@bp.route("/sign-in", methods=["GET", "POST"])
@public("the way in; it never says whether an address has an account")
def enter() -> ResponseReturnValue:
    """Ask for e-mail address and password."""
    onward, lost = local_path(request.args.get("next", "")), "lost" in request.args
    if here.account is not None and request.method == "GET":
        say_what_was_lost(lost=lost)
        return redirect(onward or url_for("pages.index"))
    form = Enter()
    if not form.validate_on_submit():
        return answer("signin/enter.jinja", form)
    keys = keys_of("address", form.email.data)
    refuse_too_many(keys)
    credential = credentials.recognise(form.email.data or "", form.password.data or "")
    if credential is None:
        count_try(keys)
        form.form_errors.append(WRONG)
        return answer("signin/enter.jinja", form)
    sessions.end_present()
    return go_halfway(credential, onward, lost=lost)


def go_halfway(credential: Credential, onward: str, *, lost: bool = False) -> ResponseReturnValue:
    """On to the second factor of whose password was given: asking for it, or setting it up the first time."""
    ready = credential.totp_confirmed_at is not None
    halfway.begin(credential.account_id, halfway.CODE if ready else halfway.SET_UP, onward, lost=lost)
    return redirect(url_for("signin.code" if ready else "signin.set_up_code"), 303)


@bp.route("/sign-in/code", methods=["GET", "POST"])
@public("only for whoever gave a password in the last five minutes; anybody else is sent to sign in")
def code() -> ResponseReturnValue:
    """Ask for the code in the authenticator app."""
    return _second_factor(Code(), "signin/code.jinja", credentials.spend_code, WRONG_CODE)


@bp.route("/sign-in/recovery-code", methods=["GET", "POST"])
@public("only for whoever gave a password in the last five minutes; anybody else is sent to sign in")
def recovery() -> ResponseReturnValue:
    """Ask for a recovery code instead."""
    return _second_factor(
        RecoveryCode(), "signin/recovery.jinja", credentials.spend_recovery_code, WRONG_RECOVERY_CODE
    )


def _second_factor(form: Any, template: str, spend: Any, wrong: str) -> ResponseReturnValue:
    waiting = halfway.present(halfway.CODE)
    if waiting is None:
        return start_again()
    if not form.validate_on_submit():
        return answer(template, form)
    keys = keys_of("second factor", waiting.account_id)
    refuse_too_many(keys)
    scope.begin(Acting(account=waiting.account_id))
    if not spend(waiting.account_id, form.code.data):
        count_try(keys)
        add_error(form.code, wrong)
        return answer(template, form)
    return _finish(waiting, with_recovery_code=spend == credentials.spend_recovery_code)


def _finish(waiting: halfway.Halfway, *, with_recovery_code: bool) -> ResponseReturnValue:
    sessions.start(waiting.account_id)
    if with_recovery_code:
        left = credentials.recovery_codes_left(waiting.account_id)
        flash(
            f"You used a recovery code. You have {left} left. If you do not have your phone any more, "
            "go to your account and set up another one."
        )
    say_what_was_lost(lost=waiting.lost)
    return redirect(waiting.onward or url_for("pages.index"), 303)


def start_again() -> ResponseReturnValue:
    """To the sign-in page: nobody is halfway, or too much time has passed."""
    flash("That took too long, so we stopped to keep your account safe. Sign in again.", "info")
    lost = "yes" if halfway.lost() else None
    return redirect(url_for("signin.enter", next=halfway.onward() or None, lost=lost), 303)


def answer(template: str, form: Any, **values: Any) -> ResponseReturnValue:
    """The page with `form`: 422 where it was sent and is not right."""
    errors = error_summary(form)
    return render(template, 422 if errors else 200, form=form, errors=errors, **values)


def add_error(field: Field, message: str) -> None:
    """Say `message` at `field`."""
    field.errors = [*field.errors, message]


@bp.post("/sign-out")
@public("ends only the session it is asked with")
def leave() -> ResponseReturnValue:
    """Sign out."""
    if here.account is not None and here.session is not None:
        sessions.end(here.account.id, here.session.id)
    logout_user()
    session.clear()
    flash("You have signed out.")
    return redirect(url_for("signin.enter"), 303)


@bp.get("/session/remaining")
@public("says only how long the session it is asked with still lasts")
def remaining() -> ResponseReturnValue:
    """Seconds until the session ends, without prolonging it; 0 where there is none."""
    if here.session is None:
        return {"seconds": 0, "can_stay": False}
    return {"seconds": sessions.seconds_left(here.session), "can_stay": sessions.can_stay(here.session)}


@bp.get("/session/stay")
@signed_in
def stay() -> ResponseReturnValue:
    """Stay signed in: being asked for prolongs the session."""
    return remaining()


@bp.get("/organisations")
@signed_in
def choose() -> ResponseReturnValue:
    """The organisations to choose from, or what to do where there is none."""
    return render("signin/choose.jinja", home_of=home_of)
