"""The people of a programme as a list."""

from flask import Response, request, url_for

from app import audit
from app.cohorts import participants
from app.cohorts.release import practices_and_whether_released
from app.cohorts.views import bp
from app.here import can
from app.permissions import P, requires
from app.programmes.listing import programme_at
from app.programmes.models import MILESTONES, Programme
from app.render import render
from tenants.db import Json


@bp.get("/participants", endpoint="participants")
@requires(P.SEE_PROGRAMMES)
def people(programme_id: int) -> Response:
    """Everybody in the programme, or those that a number on another page counts."""
    programme = programme_at(programme_id)
    wanted = participants.wanted_from(request.args)
    practices = practices_and_whether_released(programme.id)
    page = participants.find(programme.id, wanted, practices, may_see_people=can(P.SEE_PEOPLE))
    audit.record(
        "viewed", "participant list", programme.id, count=len(page.rows), of=page.total, filter=wanted.filter
    )
    return render(
        "cohorts/participants.jinja", programme=programme, wanted=wanted, page=page, known=MILESTONES,
        practices=[practice for practice, _ in practices], pagination=_pagination(programme, wanted, page),
    )  # fmt: skip


def _pagination(programme: Programme, wanted: participants.Wanted, page: participants.Page) -> Json:
    """What the NHS pagination component is told; the filter and the order stay in every link."""

    def link(number: int) -> str:
        return url_for(".participants", programme_id=programme.id, **wanted.address(page=number))

    items: list[Json] = []
    for number in range(1, page.pages + 1):
        if number in (1, page.pages) or abs(number - page.number) <= 1:
            items.append({"number": number, "href": link(number), "current": number == page.number})
        elif items[-1] != {"ellipsis": True}:
            items.append({"ellipsis": True})
    given: Json = {"items": items}
    if page.number > 1:
        given["previous"] = {"href": link(page.number - 1)}
    if page.number < page.pages:
        given["next"] = {"href": link(page.number + 1)}
    return given
