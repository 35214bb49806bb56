"""The queue of rows that wait to be linked: the list, one row beside its candidates, decisions, undoing."""

from flask import Response, flash, redirect, request, url_for
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

from app import audit
from app.addresses import page_number
from app.fields import error_summary
from app.here import can, here
from app.paging import page_of
from app.people import linking, matching
from app.people.candidates import said_of
from app.people.known import SHOWN_OF_RESTRICTED
from app.people.linking_forms import DecideForm
from app.people.linking_models import LinkDecision, SourceEntry
from app.people.matching import Compared
from app.people.models import Person
from app.people.views import bp
from app.permissions import Permission as P
from app.permissions import requires
from app.render import date, render
from tenants.db import db
from tenants.models import Practice


@bp.get("/queue")
@requires(P.SEE_QUEUE)
def queue() -> Response:
    """What waits: row by row for those who decide; how many, and who decides, for others."""
    if not can(P.LINK_PEOPLE):
        return render(
            "people/queue.jinja", page=None, count=linking.waiting_count(),
            by_source=linking.waiting_by_source(), deciders=linking.who_decides(),
        )  # fmt: skip
    page = page_of(linking.waiting(), page_number(request.args))
    audit.record("viewed", "rows to link", purpose=linking.PURPOSE, count=len(page.rows))
    names = linking.names_of_sources()
    return render("people/queue.jinja", page=page, count=page.total, names=names)


@bp.route("/queue/<int:entry_id>", methods=["GET", "POST"])
@requires(P.LINK_PEOPLE)
def decide(entry_id: int) -> Response | Redirect:
    """One row beside the people whom it may be about."""
    entry = linking.locked(entry_id) if request.method == "POST" else _entry(entry_id)
    if entry is None:
        raise NotFound
    if entry.state != "waiting":
        flash(linking.standing_of(entry), "info")
        return redirect(url_for("people.queue"), 303)
    candidates = linking.candidates_of(entry)
    people = _people(candidates)
    form = DecideForm().of(candidates, {number: _told_apart(person) for number, person in people.items()})
    if not form.validate_on_submit():
        return _decide_page(entry, candidates, people, form)
    linking.decide(entry, form.chosen, form.note.data or "")
    flash("Your decision is saved. It can be undone under “Decisions”.", "success")
    following = linking.next_waiting(entry)
    return redirect(
        url_for("people.decide", entry_id=following.id) if following else url_for("people.queue"), 303
    )


def _decide_page(
    entry: SourceEntry, candidates: list[Compared], people: dict[int, Person], form: DecideForm
) -> Response:
    audit.record("viewed", "row to link", entry.id, purpose=linking.PURPOSE, count=len(people))
    audit.record_each("viewed", "person", people, entry.id, purpose=linking.PURPOSE)
    return render(
        "people/decide.jinja",
        422 if form.is_submitted() else 200,
        entry=entry,
        said=said_of(entry.said),
        source=linking.names_of_sources()[entry.source_id],
        candidates=candidates,
        people=people,
        practices={number: name for number, name in db.session.execute(select(Practice.id, Practice.name))},
        items=matching.ITEMS,
        shown_of_restricted=SHOWN_OF_RESTRICTED,
        form=form,
        errors=error_summary(form),
    )


def _people(candidates: list[Compared]) -> dict[int, Person]:
    ids = [one.candidate.id for one in candidates]
    return {row.id: row for row in db.session.scalars(select(Person).where(Person.id.in_(ids)))}


def _told_apart(person: Person) -> str:
    return f"{person.name}, born {date(person.born)}"


@bp.get("/queue/decisions")
@requires(P.LINK_PEOPLE)
def decisions() -> Response:
    """What was decided, by whom, newest first; each can be undone."""
    page = page_of(linking.decisions(), page_number(request.args))
    audit.record("viewed", "link decisions", purpose=linking.PURPOSE, count=len(page.rows))
    return render("people/decisions.jinja", page=page, decided=linking.decided(page.rows))


@bp.post("/queue/decisions/<int:decision_id>/undo")
@requires(P.LINK_PEOPLE)
def undo_decision(decision_id: int) -> Redirect:
    """Take a decision back: the row waits again."""
    decision = db.session.get(LinkDecision, (here.organisation.id, decision_id))
    if decision is None:
        raise NotFound
    try:
        linking.undo(decision)
    except linking.NotWaiting as late:
        flash(str(late), "info")
        return redirect(url_for("people.decisions"), 303)
    flash("The decision is undone. The row waits again.", "success")
    return redirect(url_for("people.decide", entry_id=decision.entry_id), 303)


@bp.get("/queue/linked")
@requires(P.LINK_PEOPLE)
def linked() -> Response:
    """Rows that were linked by what agrees, for whoever wants to check them."""
    page = page_of(linking.linked_by_details(), page_number(request.args))
    people = linking.people_of(page.rows)
    audit.record("viewed", "linked rows", purpose=linking.PURPOSE, count=len(page.rows))
    return render("people/linked.jinja", page=page, people=people, names=linking.names_of_sources())


@bp.post("/queue/<int:entry_id>/send-back")
@requires(P.LINK_PEOPLE)
def send_back(entry_id: int) -> Redirect:
    """Take a link back that was made by what agrees: the row waits for a decision."""
    entry = linking.locked(entry_id)
    if entry is None:
        raise NotFound
    try:
        linking.send_back(entry)
    except linking.NotWaiting as late:
        flash(str(late), "info")
        return redirect(url_for("people.linked"), 303)
    flash("The link is taken back. The row waits for a decision.", "success")
    return redirect(url_for("people.decide", entry_id=entry.id), 303)


def _entry(entry_id: int) -> SourceEntry | None:
    return db.session.get(SourceEntry, (here.organisation.id, entry_id))
