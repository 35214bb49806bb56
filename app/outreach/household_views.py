"""Who in a batch shares a number or an address, and what is done about it before the batch is approved."""

from collections.abc import Mapping

from flask import Response, flash, request

from app import audit
from app.addresses import page_number
from app.cohorts.release import released_practices
from app.here import can
from app.outreach import households
from app.outreach.households import WHAT
from app.outreach.listed import Paging
from app.outreach.reckoning import reckon
from app.outreach.rules import Reason
from app.outreach.views import batch_at, bp, to
from app.permissions import Permission, requires
from app.render import count, render

FIELD = "household-"


@bp.get("/pcn/<slug>/outreach/batches/<int:batch_id>/households")
@requires(Permission.SEE_OUTREACH)
def see_households(batch_id: int) -> Response:
    """Those who share, by name for the care team, counted for planners."""
    found, step, programme = batch_at(batch_id)
    shared, people = households.count_of(found.id, step.channel)
    page, named = page_number(request.args), can(Permission.SEE_PEOPLE)
    listed = households.households_of(found.id, step.channel, page) if named else []
    audit.record("viewed", "batch: households", found.id, count=sum(len(one.members) for one in listed))
    return render(
        "outreach/see_households.jinja", batch=found, step=step, programme=programme, households=listed,
        shared=shared, people=people, what=WHAT.get(step.channel, "number"), paging=Paging(page, shared),
        released=released_practices(programme.id) if named else frozenset(), field=FIELD,
        held=reckon(found.id).reasons.get(Reason.SHARED, 0),
    )  # fmt: skip


@bp.post("/pcn/<slug>/outreach/batches/<int:batch_id>/households/choose")
@requires(Permission.BUILD_BATCHES)
def choose_in_households(batch_id: int) -> Response:
    """One of each household gets the message where one was chosen; the rest is held back."""
    found, step, _ = batch_at(batch_id)
    return _said(found.id, households.keep(found, step.channel, _chosen(request.form)))


@bp.post("/pcn/<slug>/outreach/batches/<int:batch_id>/households/one-each")
@requires(Permission.BUILD_BATCHES)
def keep_one_each(batch_id: int) -> Response:
    """The first of each household gets the message; the rest is held back."""
    found, step, _ = batch_at(batch_id)
    return _said(found.id, households.keep_one_each(found, step.channel))


@bp.post("/pcn/<slug>/outreach/batches/<int:batch_id>/households/put-back")
@requires(Permission.BUILD_BATCHES)
def put_households_back(batch_id: int) -> Response:
    """Everybody held back because of a shared number or address is in the batch again."""
    found, _, _ = batch_at(batch_id)
    back = households.put_back(found)
    flash(f"{count(back, 'person is', 'people are')} in the batch again.", "success")
    return to("outreach.see_households", batch_id=found.id)


def _said(batch_id: int, held: int) -> Response:
    who = "1 person is held back, and is" if held == 1 else f"{held:,} people are held back, and are"
    words = f"{who} asked by the next step." if held else "Nobody was held back."
    flash(words, "success")
    return to("outreach.see_households", batch_id=batch_id)


def _chosen(given: Mapping[str, str]) -> dict[int, int]:
    """Whom to keep, by the first contact of their household; those where everybody gets it are left out."""
    pairs = ((name.removeprefix(FIELD), value) for name, value in given.items() if name.startswith(FIELD))
    return {int(first): int(one) for first, one in pairs if _is_number(first) and _is_number(one)}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
