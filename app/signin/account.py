"""One's own account: what it may do, where it is signed in, its password and its recovery codes."""

from flask import abort, flash, redirect, session, url_for
from flask.typing import ResponseReturnValue

from app.here import here
from app.pages import home_of
from app.permissions import signed_in
from app.render import render
from app.sealed import NotOurs, seal_text, unseal_text
from app.signin import credentials, halfway, sessions
from app.signin.forms import ChangePassword, GivePassword, Saved
from app.signin.rules import local_path
from app.signin.throttle import count_try, keys_of, refuse_too_many
from app.signin.views import add_error, answer, bp
from tenants.db import db
from tenants.models import Account, SignedIn

FRESH_CODES = "recovery codes"
NOT_YOURS = "That is not your password. Try again"


def me() -> Account:
    """The account signed in; a route declared `signed_in` has one."""
    if here.account is None:
        abort(404)
    return here.account


@bp.get("/account")
@signed_in
def account() -> ResponseReturnValue:
    """Who I am here, where I am signed in, and what I sign in with."""
    return render(
        "signin/account.jinja",
        home_of=home_of,
        sessions=sessions.live(me().id),
        recovery_codes_left=credentials.recovery_codes_left(me().id),
    )


@bp.post("/account/sessions/<int:session_id>/end")
@signed_in
def end_session(session_id: int) -> ResponseReturnValue:
    """End one of my sessions."""
    db.get_or_404(SignedIn, (me().id, session_id))
    ended = sessions.end(me().id, session_id)
    flash("That session has ended." if ended else "That session had ended already.", "success")
    return redirect(url_for("signin.account"), 303)


@bp.post("/account/sessions/end-others")
@signed_in
def end_others() -> ResponseReturnValue:
    """End all my sessions but this one."""
    ended = sessions.end_others(me().id, here.session.id if here.session else None)
    flash("You are signed in only here now." if ended else "You were signed in only here.", "success")
    return redirect(url_for("signin.account"), 303)


@bp.route("/account/password", methods=["GET", "POST"])
@signed_in
def change_password() -> ResponseReturnValue:
    """Choose another password; every other session ends."""
    form = ChangePassword(me().email)
    if not form.validate_on_submit() or not _gave_password(form):
        return answer("signin/change_password.jinja", form)
    credentials.set_password(me().id, form.new.data or "")
    sessions.end_others(me().id, here.session.id if here.session else None)
    flash("Your password has changed. If you were signed in anywhere else, you are not any more.", "success")
    return redirect(url_for("signin.account"), 303)


@bp.route("/account/new-recovery-codes", methods=["GET", "POST"])
@signed_in
def new_recovery_codes() -> ResponseReturnValue:
    """Make ten new recovery codes; the old ones stop working."""
    form = GivePassword()
    if not form.validate_on_submit() or not _gave_password(form):
        return answer("signin/new_recovery_codes.jinja", form)
    return show_recovery_codes(me().id, credentials.renew_recovery_codes(me().id), url_for("signin.account"))


@bp.route("/account/another-phone", methods=["GET", "POST"])
@signed_in
def another_phone() -> ResponseReturnValue:
    """Set up the authenticator app again, on another phone; the old one works until the new one has."""
    form = GivePassword()
    if not form.validate_on_submit() or not _gave_password(form):
        return answer("signin/another_phone.jinja", form)
    halfway.begin(me().id, halfway.REPLACE, url_for("signin.account"))
    return redirect(url_for("signin.set_up_code"), 303)


def _gave_password(form: ChangePassword | GivePassword) -> bool:
    keys = keys_of("password", me().id)
    refuse_too_many(keys)
    if credentials.has_password(me().id, form.password.data or ""):
        return True
    count_try(keys)
    add_error(form.password, NOT_YOURS)
    return False


def show_recovery_codes(account_id: int, fresh: list[str], onward: str) -> ResponseReturnValue:
    """To the page that shows `fresh`. They wait in the cookie, sealed, until their owner has saved them."""
    sealed = seal_text("\n".join(fresh), f"{FRESH_CODES} to show to account {account_id}")
    session[FRESH_CODES] = {"sealed": sealed, "onward": onward}
    return redirect(url_for("signin.recovery_codes"), 303)


@bp.route("/account/recovery-codes", methods=["GET", "POST"])
@signed_in
def recovery_codes() -> ResponseReturnValue:
    """Show the ten new codes until they are saved, and never after."""
    kept = session.get(FRESH_CODES, {})
    try:
        fresh = unseal_text(kept.get("sealed", ""), f"{FRESH_CODES} to show to account {me().id}").split("\n")
    except NotOurs:
        return redirect(url_for("signin.account"), 303)
    form = Saved()
    if not form.validate_on_submit():
        return answer("signin/recovery_codes.jinja", form, codes=fresh)
    session.pop(FRESH_CODES)
    return redirect(local_path(kept["onward"]) or url_for("pages.index"), 303)
