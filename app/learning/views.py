"""Learning pages: written by a PCN, read by everybody in its ICB."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound

from app.addresses import page_number
from app.fields import error_summary
from app.here import can, here
from app.learning import browsing, figures, pages
from app.learning.forms import LearningForm
from app.learning.models import LearningPage, PublishedLearning
from app.learning.rules import SECTIONS, faults_in, missing
from app.library.documents import html_of
from app.permissions import P, requires
from app.programmes.models import Programme
from app.programmes.rules import SPINE
from app.render import render
from tenants.db import Json, db

bp = Blueprint("learning", __name__)
SHARED = "/<any(pcn,icb,partner):kind>/<slug>/learning"
OURS = "/pcn/<slug>/programmes/<int:programme_id>/learning"


@bp.get(SHARED)
@requires(P.SEE_LEARNING)
def browse() -> Response:
    """What programmes in the ICB have taught."""
    words = request.args.get("words", "").strip()[:120]
    found = browsing.shared(words, page_number(request.args))
    ours = browsing.ours() if can(P.WRITE_LEARNING) else []
    return render("learning/browse.jinja", found=found, words=words, ours=ours)


@bp.get(f"{SHARED}/<int:published_learning_id>")
@requires(P.SEE_LEARNING)
def read(published_learning_id: int) -> Response:
    """One shared learning page."""
    shared = db.session.get(PublishedLearning, (here.organisation.icb_id, published_learning_id))
    if shared is None:
        raise NotFound
    tables: Json = {key: value for table in shared.figures for key, value in table.items()}
    mine = shared.origin_org_id == here.organisation.id
    return render(
        "learning/read.jinja", shared=shared, sections=_read(shared.sections), tables=tables, mine=mine
    )


@bp.get(OURS)
@requires(P.SEE_PROGRAMMES)
def page(programme_id: int) -> Response:
    """A programme's own page as it stands, with its figures beside it."""
    return _page(_programme(programme_id))


def _page(programme: Programme, errors: list[dict[str, str]] | None = None) -> Response:
    written = pages.page_of(programme.id)
    shown = figures.figures_of(programme.id)
    sections = pages.filled(written.sections, shown) if written else {}
    return render(
        "learning/page.jinja",
        422 if errors else 200,
        programme=programme,
        page=written,
        shared=pages.shared_page(written),
        sections=_read(sections),
        funnel=[figure.as_json for figure in shown],
        narrowing=pages.narrowing_of(programme.id),
        missing=missing(written.sections) if written else [],
        errors=errors or [],
    )


@bp.route(f"{OURS}/edit", methods=["GET", "POST"])
@requires(P.WRITE_LEARNING)
def edit(programme_id: int) -> Response:
    """Write the page."""
    programme = _programme(programme_id)
    written = pages.page_of(programme_id)
    names = pages.names_in(programme_id) if request.method == "POST" else []
    form = LearningForm(data=_begun(programme, written), names=names)
    if not form.validate_on_submit():
        return _form(form, programme)
    if written and (written.title, written.sections) == (form.title.data, form.sections()):
        flash("Nothing had changed, so there is nothing new to save.", "info")
        return _to(programme)
    if form.was.data != _mark(written):
        who = written.written_by if written else "Somebody"
        form.form_errors.append(
            f"{who} saved this page while you were writing. Copy what you wrote, "
            "open the page again and put it in there"
        )
        return _form(form, programme)
    pages.save(programme, str(form.title.data), form.sections())
    flash("The learning page is saved. Others see it when you share it.", "success")
    return _to(programme)


def _begun(programme: Programme, written: LearningPage | None) -> Json:
    start: Json = written.sections if written else pages.beginning(programme)
    title = written.title if written else f"What we learnt from {programme.name}"
    return start | {"title": title, "was": _mark(written)}


def _mark(written: LearningPage | None) -> str:
    return written.updated_at.isoformat() if written else "new"


def _form(form: LearningForm, programme: Programme) -> Response:
    errors = error_summary(form)
    return render(
        "learning/edit.jinja",
        422 if errors else 200,
        form=form,
        programme=programme,
        sections=SECTIONS,
        figures=SPINE,
        errors=errors,
    )


@bp.post(f"{OURS}/publish")
@requires(P.WRITE_LEARNING)
def publish(programme_id: int) -> Response:
    """Share the page with everybody in the ICB."""
    programme = _programme(programme_id)
    written = pages.page_of(programme_id)
    if written is None:
        return _page(programme, [{"text": "Write the page before you share it", "href": _edit(programme)}])
    problems = _problems(programme, written)
    if problems:
        return _page(programme, problems)
    shared = pages.publish(programme, written)
    flash(
        "The learning page is shared with everybody in your ICB. Small numbers are hidden in it.", "success"
    )
    address = url_for("learning.read", published_learning_id=shared.id)
    return redirect(address, 303)  # type: ignore[return-value]


def _problems(programme: Programme, written: LearningPage) -> list[dict[str, str]]:
    """What keeps the page from being shared; people may have joined the programme since it was saved."""
    absent = [
        {"text": f"Write something under “{section.heading}”", "href": f"{_edit(programme)}#{section.key}"}
        for section in missing(written.sections)
    ]
    names = pages.names_in(programme.id)
    return absent + [
        {"text": fault, "href": f"{_edit(programme)}#{key}"}
        for key, text in {"title": written.title, **written.sections}.items()
        for fault in faults_in(str(text), SPINE, names)
    ]


@bp.post(f"{OURS}/withdraw")
@requires(P.WRITE_LEARNING)
def withdraw(programme_id: int) -> Response:
    """Stop sharing the page."""
    programme = _programme(programme_id)
    written = pages.page_of(programme_id)
    gone = written is not None and pages.withdraw(written)
    flash(
        "The page is no longer shared." if gone else "The page was not shared.", "success" if gone else "info"
    )
    return _to(programme)


def _programme(programme_id: int) -> Programme:
    programme = db.session.get(Programme, (here.organisation.id, programme_id))
    if programme is None:
        raise NotFound
    return programme


def _read(sections: Json) -> list[Json]:
    """The sections that say something, in their order, as HTML."""
    return [
        {"key": section.key, "heading": section.heading, "html": html_of(str(sections[section.key]), below=2)}
        for section in SECTIONS
        if sections.get(section.key)
    ]


def _edit(programme: Programme) -> str:
    return url_for("learning.edit", programme_id=programme.id)


def _to(programme: Programme) -> Response:
    return redirect(url_for("learning.page", programme_id=programme.id), 303)  # type: ignore[return-value]
