"""Two records of one person: finding them, seeing them side by side, merging, the log, undoing."""

from flask import Response, flash, redirect, request, url_for
from sqlalchemy import func, select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

from app import audit
from app.addresses import LARGEST, page_number
from app.fields import error_summary
from app.here import here
from app.paging import page_of
from app.people import merging, rules
from app.people.linking_forms import FindForm, MergeForm
from app.people.linking_models import PersonMerge
from app.people.models import CodedEvent, Person
from app.people.views import bp
from app.permissions import Permission as P
from app.permissions import requires
from app.render import render
from tenants.db import db
from tenants.models import Practice

TWO = "Select two records to compare"


@bp.get("/merging")
@requires(P.LINK_PEOPLE)
def merges() -> Response:
    """The records that were merged, newest first, and the way to find two more."""
    page = page_of(merging.merges(), page_number(request.args))
    people = _people({number for one in page.rows for number in (one.kept_id, one.merged_id)})
    audit.record("viewed", "merged records", purpose=merging.PURPOSE, count=len(people))
    return render("people/merges.jinja", page=page, people=people)


@bp.get("/merging/find")
@requires(P.LINK_PEOPLE)
def find_records() -> Response:
    """Records by NHS number or name, to pick two. The words typed are not recorded."""
    asked = "q" in request.args
    form = FindForm(request.args if asked else None)
    found, status = None, 200
    if asked:
        found = _found(form)
        status = 200 if found is not None else 422
    if found is not None:
        audit.record("searched", "records", purpose=merging.PURPOSE, count=len(found))
    return render(
        "people/find_records.jinja", status, form=form, found=found, practices=_practices(),
        chosen=request.args.getlist("record"), errors=error_summary(form),
    )  # fmt: skip


def _found(form: FindForm) -> list[Person] | None:
    """What was asked for, with the records that were ticked before; None where the form is wrong."""
    if not form.validate():
        return None
    words = form.q.data or ""
    try:
        number = "" if any(char.isalpha() for char in words) else rules.nhs_number_of(words)
    except rules.Unreadable:
        number = "wrong"
    if number and (number == "wrong" or not rules.has_check_digit(number)):
        form.q.errors = ["Check the NHS number: it has 10 digits, and one of these is wrong or missing"]
        return None
    ticked = _numbers("record")
    found = merging.records_found(number or None, rules.name_key(words))
    kept = [person for person in _people(set(ticked)).values() if person.merged_into is None]
    return kept + [person for person in found if person.id not in ticked]


@bp.route("/merging/compare", methods=["GET", "POST"])
@requires(P.LINK_PEOPLE)
def compare() -> Response | Redirect:
    """Two records side by side, and the form that merges them."""
    numbers = _numbers("record")
    if len(numbers) != 2:
        flash(TWO, "info")
        return redirect(url_for("people.find_records"), 303)
    people = _people(set(numbers))
    if len(people) != 2:
        raise NotFound
    first, second = (people[number] for number in numbers)
    form = MergeForm()
    form.kept.choices = [
        (str(one.id), f"{one.name}, NHS number {_spaced(one.nhs_number)}") for one in (first, second)
    ]
    if form.validate_on_submit():
        other = second if int(form.kept.data) == first.id else first
        return _merged(int(form.kept.data), other.id, form.why.data or "")
    audit.record_each("viewed", "person", list(people), purpose=merging.PURPOSE)
    return render(
        "people/compare.jinja",
        422 if form.is_submitted() else 200,
        pair=(first, second),
        practices=_practices(),
        counted=_entries_of(numbers),
        form=form,
        errors=error_summary(form),
    )


def _spaced(number: str) -> str:
    return f"{number[:3]} {number[3:6]} {number[6:]}"


def _merged(kept_id: int, merged_id: int, why: str) -> Redirect:
    try:
        merging.merge(kept_id, merged_id, why)
    except merging.CannotMerge as cannot:
        flash(str(cannot), "info")
    else:
        flash("The two records are merged. It can be undone here.", "success")
    return redirect(url_for("people.merges"), 303)


@bp.post("/merging/<int:merge_id>/undo")
@requires(P.LINK_PEOPLE)
def undo_merge(merge_id: int) -> Redirect:
    """Make two records of one again."""
    if db.session.get(PersonMerge, (here.organisation.id, merge_id)) is None:
        raise NotFound
    try:
        merging.undo(merge_id)
    except merging.CannotMerge as cannot:
        flash(str(cannot), "info")
    else:
        flash("The merge is undone. There are two records again.", "success")
    return redirect(url_for("people.merges"), 303)


def _numbers(name: str) -> list[int]:
    """The numbers of rows in the address, each once, in their order; what is none is left out."""
    given = (value for value in request.args.getlist(name) if value.isascii() and value.isdigit())
    return list(dict.fromkeys(number for number in map(int, given) if number <= LARGEST))


def _people(ids: set[int]) -> dict[int, Person]:
    if not ids:
        return {}
    return {row.id: row for row in db.session.scalars(select(Person).where(Person.id.in_(ids)))}


def _practices() -> dict[int, str]:
    return {number: name for number, name in db.session.execute(select(Practice.id, Practice.name))}


def _entries_of(ids: list[int]) -> dict[int, int]:
    """How many coded entries each record has."""
    counted = select(CodedEvent.person_id, func.count()).where(CodedEvent.person_id.in_(ids))
    return dict.fromkeys(ids, 0) | dict(db.session.execute(counted.group_by(CodedEvent.person_id)).all())
