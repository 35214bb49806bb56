"""A definition as a file: downloaded, read in, and shared in the library, always without people."""

import json
import re

from flask import Response, flash, make_response, redirect, request, url_for
from werkzeug.exceptions import Forbidden, NotFound

from app import audit
from app.cohorts import definition
from app.cohorts.definition import (
    PURPOSE,
    AlreadyFrozen,
    ChangedMeanwhile,
    cohort_of,
    definition_of,
    mark_of,
)
from app.cohorts.forms import ReadInForm, ShareForm
from app.cohorts.library_items import Origin, origin_from, take_note_of, to_choose_from
from app.cohorts.models import Cohort
from app.cohorts.not_here import not_here
from app.cohorts.pages import FROZEN, changes, meanwhile
from app.cohorts.versions import versions_of
from app.cohorts.views import back, bp
from app.fields import error_summary
from app.here import can
from app.library import versions as library
from app.library.definitions import Definition, read_definition
from app.library.items import newest_of
from app.library.models import Member
from app.library.sharing import KIND, definition_in, local_parts, without_local_parts
from app.permissions import P, requires
from app.programmes.listing import programme_at
from app.programmes.models import Programme
from app.render import render


def written(whole: Definition) -> str:
    """A definition as it stands in a file."""
    return json.dumps(whole.as_json, ensure_ascii=False, indent=2) + "\n"


@bp.get("/cohort/definition.json")
@requires(P.SEE_COHORTS)
def download(programme_id: int) -> Response:
    """The definition as it is now, or one of its versions, as a JSON file."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    whole, number = _version_asked(cohort)
    audit.record("exported", "cohort definition", cohort.id, purpose=PURPOSE, version=number)
    answer = make_response(written(whole))
    answer.mimetype = "application/json"
    name = re.sub(r"[^a-z0-9]+", "-", programme.name.lower()).strip("-") or "cohort"
    ending = f"-version-{number}" if number else ""
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}{ending}.json"'
    return answer


def _version_asked(cohort: Cohort) -> tuple[Definition, int | None]:
    asked = request.args.get("version")
    if asked is None:
        return definition_of(cohort), None
    found = next((one for one in versions_of(cohort) if str(one.number) == asked), None)
    if found is None:
        raise NotFound
    return read_definition(found.definition), found.number


@bp.route("/cohort/read-in", methods=["GET", "POST"])
@requires(P.DEFINE_COHORTS)
def read_in(programme_id: int) -> Response:
    """Take a definition from a file or the library: see first what it says, then use it."""
    programme = programme_at(programme_id)
    cohort = cohort_of(programme)
    if cohort.state == "frozen":
        return back(programme, FROZEN, "info")
    origin = origin_from(request.args)
    form = ReadInForm(data={"seen": mark_of(cohort), "text": origin.body if origin else ""})
    if request.method == "GET":
        if origin is not None:
            form.definition = definition_in(origin.body)
        return _read_in_page(programme, cohort, form, origin)
    if not form.validate() or form.definition is None or request.form.get("intent") != "use":
        return _read_in_page(programme, cohort, form, origin)
    return _used(programme, form, form.definition, origin)


def _used(programme: Programme, form: ReadInForm, whole: Definition, origin: Origin | None) -> Response:
    try:
        definition.replace(
            programme, str(form.seen.data), whole, "Kept before another definition was read in"
        )
    except AlreadyFrozen:
        return back(programme, FROZEN, "info")
    except ChangedMeanwhile as other:
        form.seen.data = mark_of(other.cohort)
        form.form_errors.append(f"{meanwhile(other.cohort)} Use this definition again if you still want to")
        return _read_in_page(programme, other.cohort, form, origin)
    if origin is not None:
        take_note_of(origin, programme)
    flash(
        "The definition is in the working copy. Look at what it gives, and save it as a version.", "success"
    )
    return redirect(url_for(".edit", programme_id=programme.id), 303)  # type: ignore[return-value]


def _read_in_page(programme: Programme, cohort: Cohort, form: ReadInForm, origin: Origin | None) -> Response:
    errors = error_summary(form)
    whole = form.definition
    return render(
        "cohorts/read_in.jinja", 422 if errors else 200, programme=programme, cohort=cohort, form=form,
        errors=errors, origin=origin, whole=whole, items=[] if whole or errors else to_choose_from(),
        changes=changes(cohort.definition, whole.as_json) if whole else [],
        not_here=not_here(whole) if whole else [],
    )  # fmt: skip


@bp.route("/cohort/share", methods=["GET", "POST"])
@requires(P.DEFINE_COHORTS)
def share(programme_id: int) -> Response:
    """Put the definition into the library as a draft, without people and, if wanted, without local parts."""
    if not can(P.WRITE_LIBRARY):
        raise Forbidden("Your role does not let you write in the library. Ask your PCN manager to share it.")
    programme = programme_at(programme_id)
    whole = definition_of(cohort_of(programme))
    local = local_parts(whole)
    form = ShareForm(data={"name": programme.name, "summary": programme.aim[:300]})
    if not local:
        del form.local
    if not form.validate_on_submit():
        return _share_page(programme, form, whole, local)
    shared = without_local_parts(whole) if local and form.local.data == "leave out" else whole
    name = str(form.name.data)
    content = library.Content(summary=str(form.summary.data), body=written(shared))
    newest = newest_of(Member(KIND, name))
    item = library.edit(newest, content) if newest else library.write(KIND, name, content)
    flash(
        "The definition is in the library as a draft. Once approved, it can be shared with your ICB.",
        "success",
    )
    return redirect(url_for("library.view", item_id=item.id), 303)  # type: ignore[return-value]


def _share_page(programme: Programme, form: ShareForm, whole: Definition, local: list[str]) -> Response:
    errors = error_summary(form)
    return render(
        "cohorts/share.jinja", 422 if errors else 200, programme=programme, form=form, errors=errors,
        local=local, sentence=whole.aloud, left=without_local_parts(whole).aloud,
    )  # fmt: skip
