"""Numbers and addresses that do not work: for the practice to put right, as a page and as a file."""

from flask import Response, flash, make_response, request
from werkzeug.exceptions import NotFound
from wtforms.validators import Length

from app import audit
from app.addresses import page_number
from app.fields import Form, Needed, error_summary, text_field
from app.outreach import bad_addresses, bad_listing
from app.outreach.bad_addresses import PURPOSE
from app.outreach.bad_listing import Wanted
from app.outreach.views import bp, mine, to
from app.paging import SIZE, pagination_of
from app.permissions import Permission, requires
from app.programmes.models import Programme
from app.render import render


class LiftForm(Form):
    """Why a number or an address works after all."""

    why = text_field(
        "How do you know that it works?",
        Needed("Enter how you know that it works"),
        Length(max=300, message="Make it 300 characters or fewer"),
        hint="For example: they rang from this number",
    )


@bp.get("/pcn/<slug>/outreach/bad-addresses", endpoint="bad_addresses")
@requires(Permission.SEE_PEOPLE)
def list_bad_addresses() -> Response:
    """What does not reach people and still stands in their record, practice by practice."""
    wanted = _wanted()
    programme = mine(Programme, wanted.programme_id) if wanted.programme_id else None
    practices = bad_listing.count_by_practice(wanted.programme_id)
    total = sum(count for number, _, count in practices if wanted.practice_id in (None, number))
    pages = max(1, -(-total // SIZE))
    page = min(page_number(request.args), pages)
    found = bad_listing.each(wanted, page)
    audit.record("viewed", "bad addresses", count=len(found), purpose=PURPOSE)
    audit.record_each("viewed", "person", {one.person.id for one in found}, purpose=PURPOSE)
    return render(
        "outreach/bad_addresses.jinja", found=found, practices=practices, total=total, wanted=wanted,
        programme=programme, paging=pagination_of(page, pages) if pages > 1 else None, form=Form(),
    )  # fmt: skip


def _wanted() -> Wanted:
    """The practice and the programme that the address asks for."""
    numbers = {name: request.args.get(name, "") for name in ("practice_id", "programme_id")}
    plain = {name: said for name, said in numbers.items() if said.isdecimal() and len(said) < 19}
    return Wanted(**{name: int(said) for name, said in plain.items()})


@bp.post("/pcn/<slug>/outreach/bad-addresses/practices/<int:practice_id>/file")
@requires(Permission.SEE_PEOPLE)
def download_bad_addresses(practice_id: int) -> Response:
    """One practice's as a CSV file, for the practice to put right in its own system."""
    text, people = bad_listing.file_of(Wanted(practice_id=practice_id))
    if not people:
        raise NotFound
    audit.record("exported", "bad addresses", practice_id, purpose=PURPOSE, count=len(people))
    audit.record_each("exported", "person", set(people), practice_id, purpose=PURPOSE)
    answer = make_response(text.encode("utf-8-sig"))
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = f"attachment; filename=does-not-work-{practice_id}.csv"
    return answer


@bp.route("/pcn/<slug>/outreach/bad-addresses/<int:bad_address_id>/lift", methods=["GET", "POST"])
@requires(Permission.ENTER_CHOICES)
def lift_bad_address(bad_address_id: int) -> Response:
    """It works after all: with how somebody knows."""
    found = bad_listing.each(Wanted(bad_address_id=bad_address_id))
    if not found:
        raise NotFound
    (one,), form = found, LiftForm()
    if form.validate_on_submit():
        bad_addresses.lift(one.row, str(form.why.data))
        flash("It is used again from the next message on.", "success")
        return to("outreach.bad_addresses")
    audit.record("viewed", "person", one.participant_id, person_id=one.person.id, purpose=PURPOSE)
    status = 422 if form.is_submitted() else 200
    return render("outreach/lift_bad_address.jinja", status, one=one, form=form, errors=error_summary(form))
