"""Finding a person."""

from flask import Blueprint, Response, request

from app import audit
from app.care import people
from app.care.forms import SearchForm
from app.fields import error_summary
from app.permissions import P, requires
from app.render import render

PURPOSE = "finding a person"
bp = Blueprint("care", __name__, url_prefix="/pcn/<slug>/people")


@bp.get("")
@requires(P.SEE_PEOPLE)
def search() -> Response:
    """People by NHS number or name; nothing until asked. Whom it shows is recorded, not the words typed."""
    if "q" not in request.args:
        return render("care/search.jinja", form=SearchForm(formdata=None), found=None)
    form = SearchForm(request.args)
    try:
        found = people.find(form.q.data or "") if form.validate() else None
    except people.NotAnNhsNumber as error:
        form.q.errors, found = [str(error)], None
    if found is None:
        return render("care/search.jinja", 422, form=form, found=None, errors=error_summary(form))
    shown, more = found[: people.MOST], len(found) > people.MOST
    audit.record("searched", "people", count=len(shown))
    audit.record_each("found", "person", {person.id for _, person, _ in shown}, purpose=PURPOSE)
    return render("care/search.jinja", form=form, found=shown, more=more)
