"""The file of messages that failed, once it is said what for."""

from flask import Response, request
from werkzeug.exceptions import NotFound

from app import audit
from app.cohorts.export_forms import ExportForm
from app.fields import error_summary
from app.here import can
from app.outreach import failures
from app.outreach.models import Batch
from app.outreach.views import bp
from app.permissions import Permission, requires
from app.programmes.listing import programme_at
from app.render import render
from tenants import scope
from tenants.db import db


@bp.route("/pcn/<slug>/programmes/<int:programme_id>/outreach/failures", methods=["GET", "POST"])
@requires(Permission.SEE_OUTREACH)
def export_failures(programme_id: int) -> Response:
    """Those whose message failed, of the programme or (`batch` in the address) of one batch."""
    programme, batch = programme_at(programme_id), _batch(programme_id)
    failed = failures.failed_in(programme.id, batch.id if batch else None)
    form, names = ExportForm(), can(Permission.SEE_PEOPLE)
    if not form.validate_on_submit():
        errors = error_summary(form)
        return render(
            "outreach/export_failures.jinja", 422 if errors else 200, programme=programme, batch=batch,
            count=len(failed), named=names, form=form, errors=errors,
        )  # fmt: skip
    text = failures.file_of(programme.id, failed, str(form.purpose.data), names=names)
    audit.record(
        "exported", "failed messages", programme.id, purpose=str(form.purpose.data), count=len(failed),
        note=str(form.note.data or ""), named=names, batch=batch.id if batch else None,
    )  # fmt: skip
    name = f"failed-batch-{batch.id}.csv" if batch else f"failed-{programme.id}.csv"
    return Response(
        text.encode("utf-8-sig"),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _batch(programme_id: int) -> Batch | None:
    """The programme's batch that the address asks for, None where it asks for none; or 404."""
    asked = request.args.get("batch", "")
    if not asked:
        return None
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
    found = db.session.get(Batch, (scope.current().tenant, number))
    if found is None or found.programme_id != programme_id:
        raise NotFound
    return found
