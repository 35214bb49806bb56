"""The pages of one person: where they are and what is next, their values, and who has looked at them."""

from dataclasses import dataclass
from typing import Any

from flask import Response, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

from app import audit
from app.addresses import page_number
from app.care import held, people, timeline
from app.care.consent import needs_of
from app.care.rules import next_step, why_nothing
from app.care.sections import sections_of
from app.care.views import bp
from app.cohorts.red_flags import flags_of
from app.cohorts.release import contact_person
from app.here import can
from app.people.deprivation import standing_of
from app.people.known import HIDDEN, known_of
from app.people.models import Person
from app.permissions import P, requires
from app.programmes.models import Participant
from app.render import render


@dataclass(frozen=True)
class Shown:
    """What stands at the top of each of a person's pages, and what it was made from."""

    who: Participant
    person: Person
    near: people.Around
    asked: people.Asked
    holds: list[people.Hold]

    @property
    def stopped(self) -> bool:
        """Whether a hold says that they are not to be contacted."""
        return any(hold.stops for hold in self.holds)

    def values(self) -> dict[str, Any]:
        """What the layout of the pages is told."""
        return {
            "participant": self.who,
            "person": self.person,
            "near": self.near,
            "holds": self.holds,
            "needs": needs_of(self.person, self.asked.needs),
        }


def person_at(participant_id: int) -> Shown | Redirect:
    """The person, or the way to the record that theirs was merged into. NotFound and Forbidden as ever."""
    who, person = contact_person(participant_id)
    if person.merged_into is not None:
        return _to_the_kept(who, person)
    near, asked = people.around(who, person), people.asked_by(person)
    return Shown(who, person, near, asked, people.holds_of(who, person, asked))


def _to_the_kept(who: Participant, person: Person) -> Redirect:
    kept = people.kept_participant(who, person)
    if kept is None:
        raise NotFound
    flash("That was a second record of this person. It was merged into this one.", "info")
    return redirect(url_for(str(request.endpoint), participant_id=kept))


@bp.get("/<int:participant_id>")
@requires(P.SEE_PEOPLE)
def participant(participant_id: int) -> Response | Redirect:
    """One person in one programme: needs and holds first, then where they are and what is next."""
    shown = person_at(participant_id)
    if not isinstance(shown, Shown):
        return shown
    who, near = shown.who, shown.near
    audit.record("viewed", "person", who.id, person_id=shown.person.id)
    record = held.record_of_participant(who)
    sections = sections_of(who, shown.person)
    step = next_step(
        who.status,
        near.conversation.state if near.conversation else None,
        near.plan.state if near.plan else None,
        stopped=shown.stopped,
    )
    return render(
        "care/participant.jinja",
        **shown.values(),
        flags=flags_of(record.latest, record.codes),
        record=record,
        step=step,
        nothing=why_nothing(who.status, stopped=shown.stopped),
        may_act=can(P.HOLD_CONVERSATIONS),
        asked=shown.asked,
        timeline=timeline.timeline_of(who, shown.person),
        sections=[section.drawn for section in sections],
        choices=[choice for choice in shown.asked.choices if choice.programme_id in (None, who.programme_id)],
        consents=[consent for section in sections for consent in section.consents],
        address=held.address_of(shown.person),
    )


@bp.get("/<int:participant_id>/values")
@requires(P.SEE_PEOPLE)
def see_values(participant_id: int) -> Response | Redirect:
    """All that is held of a person: values, conditions, what other services know, each with its origin."""
    shown = person_at(participant_id)
    if not isinstance(shown, Shown):
        return shown
    person = shown.person
    audit.record("viewed", "values", shown.who.id, person_id=person.id)
    record = held.record_of_participant(shown.who)
    return render(
        "care/see_values.jinja",
        **shown.values(),
        flags=flags_of(record.latest, record.codes),
        record=record,
        standing=standing_of(person.lsoa),
        known=known_of(person),
        hidden=HIDDEN,
        details=held.details_of(person),
    )


@bp.get("/<int:participant_id>/looks")
@requires(P.SEE_PEOPLE)
def see_looks(participant_id: int) -> Response | Redirect:
    """Who saw or did what with a person, newest first. Looking at it is itself recorded."""
    shown = person_at(participant_id)
    if not isinstance(shown, Shown):
        return shown
    audit.record(
        "viewed", "who has looked", shown.who.id, person_id=shown.person.id, purpose="checking who did what"
    )
    looks, organisations = timeline.looks_at(shown.person.id, page_number(request.args))
    return render("care/see_looks.jinja", **shown.values(), looks=looks, organisations=organisations)
