"""Whose turn it is: the steps that can be built now. The page "Today" takes its list in by itself."""

from flask import Response, url_for

from app import audit
from app.outreach.due import StepDue, steps_due
from app.outreach.views import bp
from app.permissions import Permission, requires
from app.programmes.today import Todo
from app.render import count, render


@bp.get("/pcn/<slug>/outreach/due")
@requires(Permission.BUILD_BATCHES)
def due() -> Response:
    """Each step with people due now, of every live programme."""
    found = steps_due()
    audit.record("viewed", "steps that are due", count=len(found), purpose="planning the programme")
    return render("outreach/due.jinja", todos=[_todo(one) for one in found])


def _todo(one: StepDue) -> Todo:
    number = one.people or one.unreachable
    verb = "person is" if number == 1 else "people are"
    what = "make the call list" if one.step.channel == "call" else "build the batch"
    href = url_for("outreach.programme", programme_id=one.programme.id, _anchor=f"step-{one.step.position}")
    late = f"{count(one.late, 'person is', 'people are')} later than the step says." if one.late else ""
    if not one.people:
        text = f"{verb} held back from “{one.step.name}” of {one.programme.name}: {what}, so that they go on"
        return Todo(text, href, number)
    text = f"{verb} due for “{one.step.name}” of {one.programme.name}: {what}"
    return Todo(text, href, number, hint=late)
