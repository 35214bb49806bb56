"""Helping a member of staff back in who has lost the phone and the recovery codes."""

from flask import Response, flash

from app.fields import Form
from app.here import here
from app.network.views import EVERY, bp, to
from app.permissions import Permission, requires
from app.render import render
from app.signin import second_factor
from tenants.db import db
from tenants.models import Account, Membership

SAID = {
    second_factor.RESET: "{name} sets up a second factor at the next sign-in. We have told them by email.",
    second_factor.NOT_SET_UP: "{name} has no second factor now. They set one up at the next sign-in.",
    second_factor.ELSEWHERE: "{name} works for another organisation in Oast too, so you cannot reset their "
    "second factor. The people who run Oast can: ask them, and give {email}.",
}
OWN = "You cannot reset your own second factor here. Choose “Set up another phone” under Account."
LEFT = "{name} does not work here any more."


@bp.route(f"{EVERY}/settings/staff/<int:membership_id>/reset-second-factor", methods=["GET", "POST"])
@requires(Permission.MANAGE_STAFF)
def reset_second_factor(membership_id: int) -> Response:
    """Ask, and then take the second factor from a member, who sets it up anew at the next sign-in."""
    membership = db.get_or_404(Membership, (here.organisation.id, membership_id))
    person = db.get_or_404(Account, membership.account_id)
    if why_not := _why_not(membership, person):
        return _back(why_not, "info", person)
    form = Form()
    if form.validate_on_submit():
        by = f"{here.name} at {here.organisation.name}"
        outcome = second_factor.reset_for_member(here.organisation, person, by)
        return _back(SAID[outcome], "success" if outcome == second_factor.RESET else "info", person)
    return render("network/reset_second_factor.jinja", form=form, person=person)


def _why_not(membership: Membership, person: Account) -> str:
    """What stands against it, to be said; empty where nothing does."""
    if here.account is not None and person.id == here.account.id:
        return OWN
    if membership.ended_at is not None:
        return LEFT
    state = second_factor.state_of(here.organisation, person.id)
    return "" if state == second_factor.SET_UP else SAID[state]


def _back(said: str, category: str, person: Account) -> Response:
    flash(said.format(name=person.name, email=person.email), category)
    return to("staff")
