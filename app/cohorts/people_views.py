"""The people of a programme as a list, and as a file."""

from flask import Response, request

from app import audit
from app.cohorts import exports, participants
from app.cohorts.export_forms import ExportForm
from app.cohorts.participants import Sight, Wanted
from app.cohorts.release import practices_and_whether_released
from app.cohorts.showing import sees_practices
from app.cohorts.views import bp
from app.fields import error_summary
from app.here import can
from app.paging import pagination_of
from app.permissions import P, requires
from app.programmes.listing import programme_at
from app.programmes.models import MILESTONES, Programme
from app.render import render
from tenants.models import Practice

CARE, PLANNING = "direct care", "planning the programme"


@bp.get("/participants", endpoint="participants")
@requires(P.SEE_PROGRAMMES)
def people(programme_id: int) -> Response:
    """Everybody in the programme, or those that a number on another page counts."""
    programme = programme_at(programme_id)
    wanted, sight, practices = _asked(programme)
    page = participants.find(programme.id, wanted, sight)
    audit.record(
        "viewed", "participant list", programme.id, purpose=CARE if can(P.SEE_PEOPLE) else PLANNING,
        count=len(page.rows), of=page.total, filter=wanted.filter,
    )  # fmt: skip
    return render(
        "cohorts/participants.jinja", programme=programme, wanted=wanted, page=page, known=MILESTONES,
        practices=[practice for practice in practices if practice.id in sight.told],
        pagination=pagination_of(page.number, page.pages),
    )  # fmt: skip


def _asked(programme: Programme) -> tuple[Wanted, Sight, list[Practice]]:
    """Which people the address asks for, and what the person here may see of them."""
    practices = practices_and_whether_released(programme.id)
    told = sees_practices([practice for practice, _ in practices])
    sight = participants.sight_of(practices, told=told, may_see_people=can(P.SEE_PEOPLE))
    wanted = participants.wanted_from(request.args).within(told)
    return wanted, sight, [practice for practice, _ in practices]


@bp.route("/participants/export", methods=["GET", "POST"])
@requires(P.SEE_PROGRAMMES)
def export(programme_id: int) -> Response:
    """The same people as a file, once it is said what for."""
    programme = programme_at(programme_id)
    wanted, sight, _ = _asked(programme)
    form = ExportForm()
    if not form.validate_on_submit():
        errors = error_summary(form)
        return render(
            "cohorts/export.jinja", 422 if errors else 200, programme=programme, wanted=wanted, form=form,
            errors=errors, count=participants.count_of(programme.id, wanted), named=bool(sight.released),
        )  # fmt: skip
    text, count = exports.file_of(programme.id, wanted, sight, str(form.purpose.data))
    audit.record(
        "exported", "participant list", programme.id, purpose=str(form.purpose.data), count=count,
        filter=wanted.filter, note=str(form.note.data or ""), named=bool(sight.released),
    )  # fmt: skip
    name = f"people-{programme.id}.csv"
    return Response(
        text.encode("utf-8-sig"),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
