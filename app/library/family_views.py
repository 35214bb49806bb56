"""The family of a message: its languages and formats, what is missing, and adding to it."""

from flask import Response, abort, flash, redirect, request, url_for

from app.fields import Form, Needed, error_summary, radio_field, select_field
from app.languages import LANGUAGES
from app.library import items, versions
from app.library.family import FORMATS
from app.library.models import ENGLISH, LibraryItem, Member
from app.library.rules import SECOND_PERSON
from app.library.views import bp
from app.permissions import P, requires
from app.render import render

# Sign language is no writing: it is made by others.
WRITTEN = {code: name for code, name in LANGUAGES.items() if code != "bfi"}


class AddForm(Form):
    """Which member to add."""

    language = select_field("Language", list(WRITTEN.items()), Needed("Choose a language"))
    format = radio_field(
        "Format",
        [(format, format.capitalize()) for format in FORMATS],
        Needed("Choose a format"),
    )


@bp.get("/<int:item_id>/family")
@requires(P.SEE_LIBRARY)
def family(item_id: int) -> Response:
    """The languages and formats that a message is there in."""
    item = _message(item_id)
    members = sorted(items.newest_of_family(item.kind, item.name), key=_place)
    there = {(one.language, one.format) for one in members}
    return render(
        "library/family.jinja", item=item, members=members, languages=LANGUAGES,
        missing=[format for format in FORMATS if (ENGLISH, format) not in there],
    )  # fmt: skip


@bp.route("/<int:item_id>/family/add", methods=["GET", "POST"])
@requires(P.WRITE_LIBRARY)
def add_member(item_id: int) -> Response:
    """Add a language or format, as a draft that starts as a copy."""
    item = _message(item_id)
    form = AddForm(
        data={"language": request.args.get("language", ENGLISH), "format": request.args.get("format")}
    )
    if form.validate_on_submit():
        wanted = Member(item.kind, item.name, str(form.language.data), str(form.format.data))
        there = items.newest_of(wanted)
        if there is None:
            added = versions.add_member(item, wanted.language, wanted.format)
            flash("The draft is a copy. Rewrite it for those who will read it, then save it.", "success")
            return redirect(url_for("library.edit", item_id=added.id), 303)  # type: ignore[return-value]
        form.format.errors = [f"Choose another: there is one already, in version {there.version}"]
    errors = error_summary(form)
    return render("library/add_member.jinja", 422 if errors else 200, item=item, form=form, errors=errors)


def _message(item_id: int) -> LibraryItem:
    """Our message of that id; whoever asks for another item is led to its own page."""
    item = items.get_item(item_id)
    if item.kind not in SECOND_PERSON:
        abort(redirect(url_for("library.view", item_id=item.id), 303))
    return item


def _place(item: LibraryItem) -> tuple[bool, str, int]:
    """English first, and in it the standard format."""
    place = FORMATS.index(item.format) if item.format in FORMATS else len(FORMATS)
    return (item.language != ENGLISH, item.language, place)
