"""The guided conversation: start it, save its sections, pause it, take it over, finish it."""

from flask import flash, redirect, request, url_for
from werkzeug import Response

from app import audit
from app.care import conversing, parts, people
from app.care.conversing import Notes
from app.care.views import bp
from app.cohorts.release import contact_person
from app.fields import error_summary
from app.people.needs import communication_needs
from app.permissions import P, requires
from app.render import htmx, render
from tenants.db import Json, db


@bp.post("/<int:participant_id>/conversation/start")
@requires(P.HOLD_CONVERSATIONS)
def start(participant_id: int) -> Response:
    """Open the conversation; sent twice, or by two people, it is one conversation."""
    participant, person = contact_person(participant_id)
    if any(hold.stops for hold in people.holds_of(participant, person)):
        flash("A conversation cannot be started: look at what is said at the top of this page.", "info")
        return redirect(url_for("care.participant", participant_id=participant_id))
    new = conversing.start(participant)
    audit.record("started" if new else "opened", "conversation", participant.id, person_id=person.id)
    return redirect(_address(participant_id))


@bp.get("/<int:participant_id>/conversation")
@requires(P.HOLD_CONVERSATIONS)
def conversation(participant_id: int) -> Response:
    """The conversation on one page."""
    participant, person = contact_person(participant_id)
    notes = conversing.notes_of(participant, person)
    if notes is None:
        flash("There is no conversation yet. Start it here.", "info")
        return redirect(url_for("care.participant", participant_id=participant_id))
    audit.record("viewed", "conversation", notes.conversation.id, person_id=person.id)
    return _page(notes, parts.parts_of(notes, posted=False))


@bp.post("/<int:participant_id>/conversation")
@requires(P.HOLD_CONVERSATIONS)
def save_conversation(participant_id: int) -> Response:
    """Keep every section that was changed, then do what the button says."""
    participant, person = contact_person(participant_id)
    notes = conversing.notes_of(participant, person, lock=True)
    if notes is None or notes.conversation.state == "finished":
        flash("This conversation is finished, so nothing was changed.", "info")
        return redirect(url_for("care.participant", participant_id=participant_id))
    forms = parts.parts_of(notes, posted=True)
    asked = request.form.get("do", "save")
    if asked == "take over" or (notes.conversation.state == "paused"):
        conversing.take_over(notes.conversation)
    elif not notes.mine:
        audit.record("viewed", "conversation", notes.conversation.id, person_id=person.id)
        return _page(notes, forms, 422, wrong=[_taken(notes)], conflict=True)
    wrong = _keep(notes, forms, asked)
    audit.record("saved", "conversation", notes.conversation.id, person_id=person.id)
    return _act(notes, forms, asked, wrong)


def _taken(notes: Notes) -> Json:
    text = f"{notes.conversation.held_by} has taken over this conversation. What you entered is not saved yet"
    return {"text": text, "href": "#take-over"}


def _keep(notes: Notes, forms: parts.Parts, asked: str) -> list[Json]:
    """Keep what was changed and the section whose button was pressed; returns what is wrong."""
    wrong: list[Json] = []
    wanted = parts.changed(forms, notes) | ({asked} & forms.keys())
    for key in forms:
        if key not in wanted:
            continue
        if forms[key].validate():
            parts.keep(notes, key, forms[key])
        else:
            wrong += error_summary(forms[key])
    return wrong


def _act(notes: Notes, forms: parts.Parts, asked: str, wrong: list[Json]) -> Response:
    if asked == "finish" and not wrong:
        wrong = [{"text": text, "href": f"#{key}"} for key, text in notes.missing()]
    if wrong:
        db.session.commit()  # what was right stays, though the answer says what is wrong
        return _page(notes, forms, 422, wrong=wrong)
    person_page = url_for("care.participant", participant_id=notes.participant.id)
    if asked == "finish":
        conversing.finish(notes)
        flash("Conversation finished. Make the plan next.", "success")
        return redirect(person_page)
    if asked == "pause":
        conversing.pause(notes.conversation)
        flash("Conversation paused. Everything you entered is saved.", "success")
        return redirect(person_page)
    if not htmx:  # it swaps the form alone, whose ticks say so; the message would wait for another page
        flash("Saved.", "success")
    return redirect(_address(notes.participant.id))


def _page(
    notes: Notes,
    forms: parts.Parts,
    status: int = 200,
    *,
    wrong: list[Json] | None = None,
    conflict: bool = False,
) -> Response:
    if notes.flagged and "flag" not in forms:
        forms = forms | {"flag": parts.parts_of(notes, posted=False)["flag"]}
    return render(
        "care/conversation.jinja",
        status,
        notes=notes,
        forms=forms,
        ticks=conversing.ticks(notes),
        missing=notes.missing(),
        needs=communication_needs(notes.person),
        errors=wrong or None,
        conflict=conflict,
        locked=not conflict and (notes.conversation.state != "open" or not notes.mine),
    )


def _address(participant_id: int) -> str:
    return url_for("care.conversation", participant_id=participant_id)
