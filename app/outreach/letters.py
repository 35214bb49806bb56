"""Letters: one print-ready PDF for a whole batch, what the printer must know of it, and handing it over."""

import re
from collections.abc import Iterator

from markupsafe import Markup
from sqlalchemy import CursorResult, select, update

from app import audit, clock, files, outbox
from app.files import StoredFile
from app.library.documents import fill_html, html_of
from app.library.models import LibraryItem
from app.library.rules import placeholders_of
from app.outreach import links
from app.outreach.batches import hold_back
from app.outreach.facts import Known, known_of
from app.outreach.models import Batch, Contact, Step
from app.outreach.wording import Letterhead, values_for, wants_large_print
from app.pdf import counted_pdf_of
from app.programmes.milestones import reach_many
from tenants import scope
from tenants.db import db

# The address stands 24 mm from the left and 40 to 67 mm from the top: what a DL window envelope shows.
# Source: GOV.UK Notify, letter specification.
CSS = """
@page { margin: 20mm 20mm 20mm 24mm }
article { break-before: page }
article:first-of-type { break-before: auto }
header { height: 52mm; position: relative }
.from { font-size: 10pt; line-height: 1.35; position: absolute; right: 0; top: 0; width: 62mm }
.link { white-space: nowrap }
.address { font-size: 11pt; line-height: 1.3; left: 0; position: absolute; top: 20mm; width: 95mm }
.large { font-size: 16pt } .large h1 { font-size: 24pt } .large h2 { font-size: 20pt }
.large .address { font-size: 12pt }
"""
_ADDRESS = re.compile(r"<p>\s*\(\(\s*(address block)\s*\)\)\s*</p>", re.IGNORECASE)
_FROM = "<p>((sender name))<br>((sender address))<br>((sender phone))</p>"
_REFERENCES = {"letter date": "((letter date))", "nhs number": "NHS number: ((nhs number))"}


def make(batch: Batch, step: Step, template: LibraryItem, head: Letterhead) -> None:
    """Make the batch's PDF and its manifest from everybody still waiting in it, checked again first."""
    hold_back(batch, step)
    contacts = _waiting(batch)
    if not contacts:
        batch.state, batch.finished_at = "done", clock.now()
        audit.record("finished", "batch", batch.id)
        return
    for contact in contacts:
        links.give_link(contact)
    known = known_of([contact.participant_id for contact in contacts])
    body = Markup().join(_letters(template, head, [(c, known[c.participant_id]) for c in contacts]))
    title = f"{head.programme}: {step.name}"
    made, pages = counted_pdf_of(body, title=title, author=head.settings.sender_name, css=CSS)
    pieces = (made[start : start + files.CHUNK] for start in range(0, len(made), files.CHUNK))
    file = files.store(f"letters-{batch.id}.pdf", "application/pdf", pieces)
    batch.file_id = file.id
    batch.manifest = batch.manifest | {
        "file": file.name,
        "letters": len(contacts),
        "pages": pages,
        "sha256": file.sha256,
        "made_at": clock.now().isoformat(),
    }
    audit.record("made", "letters", batch.id, count=len(contacts), pages=pages)


def _waiting(batch: Batch) -> list[Contact]:
    statement = (
        select(Contact).where(Contact.batch_id == batch.id, Contact.state == "waiting").order_by(Contact.id)
    )
    return list(db.session.scalars(statement.execution_options(populate_existing=True)))


def _letters(
    template: LibraryItem, head: Letterhead, everyone: list[tuple[Contact, Known]]
) -> Iterator[Markup]:
    """Each person's letter. The template is read as Markdown once, and filled for each."""
    html = framed(template.body)
    for contact, known in everyone:
        link = links.address_of(links.token_of(contact))
        values = values_for(known, head, link=link, day=clock.today())
        large = Markup(' class="large"') if wants_large_print(known.person) else Markup()
        unbroken = Markup('<span class="link">{}</span>').format(link)
        filled = fill_html(html, values).replace(link, unbroken)
        yield Markup("<article{}>{}</article>").format(large, filled)


def framed(body: str) -> Markup:
    """A letter's HTML with its placeholders, the address where a window envelope shows it.

    What a template writes above ((address block)) stands at the upper right. One that does not ask for the
    address, the date or the NHS number gets them all the same.
    """
    html = _headings_up(html_of(body))
    asked_for = placeholders_of(body)
    above, _, below = _ADDRESS.split(html, maxsplit=1) if _ADDRESS.search(html) else (_FROM, "", html)
    missing = [line for name, line in _REFERENCES.items() if name not in asked_for]
    reference = f"<p>{'<br>'.join(missing)}</p>" if missing else ""
    return Markup(  # noqa: S704 - Markdown made safe by documents.html_of, and our own tags
        f'<header><div class="from">{above}</div><p class="address">((address block))</p></header>'
        f"{reference}{below}"
    )


def _headings_up(html: Markup) -> str:
    """A letter's own title is its first heading; on a page of ours it would be the second."""
    return re.sub(r"(</?h)([2-6])", lambda tag: f"{tag[1]}{int(tag[2]) - 1}", str(html))


def hand_over(batch: Batch, step: Step) -> int | None:
    """The printer has the letters: they count as sent. None where they had been handed over before.

    Everybody is checked once more first. Where letters must be recalled, nothing counts as sent yet: the PDF
    is made again without them, and how many is returned (0 when all went out).
    """
    locked = db.session.scalar(
        select(Batch.id)
        .where(Batch.id == batch.id, Batch.state == "approved", Batch.file_id.is_not(None))
        .with_for_update()
    )
    if locked is None:
        return None
    recalled = hold_back(batch, step)
    if recalled:
        _make_again(batch, step)
        audit.record("recalled", "letters", batch.id, count=recalled)
        return recalled
    _all_sent(batch)
    return 0


def _make_again(batch: Batch, step: Step) -> None:
    old = db.session.get(StoredFile, (scope.current().tenant, batch.file_id))
    batch.file_id = None
    db.session.flush()
    if old is not None:
        db.session.delete(old)
    key = f"{batch.id}:{clock.now().isoformat()}"
    outbox.leave("outreach.letters", f"Make letters again: {step.name}", {"batch_id": batch.id}, key=key)


def _all_sent(batch: Batch) -> None:
    statement = (
        update(Contact)
        .where(Contact.batch_id == batch.id, Contact.state == "waiting")
        .values(state="sent", sent_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    result = db.session.execute(statement)
    sent = select(Contact.participant_id).where(Contact.batch_id == batch.id, Contact.state == "sent")
    reach_many(list(db.session.scalars(sent)), "contacted")
    batch.state, batch.finished_at = "done", clock.now()
    count = result.rowcount if isinstance(result, CursorResult) else 0
    audit.record("handed over", "letters", batch.id, count=count)
