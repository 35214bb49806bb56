"""An item as it is read: on a page and as a PDF, with our own name and number filled in."""

from collections.abc import Mapping

from markupsafe import Markup, escape
from sqlalchemy import select

from app import pdf, ringing
from app.library.definitions import Definition
from app.library.documents import fill_html, html_of
from app.library.models import LibraryItem, PublishedItem
from app.library.rules import Value, each_placeholder, key_of, placeholders_of
from app.library.setup import BadSetup, Setup, read_setup
from app.library.setup_steps import hours_missed
from app.library.sharing import KIND as DEFINITION
from app.library.sharing import definition_in, local_parts
from app.render import date
from tenants import scope
from tenants.db import db
from tenants.models import Organisation, PcnSettings


def shown(item: LibraryItem | PublishedItem) -> Markup:
    """The item's body as HTML, each placeholder marked. A text keeps its lines; a definition is data."""
    if item.kind == DEFINITION:
        return Markup("")
    html = html_of(item.body) if item.kind != "text" else Markup("<p>{}</p>").format(_lines(item.body))
    marked = each_placeholder(str(html), lambda words: f'<span class="oast-placeholder">{words}</span>')
    return Markup(marked)  # noqa: S704 - rendered by html_of, or escaped above


def _lines(text: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in text.splitlines())


def setup(item: LibraryItem | PublishedItem) -> Setup | None:
    """What a programme set-up says, or None for other items and for one that cannot be used."""
    try:
        return read_setup(item.body) if item.kind == "programme set-up" else None
    except BadSetup:
        return None


def hours_missed_in(found: Setup | None) -> list[str]:
    """The steps of a set-up that would not go out in all the hours that they name, each in a sentence.

    Texts and e-mails keep to the PCN's own hours, calls to those for calls. Who has no hours is told nothing.
    """
    named = [
        (number, step)
        for number, step in enumerate(found.steps if found else (), 1)
        if step.opens or step.closes
    ]
    settings = (
        db.session.scalars(select(PcnSettings)).one_or_none() if named and scope.current().tenant else None
    )
    if settings is None:
        return []
    own = settings.send_from, settings.send_until, settings.send_until
    rung = ringing.OPENS, ringing.CLOSES, ringing.CLOSES_IF_ASKED
    said = [
        (number, step.name, hours_missed(step, *(rung if step.channel == "call" else own)))
        for number, step in named
    ]
    return [f"Step {number}, “{name}”, {missed}." for number, name, missed in said if missed]


def definition(item: LibraryItem | PublishedItem) -> Definition | None:
    """What a definition of a cohort says, or None for other items and for one that cannot be read."""
    return definition_in(item.body) if item.kind == DEFINITION else None


def local_parts_of(item: LibraryItem | PublishedItem) -> list[str]:
    """The rules of a definition that only the PCN that made it can use as they are."""
    found = definition(item)
    return local_parts(found) if found else []


def sop_pdf(item: LibraryItem | PublishedItem) -> bytes:
    """A SOP as a tagged PDF, with the reader's own organisation filled in."""
    body = fill_html(html_of(item.body), _ours(item.body))
    maker = item.origin_name or _organisation().name
    head = Markup("<h1>{}</h1><p class='quiet'>{}</p>").format(item.name, _line(item, maker))
    return pdf.pdf_of(
        head + body, title=item.name, language=item.language, author=maker, css=pdf.PAGE_NUMBERS
    )


def _line(item: LibraryItem | PublishedItem, maker: str) -> str:
    if isinstance(item, PublishedItem):
        return f"Version {item.version}, shared by {maker} on {date(item.published_at)}"
    if item.approved_at is None:
        return f"Version {item.version}. Draft: not to be used yet"
    return f"Version {item.version}, approved by {item.approved_by} on {date(item.approved_at)}"


def _organisation() -> Organisation:
    return db.session.get_one(Organisation, scope.current().org)


def own_values() -> dict[str, Value]:
    """The placeholders that say who we are: our name, and of a PCN what its settings say."""
    settings = db.session.scalars(select(PcnSettings)).one_or_none() if scope.current().tenant else None
    known: dict[str, Value] = {key_of("PCN"): _organisation().name}
    if settings is not None:
        known |= {
            "sender name": settings.sender_name,
            "sender phone": settings.phone,
            "sender address": settings.address,
            "privacy address": settings.privacy_url,
        }
    return known


def _ours(body: str) -> Mapping[str, Value]:
    """Values for the placeholders of `body` that say who we are; a dotted line where we have none."""
    known = own_values()
    return {name: known.get(name, "…………") for name in placeholders_of(body)}
