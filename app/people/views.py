"""Bringing in linked data: the list of imports, the upload, the preview, save, cancel, and refused rows."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, current_app, flash, make_response, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import NotFound, RequestEntityTooLarge
from werkzeug.wrappers import Response as Redirect

from app import audit
from app.addresses import page_number
from app.config import MEGABYTE
from app.fields import error_summary
from app.here import here
from app.people import imports, lists
from app.people.columns import MOST_COLUMNS
from app.people.exports import refused_rows as refused_rows_csv
from app.people.formats import MOST_LINES
from app.people.forms import UploadForm
from app.people.import_models import ImportFile, Source
from app.people.kinds import KINDS
from app.people.sources import (
    KIND_WORDS,
    Listed,
    NoAgreement,
    listed,
    next_source,
    sources_listed,
    who_can_help,
)
from app.people.todos import doings
from app.people.waiting import waiting_in_data
from app.people.workbooks import LIMITS
from app.permissions import Permission, requires
from app.render import render
from tenants.db import db

bp = Blueprint("people", __name__, url_prefix="/pcn/<slug>/data")
ENVELOPE = 64 * 1024  # what a form adds around the file
BUSY = ("uploaded", "checking", "saving")


@bp.url_value_preprocessor
def _allow_a_file(endpoint: str | None, _values: object) -> None:
    """Only the upload takes more than a form's worth; what says that it is longer is refused unread."""
    if endpoint == "people.upload":
        request.max_content_length = current_app.config["UPLOAD_LIMIT"] + ENVELOPE


@bp.get("", endpoint="imports")
@requires(Permission.SEE_SOURCES)
def list_imports() -> Response:
    """What of bringing in data needs doing, the sources, and the files, newest first."""
    page = page_number(request.args)
    found, count = lists.imports_page(page)
    waiting, who = waiting_in_data(), who_can_help()
    return render(
        "people/imports.jinja",
        found=found,
        count=count,
        page=page,
        pages=max(-(-count // lists.PAGE), 1),
        kinds=KINDS,
        listed=listed(waiting.standings),
        usable=[one for one in waiting.standings.values() if one.usable],
        kind_words=KIND_WORDS,
        todos=doings(waiting, who),
        who=who,
    )


@bp.route("/bring-in", methods=["GET", "POST"])
@requires(Permission.BRING_IN_DATA)
def upload() -> Response | Redirect:
    """Take a file in, stored in pieces, and leave it to be read."""
    sources = sources_listed()
    form = _upload_form(sources)
    if not form.validate_on_submit():
        return _form(form, sources, 422 if form.is_submitted() else 200)
    before = select(ImportFile).where(ImportFile.form_key == form.form_key.data)
    again = db.session.scalars(before).one_or_none()
    if again is not None:
        return _already(again)
    try:
        found = _stored(form)
    except IntegrityError:
        db.session.rollback()
        return _already(db.session.scalars(before).one())
    except NoAgreement:
        form.source.errors = ["The agreement with this source has just ended"]
        return _form(form, sources, 422)
    return redirect(url_for("people.view_import", import_id=found.id), 303)


def _upload_form(sources: Sequence[Listed], **given: Any) -> UploadForm:
    """The form with the sources that may be used today; the address may say which is meant."""
    form = UploadForm(data={"source": request.args.get("source")}, **given)
    return form.of([one.source for one in sources if one.standing.usable])


def _stored(form: UploadForm) -> ImportFile:
    sent = form.file.data
    source = db.session.get_one(Source, (here.organisation.id, int(form.source.data)))
    found = imports.open_import(
        source,
        sent.filename,
        imports.pieces_of(sent.stream),
        data_date=form.data_date.data,
        by=here.name,
        form_key=form.form_key.data or "",
        whole=form.whole.data,
    )
    imports.leave_reading(found)
    return found


def _already(found: ImportFile) -> Redirect:
    flash("This form was sent before. This is the file that came with it.", "info")
    return redirect(url_for("people.view_import", import_id=found.id), 303)


def _form(form: UploadForm, sources: Sequence[Listed], status: int) -> Response:
    unusable = [one for one in sources if not one.standing.usable and one.source.closed_at is None]
    return render(
        "people/upload.jinja",
        status,
        form=form,
        limits=_limits(),
        kinds={one.source.kind: KINDS[one.source.kind] for one in sources if one.source.kind in KINDS},
        errors=error_summary(form),
        unusable=unusable,
        who=who_can_help(),
    )


def _limits() -> str:
    """What a file may be, in words, before anybody sends one."""
    return (
        f"CSV with commas, semicolons or tabs, up to {_limit()} MB, {MOST_LINES:,} rows and"
        f" {MOST_COLUMNS} columns. Or an Excel workbook (.xlsx), {LIMITS}. Dates as day, month, year."
    )


def _limit() -> int:
    return int(current_app.config["UPLOAD_LIMIT"] // MEGABYTE)


@bp.errorhandler(RequestEntityTooLarge)
def _too_big(_error: RequestEntityTooLarge) -> Response:
    sources = sources_listed()
    form = _upload_form(sources, formdata=None)
    form.file.errors = [
        f"The file is larger than {_limit()} MB. Split it into smaller files and bring in each."
    ]
    return _form(form, sources, 413)


@bp.get("/<int:import_id>")
@requires(Permission.BRING_IN_DATA)
def view_import(import_id: int) -> Response:
    """Where the import has come to: reading, the preview, saving, or the report."""
    return _import_page(_import(import_id))


@bp.get("/<int:import_id>/now")
@requires(Permission.BRING_IN_DATA)
def refresh_import(import_id: int) -> Response:
    """The same, asked for by the page itself every few seconds: it does not prolong the session."""
    return _import_page(_import(import_id))


def _import_page(found: ImportFile) -> Response:
    reason = request.args.get("reason", "")
    return render(
        "people/view_import.jinja",
        found=found,
        kind=KINDS[found.kind],
        busy=found.state in BUSY,
        stopped=found.state in BUSY and lists.work_stopped(found),
        stale=found.state == "checked" and imports.is_stale(found),
        to_save=imports.to_save(found),
        gone_on=found.brought_at + imports.KEPT,
        following=next_source() if found.state == "done" else None,
        lines=lists.lines_of(found, reason, page_number(request.args)),
        reason=reason,
    )


@bp.post("/<int:import_id>/save")
@requires(Permission.BRING_IN_DATA)
def save_import(import_id: int) -> Redirect:
    """Leave exactly what was previewed to be saved."""
    found = _import(import_id, lock=True)
    if found.state != "checked":
        flash(_STATES[found.state], "info")
    else:
        try:
            imports.start_saving(found)
            imports.leave_saving(found)
        except imports.Stale:
            flash("Something else was saved since this file was read. Read it again, then save it.", "info")
        except imports.Doubtful:
            flash("Say first whether this is the right file.", "info")
        except NoAgreement:
            flash(
                f"There is no agreement in date with {found.source}. {who_can_help()} can put that right.",
                "info",
            )
    return _back(found)


@bp.post("/<int:import_id>/vouch")
@requires(Permission.BRING_IN_DATA)
def vouch_import(import_id: int) -> Redirect:
    """Answer that a file that looks like a wrong one is the right one."""
    found = _import(import_id, lock=True)
    if not imports.vouch(found, here.name):
        flash(_STATES[found.state], "info")
    return _back(found)


@bp.post("/<int:import_id>/read-again")
@requires(Permission.BRING_IN_DATA)
def read_again(import_id: int) -> Redirect:
    """Read the file again, against what is known now."""
    found = _import(import_id, lock=True)
    if not imports.read_again(found):
        flash(_STATES[found.state], "info")
    return _back(found)


@bp.post("/<int:import_id>/cancel")
@requires(Permission.BRING_IN_DATA)
def cancel_import(import_id: int) -> Redirect:
    """Leave nothing of the file."""
    found = _import(import_id, lock=True)
    if not imports.cancel(found):
        flash(_STATES[found.state], "info")
        return _back(found)
    flash(f"{found.file_name} is cancelled. Nothing of it was kept.", "success")
    return redirect(url_for("people.imports"), 303)


@bp.get("/<int:import_id>/refused-rows")
@requires(Permission.BRING_IN_DATA)
def refused_rows(import_id: int) -> Response:
    """The refused rows as CSV, with the reason, to be mended and brought in again."""
    found = _import(import_id)
    if found.file_id is None or not found.counts.get("refused"):
        raise NotFound
    text, count = refused_rows_csv(found)
    audit.record("exported", "refused rows", found.id, purpose=imports.PURPOSE, count=count)
    answer = make_response(text.encode("utf-8-sig"))
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = f"attachment; filename=refused-rows-{found.id}.csv"
    return answer


_STATES = {
    "uploaded": "The file is still waiting to be read.",
    "mapping": "Say first which column of the file is which.",
    "checking": "The file is still being read.",
    "checked": "The file has been read and waits for you to save or cancel it.",
    "saving": "The file is already being saved.",
    "done": "The file is already saved.",
    "cancelled": "The file was cancelled. Bring it in again to use it.",
    "failed": "The file could not be read. Bring in another one.",
}


def _import(import_id: int, *, lock: bool = False) -> ImportFile:
    key = (here.organisation.id, import_id)
    found = imports.locked(import_id) if lock else db.session.get(ImportFile, key)
    if found is None:
        raise NotFound
    return found


def _back(found: ImportFile) -> Redirect:
    return redirect(url_for("people.view_import", import_id=found.id), 303)
