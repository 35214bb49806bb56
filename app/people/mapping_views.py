"""Saying which column of a file is which: of a file that waits for it, or of all files of a source."""

from flask import Response, flash, redirect, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

from app.fields import error_summary
from app.here import here
from app.people import imports, mapping
from app.people.columns import WrongFile, places_of
from app.people.import_models import ImportFile, Source
from app.people.kinds import KINDS
from app.people.mapping_forms import FileColumns, SourceColumns, for_file, for_source
from app.people.views import bp
from app.permissions import Permission as P
from app.permissions import requires
from app.render import render
from tenants.db import db


@bp.route("/<int:import_id>/columns", methods=["GET", "POST"])
@requires(P.BRING_IN_DATA)
def map_columns(import_id: int) -> Response | Redirect:
    """Say which column is which, then read the file. Remembered for the next file of its source."""
    found = imports.locked(import_id)
    source = found and db.session.get(Source, (here.organisation.id, found.source_id))
    if found is None or not source:
        raise NotFound
    if found.state != "mapping":
        flash("The columns of this file are known.", "info")
        return _to(found)
    form = _form_of(found, source)
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return render("people/map_columns.jinja", status, form=form, errors=error_summary(form), found=found)
    mapping.remember(source, form.said())
    imports.read_again(found)
    flash(f"The columns are saved for the next files of {source.name} too.", "success")
    return _to(found)


def _form_of(found: ImportFile, source: Source) -> FileColumns:
    titles, columns = found.cursor["titles"], KINDS[found.kind].columns
    try:
        guess = places_of(titles, columns, source.mapping)
    except WrongFile:
        guess = {}
    return for_file(columns, titles, found.cursor["samples"], guess)


@bp.route("/sources/<int:source_id>/columns", methods=["GET", "POST"])
@requires(P.BRING_IN_DATA)
def source_columns(source_id: int) -> Response | Redirect:
    """What the files of a source call our columns."""
    source = db.session.get(Source, (here.organisation.id, source_id))
    if source is None:
        raise NotFound
    form: SourceColumns = for_source(KINDS[source.kind].columns, source.mapping)
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        errors = error_summary(form)
        return render("people/source_columns.jinja", status, form=form, errors=errors, source=source)
    mapping.remember(source, form.said())
    flash(f"The columns of {source.name} are saved.", "success")
    return redirect(url_for("people.view_source", source_id=source.id), 303)


def _to(found: ImportFile) -> Redirect:
    return redirect(url_for("people.view_import", import_id=found.id), 303)
