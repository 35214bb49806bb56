"""Finding a person, and the page of one."""

from flask import Blueprint, Response, request

from app import audit
from app.care import people, timeline
from app.care.forms import SearchForm
from app.care.rules import next_step, why_nothing
from app.care.sections import sections_of
from app.cohorts.release import contact_person
from app.fields import error_summary
from app.here import can
from app.people.needs import communication_needs
from app.permissions import P, requires
from app.render import render

bp = Blueprint("care", __name__, url_prefix="/pcn/<slug>/people")


@bp.get("")
@requires(P.SEE_PEOPLE)
def search() -> Response:
    """People by NHS number or name; nothing until asked. The words typed are not recorded."""
    if "q" not in request.args:
        return render("care/search.jinja", form=SearchForm(formdata=None), found=None)
    form = SearchForm(request.args)
    try:
        found = people.find(form.q.data or "") if form.validate() else None
    except people.NotAnNhsNumber as error:
        form.q.errors, found = [str(error)], None
    if found is None:
        return render("care/search.jinja", 422, form=form, found=None, errors=error_summary(form))
    audit.record("searched", "people", count=len(found))
    return render("care/search.jinja", form=form, found=found[: people.MOST], more=len(found) > people.MOST)


@bp.get("/<int:participant_id>")
@requires(P.SEE_PEOPLE)
def participant(participant_id: int) -> Response:
    """One person in one programme: needs and holds first, then where they are and what is next."""
    who, person = contact_person(participant_id)
    near = people.around(who, person)
    holds = people.holds_of(who, person)
    stopped = any(hold.stops for hold in holds)
    step = next_step(
        who.status,
        near.conversation.state if near.conversation else None,
        near.plan.state if near.plan else None,
        stopped=stopped,
    )
    audit.record("viewed", "person", who.id, person_id=person.id)
    return render(
        "care/participant.jinja",
        participant=who,
        person=person,
        near=near,
        holds=holds,
        needs=communication_needs(person),
        step=step,
        nothing=why_nothing(who.status, stopped=stopped),
        may_act=can(P.HOLD_CONVERSATIONS),
        timeline=timeline.timeline_of(who.id),
        sections=sections_of(who, person),
        looks=timeline.looks_at(person.id),
    )
