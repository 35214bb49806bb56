"""Joining: an invitation accepted, and the authenticator app set up."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from app import clock
from app.here import here
from app.pages import home_of
from app.permissions import public
from app.render import render
from app.signin import codes, credentials, halfway, invitations, rules, sessions
from app.signin.account import NOT_YOURS, show_recovery_codes
from app.signin.forms import Code, GivePassword, Join
from app.signin.throttle import count_try, keys_of, refuse_too_many
from app.signin.views import WRONG_CODE, add_error, answer, bp, go_halfway, start_again
from tenants import scope
from tenants.db import db
from tenants.models import Account, Credential
from tenants.scope import Acting


@bp.route("/invitation/<token>", methods=["GET", "POST"])
@public("the link was mailed to one person, works once and shows nothing but who invited whom")
def invitation(token: str) -> ResponseReturnValue:
    """Accept a place in an organisation, with a new account or the one that the address has."""
    found = invitations.find(token)
    if found is None:
        return render("signin/invitation_closed.jinja", 404, state="altered", found=None)
    state = rules.link_state(found.invitation.accepted_at, found.invitation.expires_at, clock.now())
    if state != "open":
        return _closed(found, state)
    account = credentials.account_of(found.invitation.email)
    return _join_with_account(found, account) if account else _join_anew(found)


def _closed(found: invitations.Found, state: str) -> ResponseReturnValue:
    return render("signin/invitation_closed.jinja", 410, state=state, found=found)


def _join_anew(found: invitations.Found) -> ResponseReturnValue:
    form = Join(found.invitation.email, name=found.invitation.name)
    if not form.validate_on_submit():
        return answer("signin/invitation.jinja", form, found=found, account=None)
    sessions.end_present()
    try:
        account_id = invitations.accept(found, None, form.name.data or "", form.password.data or "")
    except IntegrityError:
        db.session.rollback()
        flash("An account for this address was made just now. Give its password to go on.", "info")
        return redirect(request.path, 303)
    return _accepted(found, account_id)


def _join_with_account(found: invitations.Found, account: Account) -> ResponseReturnValue:
    form = GivePassword()
    if not form.validate_on_submit():
        return answer("signin/invitation.jinja", form, found=found, account=account)
    keys = keys_of("address", account.email)
    refuse_too_many(keys)
    if credentials.recognise(account.email, form.password.data or "") is None:
        count_try(keys)
        add_error(form.password, NOT_YOURS)
        return answer("signin/invitation.jinja", form, found=found, account=account)
    if here.account is None or here.account.id != account.id:
        sessions.end_present()
    return _accepted(found, invitations.accept(found, account))


def _accepted(found: invitations.Found, account_id: int | None) -> ResponseReturnValue:
    if account_id is None:
        return _closed(found, "used")
    onward = home_of(found.organisation)
    if here.account is not None and here.account.id == account_id:
        flash(f"You have joined {found.organisation.name}.", "success")
        return redirect(onward, 303)
    return go_halfway(db.session.get_one(Credential, account_id), onward)


@bp.route("/sign-in/set-up-code", methods=["GET", "POST"])
@public("only for whoever gave a password in the last minutes; anybody else is sent to sign in")
def set_up_code() -> ResponseReturnValue:
    """Show the secret for the authenticator app, and ask for one code as proof that it arrived."""
    waiting = halfway.present(halfway.SET_UP, halfway.REPLACE)
    if waiting is None:
        return start_again()
    secret = halfway.secret(waiting)
    form = Code()
    if form.validate_on_submit():
        step = codes.step_of(secret, form.code.data or "", clock.now())
        if step is not None:
            return _set_up(waiting, secret, step)
        add_error(form.code, WRONG_CODE)
    account = db.session.get_one(Account, waiting.account_id)
    address = codes.address_of(secret, account.email)
    return answer(
        "signin/set_up_code.jinja",
        form,
        picture=codes.picture_of(address),
        address=address,
        secret=codes.in_fours(secret),
        replace=waiting.purpose == halfway.REPLACE,
    )


def _set_up(waiting: halfway.Halfway, secret: str, step: int) -> ResponseReturnValue:
    """Keep the secret. With password and code both given, the person is signed in."""
    replace = waiting.purpose == halfway.REPLACE
    scope.begin(Acting(account=waiting.account_id))
    fresh = credentials.set_second_factor(waiting.account_id, secret, step, replace=replace)
    if fresh is None:
        halfway.end()
        return start_again()
    if not replace:
        sessions.start(waiting.account_id)
    halfway.end()
    return show_recovery_codes(waiting.account_id, fresh, waiting.onward)
