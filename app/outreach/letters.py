"""A batch's letters: made in parts, each one print-ready PDF, and handed over to the printer.

A part is small enough to be made in little memory, and several workers make parts at the same moment. Whoever
is in a part is checked again before it is made, and once more when the letters are handed over.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup
from sqlalchemy import CursorResult, Select, func, select, update

from app import audit, clock, files, outbox
from app.files import StoredFile
from app.outreach import links, marking, printed
from app.outreach.batches import hold_back
from app.outreach.facts import Known, address_of, known_of
from app.outreach.letter_pages import CSS, anchor_of, reference_of, written
from app.outreach.models import Batch, Contact, LetterPart, Step
from app.outreach.suiting import Words
from app.pdf import Drawn, drawn
from app.programmes.milestones import reach_many
from tenants import scope
from tenants.db import Json, db

IN_A_PART = 150  # letters: about 300 MB while it is made (docs/decisions/0010-letters.md)


class OldFiles(RuntimeError):
    """The printer has files that were made again since."""


def plan(batch: Batch, step: Step) -> int:
    """Divide everybody still waiting in the batch, checked again, into parts to be made; how many parts."""
    hold_back(batch, step)
    waiting = list(db.session.scalars(_waiting(batch).with_only_columns(Contact.id)))
    parts = [
        LetterPart(batch_id=batch.id, number=number, first_contact=ids[0], last_contact=ids[-1])
        for number, ids in enumerate(_in_parts(waiting), 1)
    ]
    db.session.add_all(parts)
    db.session.flush()
    for part in parts:
        _leave_making(part, step)
    if not parts:
        batch.state, batch.finished_at = "done", clock.now()
    audit.record("planned", "letters", batch.id, count=len(waiting), parts=len(parts))
    return len(parts)


def _in_parts(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + IN_A_PART] for start in range(0, len(ids), IN_A_PART))


def _leave_making(part: LetterPart, step: Step) -> None:
    label = f"Make letters: {step.name}, part {part.number}"
    key = f"{part.id}:{secrets.token_hex(4)}"
    outbox.leave("outreach.letter_part", label, {"part_id": part.id}, key=key)


def go_on_making(batch: Batch, step: Step) -> None:
    """Leave again what was not made while the batch was paused, or holds somebody who no longer waits."""
    for part in parts_of(batch):
        if part.made_at is None:
            _leave_making(part, step)
    again = make_touched_again(batch, step)
    audit.record("went on with", "letters", batch.id, count=again)


def _waiting(batch: Batch) -> Select[Contact]:
    return (
        select(Contact)
        .where(Contact.batch_id == batch.id, Contact.state == "waiting")
        .order_by(Contact.id)
        .execution_options(populate_existing=True)
    )


def parts_of(batch: Batch) -> list[LetterPart]:
    """The batch's parts in order, made or not."""
    listed = select(LetterPart).where(LetterPart.batch_id == batch.id).order_by(LetterPart.number)
    return list(db.session.scalars(listed.execution_options(populate_existing=True)))


def are_made(parts: Sequence[LetterPart]) -> bool:
    """Whether there are letters, and none is still to be made."""
    return bool(parts) and all(part.made_at is not None for part in parts)


def unmade(part_id: int) -> LetterPart | None:
    """The part of that id, locked, if it is still to be made."""
    wanted = select(LetterPart).where(LetterPart.id == part_id, LetterPart.made_at.is_(None))
    return db.session.scalars(wanted.with_for_update(key_share=True)).one_or_none()


def make(part: LetterPart, batch: Batch, step: Step) -> None:
    """Make a part's PDF from everybody still waiting in it, checked again first.

    A batch in which nobody waits any more is done. Raises WorkCannotBeDone where a template is gone.
    """
    hold_back(batch, step, between=(part.first_contact, part.last_contact))
    mine = Contact.id.between(part.first_contact, part.last_contact)
    contacts = list(db.session.scalars(_waiting(batch).where(mine)))
    part.made_at, part.letters, part.pages, part.index = clock.now(), len(contacts), 0, []
    if contacts:
        known = known_of([contact.participant_id for contact in contacts])
        words = printed.suited(batch, contacts, known)
        title, author = f"{words.head.programme}: {step.name}", words.head.settings.sender_name
        made = drawn(_bodies(contacts, batch, words, known), title=title, author=author, css=CSS)
        _keep(part, made, contacts)
    elif db.session.scalar(_waiting(batch).with_only_columns(Contact.id).limit(1)) is None:
        marking.move(batch.id, "done", finished_at=clock.now())
    audit.record("made", "letters", batch.id, count=part.letters, pages=part.pages, part=part.number)


def _bodies(contacts: Sequence[Contact], batch: Batch, words: Words, known: Mapping[int, Known]) -> Markup:
    """The letters of a part, one after the other, each from the template that suits the person.

    Each contact keeps its own, without its link's secret, and where it goes.
    """
    bodies = []
    for contact in contacts:
        links.give_link(contact)
        one = known[contact.participant_id]
        contact.recipient = address_of(one.person)
        letter = written(words.templates[contact.template_id or batch.template_id], contact, one, words.head)
        contact.body = str(letter).replace(links.token_of(contact), "…")
        bodies.append(letter)
    return Markup().join(bodies)


def _keep(part: LetterPart, made: Drawn, contacts: Sequence[Contact]) -> None:
    pieces = (made.content[start : start + files.CHUNK] for start in range(0, len(made.content), files.CHUNK))
    file = files.store(f"letters-{part.batch_id}-{part.number}.pdf", "application/pdf", pieces)
    part.file_id, part.pages, part.sha256 = file.id, made.pages, file.sha256
    part.index = [
        {"reference": reference_of(contact), "page": made.starts[anchor_of(contact)]} for contact in contacts
    ]


def check_again(batch: Batch, step: Step) -> int | None:
    """How many letters are not to be posted as they are; None where all are handed over, or not all made yet.

    The parts that they are in are made again without whoever may not be written to any more, to the new
    address of whoever has moved, and in the format and language that somebody has asked for since.
    """
    locked = select(Batch.id).where(Batch.id == batch.id, Batch.state == "approved").with_for_update()
    parts = parts_of(batch) if db.session.scalar(locked) is not None else []
    if not are_made(parts):
        return None
    held = hold_back(batch, step)
    waiting = db.session.scalar(select(func.count()).select_from(_waiting(batch).subquery())) or 0
    gone, changed = sum(part.letters for part in parts) - waiting, printed.out_of_date(batch)
    if gone or changed:
        make_touched_again(batch, step, changed)
        audit.record("recalled", "letters", batch.id, count=gone, held_back=held, changed=len(changed))
    return gone + len(changed)


def mark_of(parts: Sequence[LetterPart]) -> str:
    """Stands for the files as they are now: where one is made again, it is another."""
    return hashlib.sha256(" ".join(part.sha256 or "" for part in parts).encode()).hexdigest()[:16]


def hand_over(batch: Batch, step: Step, files: str = "") -> int | None:
    """The printer has the letters: they count as sent, unless `check_again` finds some to be made again.

    `files` is the mark of those that the page showed. Returns how many letters are made again (0 when all
    went out), None as `check_again` does. Raises OldFiles where the printer has what was made again since.
    """
    recalled = check_again(batch, step)
    if recalled == 0 and files and files != mark_of(parts_of(batch)):
        raise OldFiles
    if recalled == 0:
        _all_sent(batch)
    return recalled


def recall(contact: Contact, batch: Batch, step: Step) -> bool:
    """Take one letter out that was printed and not handed over. False where it is too late for that.

    The person comes in the step's next batch again, unless something else holds them back.
    """
    locked = select(Batch.id).where(Batch.id == batch.id, Batch.state == "approved").with_for_update()
    if db.session.scalar(locked) is None or contact.state != "waiting":
        return False
    contact.state, contact.reason = "cancelled", "letter recalled"
    db.session.flush()
    make_touched_again(batch, step)
    audit.record("recalled", "letter", contact.id, person_id=contact.person_id)
    return True


def make_touched_again(batch: Batch, step: Step, changed: Sequence[int] = ()) -> int:
    """Have every part made again that holds a letter of somebody who no longer waits; how many parts.

    So are those of the contacts whose letters must be `changed`.
    """
    touched = [part for part in parts_of(batch) if part.made_at and _is_touched(part, changed)]
    for part in touched:
        _unmake(part)
        _leave_making(part, step)
    return len(touched)


def _is_touched(part: LetterPart, changed: Sequence[int]) -> bool:
    holds_one = any(part.first_contact <= number <= part.last_contact for number in changed)
    return holds_one or part.letters != _count(part)


def _count(part: LetterPart) -> int:
    wanted = select(func.count()).where(printed.of_part(part), Contact.state == "waiting")
    return db.session.scalar(wanted) or 0


def _unmake(part: LetterPart) -> None:
    file_id, part.file_id, part.made_at = part.file_id, None, None
    db.session.flush()
    old = db.session.get(StoredFile, (scope.current().tenant, file_id)) if file_id else None
    if old is not None:
        db.session.delete(old)


def manifest(batch: Batch, parts: Sequence[LetterPart]) -> Json:
    """What the printer must check, without anybody's name: files, letters, pages, hashes, first pages."""
    return {
        "batch": batch.id,
        "letters": sum(part.letters for part in parts),
        "pages": sum(part.pages for part in parts),
        "parts": [
            {
                "file": f"letters-{batch.id}-{part.number}.pdf",
                "letters": part.letters,
                "pages": part.pages,
                "sha256": part.sha256,
                "made_at": part.made_at.isoformat() if part.made_at else None,
                "index": part.index,
            }
            for part in parts
            if part.letters
        ],
    }


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
