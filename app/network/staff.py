"""Who works for an organisation, in which role; invitations, and ending somebody's access."""

from flask import Response, flash, redirect, url_for
from sqlalchemy import func, select, update

from app import audit, clock
from app.fields import Form, error_summary
from app.here import here
from app.network import forms, rules
from app.network.views import EVERY, bp, to
from app.permissions import ROLES, requires
from app.permissions import Permission as P
from app.render import render
from app.signin import invitations
from tenants import described
from tenants.db import db
from tenants.models import Account, Invitation, Membership, Organisation, Practice

PURPOSE = "staff access"


@bp.get(f"{EVERY}/settings/staff")
@requires(P.MANAGE_STAFF)
def staff() -> Response:
    """Who has access, and who is invited."""
    members = db.session.execute(
        select(Membership, Account)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.org_id == here.organisation.id, Membership.ended_at.is_(None))
        .order_by(Account.name, Membership.role)
    ).all()
    live = [rules.Held(membership.id, membership.role) for membership, _ in members]
    endable = {held.id for held in live if rules.may_end(held, live, here.organisation.kind)}
    practices = {row.id: row.name for row in db.session.scalars(select(Practice))}
    return render(
        "network/staff.jinja", members=members, endable=endable, practices=practices,
        invited=_unanswered(), moment=clock.now(), state=rules.invitation_state,
    )  # fmt: skip


def _unanswered() -> list[Invitation]:
    """The newest invitation of each address to each role, where nobody has accepted one."""
    rows = db.session.scalars(select(Invitation).order_by(Invitation.created_at, Invitation.id))
    newest = {(row.email, row.role): row for row in rows}
    return [row for row in newest.values() if row.accepted_at is None and row.withdrawn_at is None]


@bp.route(f"{EVERY}/settings/staff/invite", methods=["GET", "POST"])
@requires(P.MANAGE_STAFF)
def invite() -> Response:
    """Invite a colleague."""
    form = forms.Invite()
    practices = db.session.scalars(select(Practice).order_by(Practice.name)).all()
    form.offer(
        ROLES[here.organisation.kind], [(str(row.id), f"{row.name} ({row.code})") for row in practices]
    )
    if form.validate_on_submit() and (said := _invite(form)):
        flash(*said)
        return to("staff")
    status = 422 if form.is_submitted() else 200
    return render("network/invite.jinja", status, form=form, errors=error_summary(form))


def _invite(form: forms.Invite) -> tuple[str, str] | None:
    """What to say of the invitation; None with the message where they have the role already."""
    _one_at_a_time()
    email, role = described.email(form.email.data), str(form.role.data)
    if any((row.email, row.role) == (email, role) and row.expires_at > clock.now() for row in _unanswered()):
        return f"{form.name.data} was invited already. You can send the invitation again.", "info"
    if _is_member(email, role):
        form.email.errors = [f"This person is a {role} here already. Choose another role or person"]
        return None
    practice = int(form.practice.data) if form.practice.data else None
    invitations.invite(email, str(form.name.data), role, practice)
    return f"We sent an invitation to {email}. The link works once, for 7 days.", "success"


def _one_at_a_time() -> None:
    """Let changes to the staff wait for one another, so that each sees what the last one did."""
    own = select(Organisation.id).where(Organisation.id == here.organisation.id)
    db.session.execute(own.with_for_update())


def _is_member(email: str, role: str) -> bool:
    member = (
        select(Membership.id)
        .join(Account, Account.id == Membership.account_id)
        .where(
            Membership.org_id == here.organisation.id,
            Account.email == email,
            Membership.role == role,
            Membership.ended_at.is_(None),
        )
    )
    return db.session.scalar(member) is not None


@bp.post(f"{EVERY}/settings/invitations/<int:invitation_id>/resend")
@requires(P.MANAGE_STAFF)
def resend(invitation_id: int) -> Response:
    """Send a new link; the one before stops working. Sent twice at once, the second is told so."""
    _one_at_a_time()
    found = db.get_or_404(Invitation, (here.organisation.id, invitation_id))
    newest = {row.id for row in _unanswered()}
    if found.id in newest:
        invitations.invite(found.email, found.name, found.role, found.practice_id)
        flash(f"We sent a new invitation to {found.email}. The earlier link no longer works.", "success")
    else:
        flash("This invitation was accepted, or sent again, already.", "info")
    return to("staff")


@bp.post(f"{EVERY}/settings/invitations/<int:invitation_id>/withdraw")
@requires(P.MANAGE_STAFF)
def withdraw(invitation_id: int) -> Response:
    """Take an invitation back: no link for that address and role works any more."""
    _one_at_a_time()
    found = db.get_or_404(Invitation, (here.organisation.id, invitation_id))
    if found.accepted_at is not None or found.withdrawn_at is not None:
        flash("This invitation was accepted or withdrawn already.", "info")
        return to("staff")
    moment = clock.now()
    open_ones = update(Invitation).where(
        Invitation.org_id == here.organisation.id,
        Invitation.email == found.email,
        Invitation.role == found.role,
        Invitation.accepted_at.is_(None),
    )
    db.session.execute(
        open_ones.values(withdrawn_at=moment, expires_at=func.least(Invitation.expires_at, moment))
    )
    audit.record("withdrew", "invitation", found.id, purpose=PURPOSE, role=found.role)
    flash(f"The invitation to {found.email} is withdrawn.", "success")
    return to("staff")


@bp.route(f"{EVERY}/settings/staff/<int:membership_id>/end", methods=["GET", "POST"])
@requires(P.MANAGE_STAFF)
def end_access(membership_id: int) -> Response:
    """Ask, and then end, somebody's role. The page is asked for first, because access ends at once."""
    form = Form()
    if form.is_submitted():
        _one_at_a_time()
    membership = db.get_or_404(Membership, (here.organisation.id, membership_id))
    person = db.get_or_404(Account, membership.account_id)
    if not _endable(membership):
        flash(f"{person.name} is the last {membership.role} here. Invite another one first.", "info")
        return to("staff")
    if form.validate_on_submit():
        _end(membership, person.name)
        return _after(person)
    return render("network/end_access.jinja", form=form, membership=membership, person=person)


def _after(person: Account) -> Response:
    """Back to the list; whoever ended a role of their own may not see it any more, and starts afresh."""
    own = here.account is not None and person.id == here.account.id
    return redirect(url_for("pages.index"), 303) if own else to("staff")  # type: ignore[return-value]


def _endable(membership: Membership) -> bool:
    rows = db.session.execute(
        select(Membership.id, Membership.role).where(
            Membership.org_id == here.organisation.id, Membership.ended_at.is_(None)
        )
    )
    live = [rules.Held(number, role) for number, role in rows]
    return rules.may_end(rules.Held(membership.id, membership.role), live, here.organisation.kind)


def _end(membership: Membership, name: str) -> None:
    if membership.ended_at is not None:
        flash(f"{name} was no longer a {membership.role} here.", "info")
        return
    membership.ended_at = clock.now()
    audit.record("ended", "staff access", membership.id, purpose=PURPOSE, role=membership.role)
    flash(f"{name} is no longer a {membership.role} here.", "success")
