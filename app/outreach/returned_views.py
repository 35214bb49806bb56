"""Letters that came back, entered by the care team."""

from flask import Response, flash, request
from werkzeug.exceptions import NotFound

from app import audit
from app.cohorts.release import contact_person
from app.fields import Form, Needed, error_summary, text_field
from app.outreach import returned
from app.outreach.models import Contact
from app.outreach.views import batch_at, bp, mine, to
from app.permissions import Permission, requires
from app.render import render

PURPOSE = "entering letters that came back"


class ReturnedForm(Form):
    """What is known of a letter that came back. It is asked for in the address, so there is no token."""

    class Meta:
        csrf = False

    q = text_field(
        "Our reference on the letter",
        Needed("Enter our reference, an NHS number or a name"),
        hint="It is below the address, like 3456-71. Or enter the NHS number, or the start of a name",
        classes="nhsuk-input--width-20",
        autocomplete="off",
        spellcheck=False,
    )


@bp.get("/pcn/<slug>/outreach/returned-letters")
@requires(Permission.SEE_PEOPLE)
def returned_letters() -> Response:
    """Find a letter that came back. Whom it shows is recorded, not the words typed."""
    form = ReturnedForm(request.args if "q" in request.args else None)
    if "q" not in request.args:
        return render("outreach/returned_letters.jinja", form=form, found=None)
    if not form.validate():
        return render(
            "outreach/returned_letters.jinja", 422, form=form, found=None, errors=error_summary(form)
        )
    found = returned.find(form.q.data or "")
    shown, more = found[: returned.MOST], len(found) > returned.MOST
    audit.record("searched", "letters", count=len(shown))
    audit.record_each("found", "person", {letter.person.id for letter in shown}, purpose=PURPOSE)
    return render("outreach/returned_letters.jinja", form=form, found=shown, more=more)


@bp.post("/pcn/<slug>/outreach/letters/<int:contact_id>/came-back")
@requires(Permission.SEE_PEOPLE)
def came_back(contact_id: int) -> Response:
    """The letter came back."""
    contact = mine(Contact, contact_id)
    _, step, _ = batch_at(contact.batch_id)
    if step.channel != "letter":
        raise NotFound
    _, person = contact_person(contact.participant_id)
    if returned.came_back(contact):
        flash(
            f"The letter to {person.name} came back. The address is not used again, and the next step is due "
            "now. If you know a new address, ask the practice to put it in its list.",
            "success",
        )
    else:
        flash(f"Nothing was changed: that the letter to {person.name} came back was known before.", "error")
    audit.record("entered", "returned letter", contact.id, person_id=person.id, purpose=PURPOSE)
    return to("outreach.returned_letters")
