"""Pages for whoever has forgotten the password: asking for the mail, and choosing another with its link."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.permissions import public
from app.render import render
from app.signin import resets, rules, sessions
from app.signin.forms import Forgot, NewPassword
from app.signin.throttle import count_try, keys_of, refuse_too_many
from app.signin.views import answer, bp


@bp.route("/forgotten-password", methods=["GET", "POST"])
@public("its answer is the same whether or not an address has an account, and asking often is refused")
def forgot() -> ResponseReturnValue:
    """Ask for a mail with a link to choose another password."""
    form = Forgot()
    if not form.validate_on_submit():
        return answer("signin/forgot.jinja", form)
    keys = keys_of("forgotten password", form.email.data)
    refuse_too_many(keys)
    count_try(keys)
    resets.ask(form.email.data or "")
    return redirect(url_for("signin.forgot_sent"), 303)


@bp.get("/forgotten-password/sent")
@public("says what happens next to everybody alike")
def forgot_sent() -> ResponseReturnValue:
    """Say where to look for the mail, and what to do where there is none."""
    return render("signin/forgot_sent.jinja")


@bp.route("/reset/<token>", methods=["GET", "POST"])
@public("the link was mailed to the account's address, works once within an hour and signs nobody in")
def reset(token: str) -> ResponseReturnValue:
    """Choose another password. Signing in with it still takes the second factor."""
    found = resets.find(token)
    if found is None:
        return render("signin/reset_closed.jinja", 404, state="altered")
    state = rules.link_state(found.row.used_at, found.row.expires_at, clock.now())
    if state != "open":
        return render("signin/reset_closed.jinja", 410, state=state)
    form = NewPassword(found.account.email)
    if not form.validate_on_submit():
        return answer("signin/reset.jinja", form, account=found.account)
    sessions.end_present()
    if not resets.use(found, form.new.data or ""):
        return render("signin/reset_closed.jinja", 410, state="used")
    flash("Your password has changed. You are signed out everywhere: sign in with the new one.", "success")
    return redirect(url_for("signin.enter"), 303)
