"""A batch's letters: downloading them, handing them over, and taking one out again."""

from flask import Response, flash, make_response, request
from werkzeug.exceptions import Forbidden, NotFound

from app import audit, files
from app.cohorts.release import contact_person
from app.files import StoredFile
from app.outreach import letters, printed
from app.outreach.letter_pages import on_a_page
from app.outreach.models import Batch, Contact, Step
from app.outreach.rules import Reason, Sending
from app.outreach.standing import sending_of
from app.outreach.views import batch_at, bp, mine, to
from app.permissions import Permission, requires
from app.render import count, render

MAKE_AGAIN = (
    "Since this file was made, somebody in it has died, said no, moved or asked for another format, or their "
    "practice has taken its release back. Do not post these letters. Press “Check the letters again”: "
    "the file is made again as it should be."
)
NOT_AGAIN = (
    "These letters were handed over. Since then somebody in this file has died, left or said no, or their "
    "practice has taken its release back. So the file is not given out any more."
)
NOT_TO_BE_POSTED = {
    "cancelled": "Do not post these letters: this batch is cancelled. Delete the files that you have of it.",
    "paused": "Do not post these letters now: this batch is paused. Download them when it goes on.",
}

OLD_FILES = (
    "Do not post the letters that you have: the files were made again since you opened this page. Delete the "
    "old ones, download these, and hand them to the printer."
)


@bp.get("/pcn/<slug>/outreach/batches/<int:batch_id>/letters-<part>.pdf")
@requires(Permission.SEE_PEOPLE)
def letters_pdf(batch_id: int, part: str) -> Response:
    """One part of the letters, ready to print."""
    found, _, _ = batch_at(batch_id)
    wanted = next((one for one in letters.parts_of(found) if str(one.number) == part), None)
    if wanted is None or wanted.file_id is None:
        raise NotFound
    if found.state in NOT_TO_BE_POSTED:
        raise Forbidden(NOT_TO_BE_POSTED[found.state])
    if not printed.may_be_printed(wanted, found):
        return _not_given_out(found)
    file = mine(StoredFile, wanted.file_id)
    audit.record("exported", "letters", found.id, count=wanted.letters, sha256=file.sha256, part=part)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return make_response(files.content(file), 200, headers | {"Content-Type": file.media_type})


def _not_given_out(found: Batch) -> Response:
    flash(NOT_AGAIN if found.state == "done" else MAKE_AGAIN, "error")
    return to("outreach.batch", batch_id=found.id)


@bp.get("/pcn/<slug>/outreach/batches/<int:batch_id>/letters.json")
@requires(Permission.SEE_OUTREACH)
def letters_manifest(batch_id: int) -> Response:
    """What the printer must know of the letters, without anybody's name."""
    found, _, _ = batch_at(batch_id)
    parts = letters.parts_of(found)
    if not letters.are_made(parts):
        raise NotFound
    audit.record("exported", "sheet for the printer", found.id, count=sum(part.letters for part in parts))
    response = make_response(letters.manifest(found, parts))
    response.headers["Content-Disposition"] = f'attachment; filename="letters-{found.id}.json"'
    return response


@bp.post("/pcn/<slug>/outreach/batches/<int:batch_id>/check-letters")
@requires(Permission.BUILD_BATCHES)
def check_letters(batch_id: int) -> Response:
    """Check everybody whose letter is printed, and have made again what is not as it should be."""
    found, step, _ = batch_at(batch_id)
    recalled = letters.check_again(found, step)
    if recalled == 0:
        flash("Every letter is as it should be.", "success")
    else:
        _say(recalled, found)
    return to("outreach.batch", batch_id=found.id)


@bp.post("/pcn/<slug>/outreach/batches/<int:batch_id>/hand-over")
@requires(Permission.BUILD_BATCHES)
def hand_over(batch_id: int) -> Response:
    """The printer has the letters."""
    found, step, _ = batch_at(batch_id)
    if why := _not_today(sending_of(found.programme_id)):
        flash(f"Do not post these letters now: {why}.", "error")
        return to("outreach.batch", batch_id=found.id)
    try:
        _say(letters.hand_over(found, step, request.form.get("files", "")), found)
    except letters.OldFiles:
        audit.record("tried to hand over", "letters", found.id, files="old")
        flash(OLD_FILES, "error")
    return to("outreach.batch", batch_id=found.id)


def _not_today(sending: Sending) -> str:
    """Why no letter may go out today, whoever it is to; empty where letters may."""
    if sending.stopped:
        return Reason.STOPPED
    if sending.state != "live":
        return Reason.PAUSED
    return "today is one of your PCN’s quiet days" if "letter" in sending.closed_to else ""


def _say(recalled: int | None, found: Batch) -> None:
    if recalled is None:
        already = "These letters were handed over already, or are being made."
        flash(NOT_TO_BE_POSTED.get(found.state, already), "error")
    elif recalled:
        which = count(recalled, "letter")
        flash(f"Do not post these letters yet. {which} had to be taken out or made again. "
              "Wait for the new file, and hand over that one.", "error")  # fmt: skip
    else:
        flash("Handed over. The letters count as sent today.", "success")


@bp.get("/pcn/<slug>/outreach/letters/<int:contact_id>")
@requires(Permission.READ_MESSAGES)
def letter(contact_id: int) -> Response:
    """One letter as it is printed, as a page: for somebody who rings about it, and for a screen reader."""
    contact, batch, step = _letter(contact_id)
    _, person = contact_person(contact.participant_id)
    audit.record("viewed", "letter", contact.id, person_id=person.id)
    return render(
        "outreach/letter.jinja", contact=contact, batch=batch, step=step, person=person,
        shown=on_a_page(contact.body),
        may_recall=batch.state == "approved" and contact.state == "waiting",
    )  # fmt: skip


def _letter(contact_id: int) -> tuple[Contact, Batch, Step]:
    contact = mine(Contact, contact_id)
    batch, step, _ = batch_at(contact.batch_id)
    if step.channel != "letter" or not contact.body:
        raise NotFound
    return contact, batch, step


@bp.post("/pcn/<slug>/outreach/letters/<int:contact_id>/recall")
@requires(Permission.BUILD_BATCHES)
def recall(contact_id: int) -> Response:
    """Take one letter out that the printer does not have yet."""
    contact, batch, step = _letter(contact_id)
    if letters.recall(contact, batch, step):
        flash("Taken out. The file it was in is made again without it: hand over the new one.", "success")
    else:
        flash("It is too late to take this letter out: it was handed over or stopped before.", "error")
    return to("outreach.batch", batch_id=batch.id)
