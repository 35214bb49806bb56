"""Pages of screening: the list with its progress, one person, and several plain cases at once."""

from typing import cast

from flask import Response, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound

from app import audit
from app.cohorts import screening, screening_list
from app.cohorts.definition import cohort_of
from app.cohorts.holds import holds_of
from app.cohorts.release import contact_person, practices_and_whether_released
from app.cohorts.screening import PURPOSE, Decided
from app.cohorts.screening_forms import ScreenForm, SeveralForm, ticked
from app.cohorts.screening_list import SHOW, Line, wanted_from
from app.cohorts.screening_values import record_of
from app.cohorts.views import bp
from app.fields import error_summary
from app.people.needs import communication_needs
from app.permissions import P, requires
from app.programmes.listing import programme_at
from app.programmes.models import Programme
from app.render import render

MOST_AT_ONCE = 100


@bp.get("/screening", endpoint="screening")
@requires(P.SCREEN_PEOPLE)
def list_to_screen(programme_id: int) -> Response:
    """Everybody to screen with the values that matter, and how far it is."""
    return _list_page(programme_at(programme_id), SeveralForm(formdata=None), {})


def _list_page(programme: Programme, form: SeveralForm, chosen: dict[int, int]) -> Response:
    wanted = wanted_from(request.args)
    page = screening_list.find(programme.id, wanted)
    overtaken = screening_list.lines_of(programme.id, ticked(request.args.getlist("overtaken")))
    shown = {**wanted.address, "of": page.total}
    audit.record(
        "viewed", "screening list", programme.id, purpose=PURPOSE, count=len(page.rows), filter=shown
    )
    errors = error_summary(form)
    return render(
        "cohorts/screening.jinja", 422 if errors else 200, programme=programme, wanted=wanted, page=page,
        progress=screening.progress_of(programme.id), overtaken=overtaken, form=form, chosen=chosen,
        errors=errors, shows=SHOW, in_words=screening.in_words, cohort=cohort_of(programme),
        practices=[one for one, released in practices_and_whether_released(programme.id) if released],
    )  # fmt: skip


@bp.post("/screening")
@requires(P.SCREEN_PEOPLE)
def screen_several(programme_id: int) -> Response:
    """The same decision for everybody who was ticked, except whom others decided of in the meantime."""
    programme = programme_at(programme_id)
    form = SeveralForm()
    chosen = dict(list(ticked(request.form.getlist("chosen")).items())[:MOST_AT_ONCE])
    valid = form.validate()
    if not chosen:
        form.form_errors = ["Tick at least one person"]
    if not valid or not chosen:
        return _list_page(programme, form, chosen)
    decided = screening.decide(programme.id, chosen, form.made)
    _say(decided, form.made.decision)
    others = [f"{row.participant_id}-{row.id}" for row in decided.overtaken]
    wanted = wanted_from(request.args)
    return _to_list(programme, **wanted.address, page=wanted.page, overtaken=others)


def _say(decided: Decided, decision: str) -> None:
    number, others = len(decided.made), len(decided.overtaken)
    done = "kept" if decision == screening.KEEP else "left out"
    flash(f"{number:,} {'person' if number == 1 else 'people'} {done}.", "success" if number else "info")
    if others:
        words = "person was" if others == 1 else "people were"
        flash(f"{others:,} {words} decided by somebody else in the meantime and not changed.", "info")
    if decided.gone:
        words = "person is" if len(decided.gone) == 1 else "people are"
        flash(f"{len(decided.gone):,} {words} no longer in the list and not changed.", "info")


@bp.route("/screening/<int:participant_id>", methods=["GET", "POST"])
@requires(P.SCREEN_PEOPLE)
def screen(programme_id: int, participant_id: int) -> Response:
    """One person: what is known that matters, the decision, and on to the next."""
    programme = programme_at(programme_id)
    line = screening_list.line_of(programme.id, participant_id)
    if line is None:
        return _not_to_screen(programme, participant_id)
    form = ScreenForm()
    if not form.validate_on_submit():
        if not form.is_submitted():
            form.seen.data = str(line.seen)
        return _person_page(programme, line, form)
    following = screening_list.next_of(programme.id, wanted_from(request.args), participant_id)
    decided = screening.decide(programme.id, {participant_id: form.seen_decision}, form.made)
    if decided.made:
        return _to_next(programme, following)
    for row in decided.overtaken:
        form.seen.data = str(row.id)
        form.form_errors = [f"{screening.in_words(row)} in the meantime. Nothing is changed: decide again."]
    if not decided.overtaken:
        form.seen.data, form.form_errors = "0", ["This has changed in the meantime. Decide again."]
    return _person_page(programme, line, form)


def _not_to_screen(programme: Programme, participant_id: int) -> Response:
    """Somebody of elsewhere, whose practice has not released them, or who has left the programme."""
    participant, _ = contact_person(participant_id)
    if participant.programme_id != programme.id:
        raise NotFound
    flash("This person has left the programme another way, and is not screened.", "info")
    return _to_list(programme)


def _person_page(programme: Programme, line: Line, form: ScreenForm) -> Response:
    person, participant = line.person, line.participant
    values, diagnoses = record_of(person.id)
    audit.record("viewed", "person", participant.id, person_id=person.id, purpose=PURPOSE)
    errors = error_summary(form)
    return render(
        "cohorts/screen.jinja", 422 if errors else 200, programme=programme, line=line, form=form,
        errors=errors, wanted=wanted_from(request.args), values=values, diagnoses=diagnoses,
        needs=communication_needs(person), holds=holds_of(participant, person),
        others=screening_list.other_programmes(participant),
        history=screening.history_of(participant.id), in_words=screening.in_words,
        progress=screening.progress_of(programme.id, waiting=False),
    )  # fmt: skip


def _to_next(programme: Programme, following: int | None) -> Response:
    wanted = wanted_from(request.args)
    if following is None:
        flash("That was the last one.", "success")
        return _to_list(programme, **wanted.address)
    there = url_for(".screen", programme_id=programme.id, participant_id=following, **wanted.address)
    return cast(Response, redirect(there))


def _to_list(programme: Programme, **query: object) -> Response:
    return cast(Response, redirect(url_for(".screening", programme_id=programme.id, **query)))  # type: ignore[arg-type]
