"""Everybody in a programme accounted for: where each is now, and what was tried at each step."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Response, request
from werkzeug.exceptions import NotFound

from app import audit, clock
from app.addresses import page_number
from app.here import can
from app.outreach import accounted, listed, turns
from app.outreach.listed import Line, Paging, People
from app.outreach.models import Contact, Step
from app.outreach.reckoning import NOBODY, reckon_steps
from app.outreach.steps import steps_of
from app.outreach.views import bp
from app.permissions import Permission, requires
from app.programmes.listing import programme_at
from app.programmes.models import Programme
from app.render import date, render


@bp.get("/pcn/<slug>/programmes/<int:programme_id>/outreach/everybody")
@requires(Permission.SEE_OUTREACH)
def everybody(programme_id: int) -> Response:
    """Each of the programme's people in one place, and the sum of what was tried at each step."""
    programme = programme_at(programme_id)
    steps = steps_of(programme)
    found = turns.everybody(programme, steps)
    tried = reckon_steps([step.id for step in steps if step.id])
    return render(
        "outreach/everybody.jinja", programme=programme, people=len(found),
        groups=accounted.groups_of(found, steps), hidden=hidden(),
        tried=[(step, tried.get(step.id, NOBODY)) for step in steps],
    )  # fmt: skip


@bp.get("/pcn/<slug>/programmes/<int:programme_id>/outreach/everybody/people")
@requires(Permission.SEE_OUTREACH)
def see_place(programme_id: int) -> Response:
    """The people behind one of these numbers: in a place now, or in a state at a step."""
    programme, names = programme_at(programme_id), ("place", "step", "state", "reason")
    steps = steps_of(programme)
    step = _step(steps, request.args.get("step", ""))
    people, title = _at_step(programme, step) if step else _in_place(programme, steps)
    shown = "list of people" if can(Permission.SEE_PEOPLE) else "list of pseudonyms"
    audit.record(
        "viewed", f"outreach: {shown}", programme.id, count=len(people.rows), of=people.paging.total,
        where=title,
    )  # fmt: skip
    kept = {name: value for name, value in request.args.items() if name in names}
    return render("outreach/see_place.jinja", programme=programme, people=people, title=title, kept=kept)


def _step(steps: Sequence[Step], position: str) -> Step | None:
    return next((step for step in steps if step.id and str(step.position) == position), None)


def _at_step(programme: Programme, step: Step) -> tuple[People, str]:
    counted = reckon_steps([step.id]).get(step.id, NOBODY)
    people = listed.contacts_of(programme.id, Contact.step_id == step.id, counted, request.args)
    said = ": ".join(part for part in (people.state, people.reason) if part) or "everybody tried"
    return people, f"Step {step.position}, {step.name}: {said}"


def _in_place(programme: Programme, steps: Sequence[Step]) -> tuple[People, str]:
    """Those in the place that the address names. Planners are not told who is held back for which reason."""
    key = request.args.get("place", "")
    group, _, reason = key.partition(":")
    found = turns.everybody(programme, steps)
    days = {one.participant_id: place.on for one, place in found if place.where in accounted.OF_STEPS}
    if not key:
        return _page([one.participant_id for one, _ in found], programme, days), "Everybody"
    places = {group.key: group for group in accounted.groups_of(found, steps)}
    if group not in places or (reason and group in hidden()):
        raise NotFound
    ids = accounted.in_place(found, key)
    if not ids:
        raise NotFound
    spot = next((spot.title for spot in places[group].spots if spot.key == key), "")
    return _page(ids, programme, days), ": ".join(filter(None, (places[group].title, spot)))


def _page(ids: list[int], programme: Programme, days: Mapping[int, dt.date | None]) -> People:
    page = page_number(request.args)
    rows = [
        _with_day(line, days.get(line.participant_id))
        for line in listed.participants_of(programme.id, ids, page)
    ]
    return People(rows, Paging(page, len(ids)), None, None)


def _with_day(line: Line, day: dt.date | None) -> Line:
    """With the day on which they hear from us next, where it is to come."""
    return replace(line, reason=f"next on {date(day)}") if day and day > clock.today() else line


def hidden() -> frozenset[str]:
    """The groups whose reasons come from the record, and are not counted for planners."""
    return frozenset() if can(Permission.SEE_PEOPLE) else frozenset({accounted.HELD, accounted.OVER})
