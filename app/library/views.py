"""Pages of the library: ours, what is shared, and the way from a draft to a neighbour's copy."""

from flask import Blueprint, Response, flash, make_response, redirect, request, url_for
from werkzeug.exceptions import Forbidden, NotFound

from app.fields import error_summary
from app.here import can, here
from app.library import (
    adopting,
    awkward,
    browsing,
    items,
    publishing,
    reading,
    starter,
    states,
    uses,
    versions,
)
from app.library.forms import EditForm, WriteForm
from app.library.models import STANDARD, LibraryItem, Member, PublishedItem
from app.library.rules import ALLOWED, KNOWN, SECOND_PERSON, why_not_approve, why_not_read
from app.permissions import P, requires
from app.render import render

bp = Blueprint("library", __name__, url_prefix="/<any(pcn,icb,partner):kind>/<slug>/library")


@bp.get("")
@requires(P.SEE_LIBRARY)
def browse() -> Response:
    """Our own items and what the ICB's members share, by kind and name."""
    wanted = browsing.wanted_from(request.args, "ours" if can(P.WRITE_LIBRARY) else "shared")
    found = browsing.find(wanted)
    adopted = publishing.adoptions([row.id for row in found.rows]) if wanted.show == "shared" else {}
    starters = here.organisation.kind == "icb" and can(P.PUBLISH_LIBRARY)
    return render("library/browse.jinja", wanted=wanted, found=found, adopted=adopted, starters=starters)


@bp.get("/<int:item_id>")
@requires(P.SEE_LIBRARY)
def view(item_id: int) -> Response:
    """One of our own items."""
    item = items.get_item(item_id)
    shared, setup = publishing.shared_copy(item), reading.setup(item)
    return render(
        "library/view.jinja",
        item=item,
        versions=items.versions_of(item),
        shared=shared,
        adopters=publishing.adopters_of(shared) if shared else [],
        why_not=why_not_approve(item.kind, item.made_by_id, here.account.id if here.account else None),
        why_not_read=why_not_read(item.kind, item.made_by_id, here.account.id if here.account else None),
        is_message=item.kind in SECOND_PERSON,
        uses=uses.uses_of(item),
        was=states.seen(item),
        setup=setup,
        missed=reading.hours_missed_in(setup),
        definition=reading.definition(item),
        local=reading.local_parts_of(item),
        shown=reading.shown(item),
    )


@bp.route("/write", methods=["GET", "POST"])
@requires(P.WRITE_LIBRARY)
def write() -> Response:
    """A new item of our own, as a draft."""
    form = WriteForm(kind="", data={"kind": request.args.get("of", "")})
    if _trying() or not form.validate_on_submit():
        return _form(form)
    kind, name = str(form.kind.data), str(form.name.data)
    existing = items.newest_of(Member(kind, name))
    if existing is not None:
        return _written_before(form, existing)
    item = versions.write(kind, name, _content(form))
    flash("The draft is saved. It must be approved before it can be used.", "success")
    return _to(item)


def _written_before(form: WriteForm, existing: LibraryItem) -> Response:
    """The form was sent twice, or the name is taken."""
    if _same(existing, form):
        flash("This item was saved already.", "info")
        return _to(existing)
    form.name.errors = [f"Enter another name: you already have a {existing.kind} called {existing.name}"]
    return _form(form)


@bp.route("/<int:item_id>/edit", methods=["GET", "POST"])
@requires(P.WRITE_LIBRARY)
def edit(item_id: int) -> Response:
    """Change a draft, or make the next draft of an approved version."""
    saving = request.method == "POST" and not _trying()
    item = items.held_item(item_id) if saving else items.get_item(item_id)
    given = {name: getattr(item, name) for name in ("summary", "body", "others_note")}
    form = EditForm(kind=item.kind, data=given | {"was": states.seen(item)})
    if _trying() or not form.validate_on_submit():
        return _form(form, item)
    newest = items.newest_of(item.member) or item
    if _same(newest, form):
        flash("Nothing had changed, so there is nothing new to save.", "info")
        return _to(newest)
    if form.was.data != states.seen(item) or newest.id != item.id:
        form.form_errors.append(
            f"{newest.made_by} saved version {newest.version} while you were writing. Copy what you wrote, "
            "open the newest version and put it in there"
        )
        return _form(form, item)
    saved = versions.edit(item, _content(form))
    flash(f"Version {saved.version} is saved as a draft.", "success")
    return _to(saved)


def _trying() -> bool:
    """Whether the message is only to be shown, and nothing saved."""
    return request.method == "POST" and request.form.get("intent") == "try"


def _content(form: EditForm) -> versions.Content:
    content: versions.Content = {
        "summary": str(form.summary.data),
        "body": str(form.body.data).replace("\r\n", "\n"),
    }
    if form.kind_of_item in SECOND_PERSON:
        content["others_note"] = str(form.others_note.data or "").replace("\r\n", "\n")
    return content


def _same(item: LibraryItem, form: EditForm) -> bool:
    return all(getattr(item, name) == value for name, value in _content(form).items())


def _form(form: EditForm, item: LibraryItem | None = None) -> Response:
    template = "library/edit.jinja" if item else "library/write.jinja"
    errors = error_summary(form)
    kind, format = form.chosen_kind, item.format if item else STANDARD
    shown = awkward.preview_of(kind, form.body.data or "", format) if kind in SECOND_PERSON else None
    kinds = [item.kind] if item else list(ALLOWED)
    known = {kind: {name: KNOWN[name] for name in sorted(ALLOWED[kind])} for kind in kinds if ALLOWED[kind]}
    status = 422 if errors else 200
    return render(template, status, form=form, item=item, errors=errors, known=known, preview=shown)


@bp.post("/<int:item_id>/publish")
@requires(P.PUBLISH_LIBRARY)
def publish(item_id: int) -> Response:
    """Share an approved version with everybody in the ICB."""
    shared = publishing.publish(items.get_item(item_id))
    flash("Everybody in your ICB can now read this version and adopt it.", "success")
    return _to_shared(shared)


@bp.post("/shared/<int:published_item_id>/withdraw")
@requires(P.PUBLISH_LIBRARY)
def withdraw(published_item_id: int) -> Response:
    """Stop sharing a version."""
    shared = items.get_shared(published_item_id)
    item = items.get_item(shared.item_id) if shared.origin_org_id == here.organisation.id else None
    publishing.withdraw(shared)
    flash("This version is no longer shared. Copies that others have made stay with them.", "success")
    return _to(item) if item else _to_list()


@bp.get("/shared/<int:published_item_id>")
@requires(P.SEE_LIBRARY)
def shared(published_item_id: int) -> Response:
    """An item that somebody in the ICB shares."""
    item = items.get_shared(published_item_id)
    newest = items.shared_item(item)
    mine, setup = item.origin_org_id == here.organisation.id, reading.setup(item)
    return render(
        "library/shared.jinja",
        item=item,
        newer=newest if newest.version > item.version else None,
        mine=mine,
        copy=None if mine else adopting.copy_of(item),
        adopters=publishing.adopters_of(item),
        includes=adopting.includes_of(item),
        others=adopting.others_of(item),
        setup=setup,
        missed=reading.hours_missed_in(setup),
        definition=reading.definition(item),
        local=reading.local_parts_of(item),
        shown=reading.shown(item),
    )


@bp.post("/shared/<int:published_item_id>/adopt")
@requires(P.WRITE_LIBRARY)
def adopt(published_item_id: int) -> Response:
    """Take a shared item as our own draft, with what comes with it."""
    adopted = adopting.adopt_with_includes(published_item_id)
    more = len(adopted) - 1
    beside = (
        f", with the {'item that comes' if more == 1 else f'{more} items that come'} with it" if more else ""
    )
    flash(f"You have your own copy{beside}. Change what you need to, then have it approved.", "success")
    return _to(adopted[0])


@bp.get("/<int:item_id>/pdf")
@requires(P.SEE_LIBRARY)
def sop_pdf(item_id: int) -> Response:
    """One of our SOPs as a PDF."""
    return _pdf(items.get_item(item_id))


@bp.get("/shared/<int:published_item_id>/pdf")
@requires(P.SEE_LIBRARY)
def shared_sop_pdf(published_item_id: int) -> Response:
    """A shared SOP as a PDF."""
    return _pdf(items.get_shared(published_item_id))


@bp.post("/starter")
@requires(P.PUBLISH_LIBRARY)
def publish_starter() -> Response:
    """Share the starter sets with the ICB's members."""
    if here.organisation.kind != "icb":
        raise Forbidden("Only an ICB can share the starter sets.")
    count = len(starter.publish_all(starter.load_all()))
    said = f"The starter sets are shared: {count} items. Every PCN in your ICB can start from them."
    flash(said, "success")
    return _to_list(show="shared")


def _pdf(item: LibraryItem | PublishedItem) -> Response:
    if item.kind != "SOP":
        raise NotFound
    answer = make_response(reading.sop_pdf(item))
    answer.mimetype = "application/pdf"
    name = "".join(char if char.isascii() and char.isalnum() else "-" for char in item.name.lower())
    answer.headers["Content-Disposition"] = f'inline; filename="{name}-version-{item.version}.pdf"'
    return answer


def _to(item: LibraryItem) -> Response:
    return redirect(url_for("library.view", item_id=item.id), 303)  # type: ignore[return-value]


def _to_shared(item: PublishedItem) -> Response:
    return redirect(url_for("library.shared", published_item_id=item.id), 303)  # type: ignore[return-value]


def _to_list(show: str = "ours") -> Response:
    return redirect(url_for("library.browse", show=show), 303)  # type: ignore[return-value]
