"""People whom we cannot reach: who they are, what to do, and what was decided."""

from typing import Any

from flask import Response, flash, request, url_for
from werkzeug.exceptions import NotFound
from wtforms.validators import Length

from app import audit
from app.addresses import page_number
from app.cohorts.release import contact_person
from app.fields import Form, Needed, error_summary, radio_field, text_field
from app.here import can
from app.outreach import turns, unreached
from app.outreach.booking_forms import BookedForm
from app.outreach.listed import A_PAGE
from app.outreach.unreached import LEAVE, TRY_AGAIN, Unreached
from app.outreach.views import bp, to
from app.paging import pagination_of
from app.permissions import Permission, requires
from app.programmes.today import Todo
from app.render import date, htmx, render

STILL = "Saved, but no step can reach them as things are, so they stay in this list."


class DecideForm(Form):
    """What is done about somebody who could not be reached."""

    decision = radio_field(
        "What do you want to do?",
        [(TRY_AGAIN, "Try again"), (LEAVE, "Leave it at that")],
        Needed("Choose whether to try again"),
    )
    note = text_field(
        "Why?",
        Needed("Write what has changed, or why nothing more is done"),
        Length(max=500, message="Make the note 500 characters or fewer"),
        hint="For example: the practice has a new number; or: Braille letter ordered on 3 November.",
        component="textarea",
        rows=3,
    )


@bp.get("/pcn/<slug>/outreach/cannot-reach")
@requires(Permission.SEE_OUTREACH)
def everybody_unreached() -> Response:
    """People of every live programme whom no step could reach; for the page "Today" only how many."""
    return _number() if htmx and htmx.target == "unreached" else _listed(None)


def _number() -> Response:
    """How many of them wait for somebody to decide, with the way to their list."""
    number = sum(not one.is_left for one in unreached.everyone_unreached()[1])
    audit.record("viewed", "number of people who cannot be reached", count=number, purpose=unreached.PURPOSE)
    words = "person whom we cannot reach" if number == 1 else "people whom we cannot reach"
    todo = Todo(f"{words}: decide what to do", url_for("outreach.everybody_unreached"), number)
    return render("outreach/everybody_unreached.jinja", todos=[todo] if number else [])


@bp.get("/pcn/<slug>/programmes/<int:programme_id>/outreach/cannot-reach")
@requires(Permission.SEE_OUTREACH)
def cannot_reach(programme_id: int) -> Response:
    """People of one programme whom no step could reach."""
    return _listed(programme_id)


def _listed(programme_id: int | None) -> Response:
    programme, found = unreached.everyone_unreached(programme_id)
    if programme is None and programme_id is not None:
        raise NotFound
    parts = {
        "waiting": [one for one in found if not one.is_left],
        "left": [one for one in found if one.is_left],
    }
    show = "left" if request.args.get("show") == "left" else "waiting"
    pages = max(1, -(-len(parts[show]) // A_PAGE))
    page = min(page_number(request.args), pages)
    rows = parts[show][(page - 1) * A_PAGE : page * A_PAGE]
    shown = "list of people" if can(Permission.SEE_PEOPLE) else "list of pseudonyms"
    audit.record("viewed", f"cannot be reached: {shown}", count=len(rows), purpose=unreached.PURPOSE)
    return render(
        "outreach/cannot_reach.jinja", programme=programme, show=show, rows=rows, pages=pages, page=page,
        counts={name: len(some) for name, some in parts.items()}, pagination=pagination_of(page, pages),
    )  # fmt: skip


@bp.route("/pcn/<slug>/outreach/cannot-reach/<int:participant_id>", methods=["GET", "POST"])
@requires(Permission.MAKE_CALLS)
def decide_about(participant_id: int) -> Response:
    """Try somebody again, or leave it at that."""
    participant, person = contact_person(participant_id)
    found = unreached.one_unreached(participant)
    if found is None:
        return _nothing_to_decide()
    form = DecideForm()
    if form.validate_on_submit():
        unreached.decide(found, str(form.decision.data), str(form.note.data))
        still = unreached.one_unreached(participant) if form.decision.data == TRY_AGAIN else None
        said = f"{STILL} {still.to_do}" if still else _said(found, str(form.decision.data))
        flash(said, "info" if still else "success")
        return to("outreach.everybody_unreached")
    audit.record("viewed", "person", participant.id, person_id=person.id, purpose=unreached.PURPOSE)
    errors = error_summary(form)
    values: dict[str, Any] = {"found": found, "person": person, "form": form, "errors": errors}
    return render("outreach/decide_about.jinja", 422 if errors else 200, **values)


@bp.route("/pcn/<slug>/outreach/cannot-reach/<int:participant_id>/interpreter", methods=["GET", "POST"])
@requires(Permission.MAKE_CALLS)
def arrange_call(participant_id: int) -> Response:
    """For which day and time an interpreter is booked, so that somebody who signs can be rung after all."""
    participant, person = contact_person(participant_id)
    found = unreached.one_unreached(participant)
    if found is None or not found.by_signs:
        return _nothing_to_decide()
    form = BookedForm()
    if form.validate_on_submit() and form.day.data:
        unreached.arrange(found, form.day.data, str(form.time.data), form.note.data or "")
        flash(f"Saved. They are on the call list for {date(form.day.data)}.", "success")
        return to("outreach.everybody_unreached")
    audit.record("viewed", "person", participant.id, person_id=person.id, purpose=unreached.PURPOSE)
    errors = error_summary(form)
    values: dict[str, Any] = {"found": found, "person": person, "form": form, "errors": errors}
    return render("outreach/arrange_call.jinja", 422 if errors else 200, **values)


def _nothing_to_decide() -> Response:
    flash("There is nothing to decide: a step is under way for this person, or they answered.", "info")
    return to("outreach.everybody_unreached")


def _said(found: Unreached, decision: str) -> str:
    if decision == LEAVE:
        return "Saved. Nothing more is done, unless somebody tries again."
    if found.reason == turns.ASK_AGAIN:
        return "Saved. They are on the call list for the day that they named."
    if found.who.facts.status == "engaged" or found.reason == unreached.OFF_THE_LIST:
        return "Saved. They are on the call list again."
    return "Saved. The first step that can reach them is due for them again."
