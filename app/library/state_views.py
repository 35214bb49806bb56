"""What waits for the patient council, and a version on its way: read, approved, retired."""

from typing import Any

from flask import Response, abort, flash, redirect, request, url_for
from wtforms import HiddenField
from wtforms.validators import Length

from app.fields import Form, error_summary, text_field, ticks_field
from app.here import here
from app.library import awkward, browsing, items, reading, states, uses
from app.library.models import LibraryItem
from app.library.rules import SECOND_PERSON, why_not_approve, why_not_read
from app.library.versions import OPEN
from app.library.views import bp
from app.permissions import P, requires
from app.render import render

CHANGED = "Somebody changed this version while you were reading. Read it again, then decide"


class ReadForm(Form):
    """What a member of the patient council says of a draft."""

    note = text_field(
        "What would you change? (optional)",
        Length(max=2000, message="What you write must be 2,000 characters or fewer"),
        hint="Which words are hard, or what is missing. You need to write something only to send it back.",
        component="textarea",
        rows=5,
    )
    was = HiddenField()


class ApproveForm(Form):
    """What whoever approves accepts, each thing by itself."""

    accepted = ticks_field("Tick each one, if you want it used all the same", [])
    was = HiddenField()


@bp.get("/to-read")
@requires(P.READ_FOR_PATIENTS)
def to_read() -> Response:
    """The messages that the patient council has still to read."""
    return render("library/to_read.jinja", waiting=browsing.waiting_to_be_read())


@bp.route("/<int:item_id>/read", methods=["GET", "POST"])
@requires(P.READ_FOR_PATIENTS)
def read(item_id: int) -> Response:
    """Read a draft as people would get it; say that it is clear, or what to change."""
    item = _item(item_id)
    if item.kind not in SECOND_PERSON:
        return _to("library.view", item_id=item.id)
    form = ReadForm(data={"was": states.seen(item)})
    if form.validate_on_submit() and _still_the_same(form, item) and _words_where_needed(form):
        return _keep(item, str(form.note.data or ""))
    errors = error_summary(form)
    return render(
        "library/read.jinja", 422 if errors else 200, item=item, form=form, errors=errors,
        waits=item.state == "draft" and item.read_at is None,
        why_not=why_not_read(item.kind, item.made_by_id, here.account.id if here.account else None),
        preview=awkward.preview_of(item.kind, item.body, item.format),
    )  # fmt: skip


def _item(item_id: int) -> LibraryItem:
    """Our item of that id; held while somebody decides on it, so that its words stay those they read."""
    return items.held_item(item_id) if request.method == "POST" else items.get_item(item_id)


def _words_where_needed(form: ReadForm) -> bool:
    if request.form.get("decision") == "clear" or (form.note.data or "").strip():
        return True
    form.note.errors = ["Write what you would change, so that its writer knows what to do"]
    return False


def _keep(item: LibraryItem, note: str) -> Response:
    clear = request.form.get("decision") == "clear"
    done = states.read(item, note) if clear else states.send_back(item, note)
    if not done:
        flash("Somebody has dealt with this message already. Thank you all the same.", "info")
    elif clear:
        flash("Thank you. Whoever approves it can see that you have read it.", "success")
    else:
        flash("Thank you. Whoever wrote it can see what you would change.", "success")
    return _to("library.to_read")


@bp.route("/<int:item_id>/approve", methods=["GET", "POST"])
@requires(P.APPROVE_LIBRARY)
def approve(item_id: int) -> Response:
    """A draft is fit for use, with all that is amiss with it accepted."""
    item = _item(item_id)
    if item.state not in OPEN:
        flash(f"Version {item.version} was approved already.", "info")
        return _to("library.view", item_id=item.id)
    amiss = states.despite(item)
    form = ApproveForm(data={"was": states.seen(item)})
    form.accepted.choices = [(one, one) for one in amiss]
    why_not = why_not_approve(item.kind, item.made_by_id, here.account.id if here.account else None)
    if why_not and request.method == "POST":
        abort(403, why_not)
    if form.validate_on_submit() and _still_the_same(form, item) and _all_accepted(form, amiss):
        return _approve(item, form.accepted.data or [])
    errors = error_summary(form)
    return render(
        "library/approve.jinja", 422 if errors else 200, item=item, form=form, errors=errors, amiss=amiss,
        why_not=why_not, **_words_of(item),
    )  # fmt: skip


def _words_of(item: LibraryItem) -> dict[str, Any]:
    """What whoever approves an item reads: a message as people get it, all else as it stands."""
    if item.kind in SECOND_PERSON:
        return {"preview": awkward.preview_of(item.kind, item.body, item.format)}
    setup = reading.setup(item)
    return {
        "preview": None,
        "setup": setup,
        "missed": reading.hours_missed_in(setup),
        "definition": reading.definition(item),
        "local": reading.local_parts_of(item),
        "shown": reading.shown(item),
    }


def _all_accepted(form: ApproveForm, amiss: list[str]) -> bool:
    if set(amiss) <= set(form.accepted.data or []):
        return True
    form.accepted.errors = ["Tick each one that you accept, or have the message changed"]
    return False


def _still_the_same(form: ReadForm | ApproveForm, item: LibraryItem) -> bool:
    # Not what the form would fall back to: who does not say what they read has read nothing.
    if request.form.get("was") == states.seen(item):
        return True
    form.was.data = states.seen(item)
    form.form_errors.append(CHANGED)
    return False


def _approve(item: LibraryItem, accepted: list[str]) -> Response:
    new = states.approve(item, accepted)
    said = "is approved and can be used" if new else "was approved already"
    flash(f"Version {item.version} {said}.", "success" if new else "info")
    return _to("library.view", item_id=item.id)


@bp.route("/<int:item_id>/retire", methods=["GET", "POST"])
@requires(P.APPROVE_LIBRARY)
def retire(item_id: int) -> Response:
    """No new batch is made with this any more."""
    item = items.get_item(item_id)
    form = Form()
    if form.validate_on_submit():
        done = states.retire(item)
        said = "is retired. It can still be read." if done else "was retired already."
        flash(f"{item.name} {said}", "success" if done else "info")
        return _to("library.view", item_id=item.id)
    return render("library/retire.jinja", item=item, form=form, errors=[], uses=uses.uses_of(item))


def _to(endpoint: str, **values: Any) -> Response:
    return redirect(url_for(endpoint, **values), 303)  # type: ignore[return-value]
