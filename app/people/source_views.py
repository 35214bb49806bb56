"""Where data comes from: the sources a PCN has registered, and the agreements that cover them."""

import datetime as dt
from typing import Any

from flask import Response, flash, redirect, url_for
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

from app import audit, clock
from app.fields import Form, error_summary
from app.here import here
from app.people import lists, sources
from app.people.import_models import Source, SourceAgreement
from app.people.source_forms import BASES, OTHER, AgreementForm, SourceForm
from app.people.views import bp
from app.permissions import Permission as P
from app.permissions import requires
from app.render import render
from tenants.db import Base, db


@bp.get("/sources", endpoint="sources")
@requires(P.SEE_SOURCES)
def list_sources() -> Response:
    """Each source with its agreement, its last extract and how much of it was refused."""
    return render("people/sources.jinja", listed=sources.sources_listed(), kind_words=sources.KIND_WORDS)


@bp.get("/sources/<int:source_id>")
@requires(P.SEE_SOURCES)
def view_source(source_id: int) -> Response:
    """One source: what it is, its agreements, its files."""
    source = _source(source_id)
    agreements = sources.agreements_of(source)
    return render(
        "people/view_source.jinja",
        source=source,
        kind_words=sources.KIND_WORDS,
        agreements=agreements,
        standing=sources.standing_of(agreements, clock.today()),
        files=lists.files_of(source),
        today=clock.today(),
        who=sources.who_can_help(),
    )


@bp.route("/sources/add", methods=["GET", "POST"])
@requires(P.MANAGE_SOURCES)
def add_source() -> Response | Redirect:
    """Register a source; its agreement is next."""
    form = SourceForm()
    form.taken = _names()
    if not form.validate_on_submit():
        return _form("people/edit_source.jinja", form, source=None)
    source = Source(mapping={}, created_by=here.name, created_at=clock.now())
    form.populate_obj(source)
    if not _added(source):
        form.name.errors = [form.TAKEN]
        return _form("people/edit_source.jinja", form, source=None)
    audit.record("registered", "source", source.id, purpose=sources.PURPOSE, kind=source.kind)
    flash(f"{source.name} is registered. Add the agreement that covers it.", "success")
    return redirect(url_for("people.agree", source_id=source.id), 303)


@bp.route("/sources/<int:source_id>/edit", methods=["GET", "POST"])
@requires(P.MANAGE_SOURCES)
def edit_source(source_id: int) -> Response | Redirect:
    """Change what is said of a source. Its kind stays: what came from it was read as that."""
    source = _source(source_id)
    form = SourceForm(obj=source)
    del form.kind
    form.taken = _names() - {source.name}
    if not form.validate_on_submit():
        return _form("people/edit_source.jinja", form, source=source)
    form.populate_obj(source)
    audit.record("changed", "source", source.id, purpose=sources.PURPOSE)
    return _back(source, f"{source.name} is saved.")


@bp.route("/sources/<int:source_id>/close", methods=["GET", "POST"])
@requires(P.MANAGE_SOURCES)
def close_source(source_id: int) -> Response | Redirect:
    """Ask, then close a source or open it again."""
    source, form = _source(source_id), Form()
    if not form.validate_on_submit():
        return _form("people/close_source.jinja", form, source=source)
    change, words = (sources.open_again, "open again") if source.closed_at else (sources.close, "closed")
    change(source)
    return _back(source, f"{source.name} is {words}.")


@bp.route("/sources/<int:source_id>/agree", methods=["GET", "POST"])
@requires(P.MANAGE_SOURCES)
def agree(source_id: int) -> Response | Redirect:
    """Record an agreement with the source, or its renewal, beginning with what the last one says."""
    source = _source(source_id)
    agreements = sources.agreements_of(source)
    form = AgreementForm(data=_renewed(agreements[0]) if agreements else None)
    form.taken, form.kind = frozenset(one.reference for one in agreements), source.kind
    if not form.validate_on_submit():
        return _form("people/agree.jinja", form, source=source, renewal=bool(agreements))
    agreement = SourceAgreement(
        source_id=source.id,
        lawful_basis=form.basis,
        recorded_by=here.name,
        recorded_at=clock.now(),
        **{name: form[name].data for name in _COPIED},
    )
    if not _added(agreement):
        form.reference.errors = [form.TAKEN]
        return _form("people/agree.jinja", form, source=source, renewal=True)
    audit.record("recorded", "source agreement", agreement.id, purpose=sources.PURPOSE, source=source.id)
    return _back(source, f"Agreement {agreement.reference} is saved.")


_COPIED = ("reference", "data_classes", "starts_on", "ends_on", "signed_by")


def _renewed(last: SourceAgreement) -> dict[str, Any]:
    """What a renewal of `last` begins with: the same basis and data, from the day after it ends.

    One that was ended early holds no more: its renewal begins today.
    """
    listed = last.lawful_basis in BASES
    return {
        "lawful_basis": last.lawful_basis if listed else OTHER,
        "other_basis": "" if listed else last.lawful_basis,
        "data_classes": last.data_classes,
        "starts_on": clock.today() if last.ended_at else last.ends_on + dt.timedelta(days=1),
        "signed_by": last.signed_by,
    }


@bp.route("/agreements/<int:source_agreement_id>/end", methods=["GET", "POST"])
@requires(P.MANAGE_SOURCES)
def end_agreement(source_agreement_id: int) -> Response | Redirect:
    """Ask, then end an agreement before its last day."""
    key = (here.organisation.id, source_agreement_id)
    agreement = db.session.get(SourceAgreement, key, with_for_update=True)
    if agreement is None:
        raise NotFound
    source, form = _source(agreement.source_id), Form()
    if not form.validate_on_submit():
        return _form("people/end_agreement.jinja", form, source=source, agreement=agreement)
    ended = sources.end(agreement)
    return _back(source, f"Agreement {agreement.reference} {'is' if ended else 'was already'} ended.")


def _source(source_id: int) -> Source:
    source = db.session.get(Source, (here.organisation.id, source_id))
    if source is None:
        raise NotFound
    return source


def _added(row: Base) -> bool:
    """Whether the row could be added: another with its name or reference may have come just before."""
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        return False
    return True


def _names() -> frozenset[str]:
    return frozenset(db.session.scalars(select(Source.name)))


def _form(template: str, form: Form, **given: Any) -> Response:
    status = 422 if form.is_submitted() else 200
    return render(template, status, form=form, errors=error_summary(form), **given)


def _back(source: Source, words: str) -> Redirect:
    flash(words, "success")
    return redirect(url_for("people.view_source", source_id=source.id), 303)
