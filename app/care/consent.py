"""What a person decided about contact and about their data: each apart, in plain words, with its rows."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import or_, select

from app.audit import AuditEvent
from app.languages import LANGUAGES
from app.outreach import choices as chosen
from app.outreach.choice_models import ContactChoice, ContactNeed
from app.outreach.needs import in_words
from app.people import data_opt_outs
from app.people.models import DataOptOut, Person
from app.people.needs import communication_needs
from tenants import scope
from tenants.db import db

Why = Mapping[tuple[str, int], str]
WAYS = {"text": "text", "email": "e-mail", "letter": "letter", "call": "phone"}


@dataclass(frozen=True)
class Said:
    """One row: what was said, how and on which day, who entered it, and whether it was taken back."""

    number: int
    text: str
    source: str
    asked_on: dt.date | None
    entered_by: str
    at: dt.datetime
    lifted_at: dt.datetime | None
    lifted_by: str | None
    why: str
    lifts: str = ""
    """The endpoint that takes it back, and the name of its number in the address."""
    named: str = ""
    hold: bool = False

    @property
    def holds(self) -> bool:
        """Whether it holds now."""
        return self.lifted_at is None


@dataclass(frozen=True)
class Decision:
    """One of the things that are never merged: what it is, what it means and does not, and what was said."""

    name: str
    means: str
    not_this: str
    none: str
    said: list[Said] = field(default_factory=list)
    also: str = ""

    @property
    def holds(self) -> bool:
        """Whether any of it holds now."""
        return bool(self.also) or any(one.holds for one in self.said)


def decisions_of(
    person: Person, programme_id: int, asked: Sequence[ContactChoice], told: Sequence[DataOptOut], why: Why
) -> list[Decision]:
    """Everything but consent to share, in the order in which it is read."""

    def of(*kinds: str) -> list[Said]:
        rows = (one for one in asked if one.kind in kinds and one.programme_id in (None, programme_id))
        return [_choice(one, why) for one in rows]

    def data(kind: str) -> list[Said]:
        return [_data(one, why) for one in told if one.kind == kind]

    listed = (
        "The practice’s list says so. Only the practice can take that back." if person.type1_opt_out else ""
    )
    return [
        Decision("This programme", *MEANS["This programme"], of(chosen.OPT_OUT)),
        Decision("Contact by us", *MEANS["Contact by us"], of(chosen.NEVER)),
        Decision("Holds", *MEANS["Holds"], of(chosen.HOLD)),
        Decision("National data opt-out", *MEANS["National data opt-out"], data(data_opt_outs.NATIONAL)),
        Decision("Type 1 opt-out", *MEANS["Type 1 opt-out"], data(data_opt_outs.TYPE_1), listed),
    ]


# What each means, what it does not mean, and what is said where there is none. Source: domain.md 4.2.
MEANS: dict[str, tuple[str, str, str]] = {
    "This programme": (
        "We do not contact them about this programme any more, by any way.",
        "Other programmes may still contact them. Their care and the use of their data stay the same.",
        "Not opted out.",
    ),
    "Contact by us": (
        "We do not contact them that way, in any programme.",
        "It does not take them out of a programme: another way may still be used, unless they want none.",
        "No limit.",
    ),
    "Holds": (
        "A hold is ours. Nobody contacts them, in any programme, until a clinician lifts it.",
        "It says nothing of what the person wants.",
        "None.",
    ),
    "National data opt-out": (
        "Their confidential information is not used for research or planning: no file for such a "
        "purpose names them.",
        "It does not stop their own care, nor a message about it. The national service is not connected: "
        "here stands only what they told us.",
        "They have told us of none.",
    ),
    "Type 1 opt-out": (
        "Their GP record is used for their own care only: no new cohort takes them in.",
        "It does not stop their care, nor contact in a programme in which they take part already.",
        "None.",
    ),
}


# The subject in the record of who did what, the endpoint that takes it back, and its number in the address.
_CHOICE = ("contact choice", "care.lift_choice", "choice_id")
_DATA = ("data opt-out", "care.lift_data_opt_out", "data_opt_out_id")
_NEED = ("need", "care.lift_need", "need_id")


def _choice(one: ContactChoice, why: Why) -> Said:
    if one.kind == chosen.HOLD:
        text = one.note or "Nobody contacts them"
    elif one.kind == chosen.OPT_OUT:
        text = "Opted out"
    else:
        way = WAYS.get(one.channel or "")
        text = f"Do not contact by {way}" if way else "Do not contact in any way"
    return _said(one, text, why, _CHOICE)


def _data(one: DataOptOut, why: Why) -> Said:
    return _said(one, "Opted out", why, _DATA)


def needs_said(needs: Iterable[ContactNeed], why: Why) -> list[Said]:
    """What they told us that they need, as rows."""
    return [_said(one, in_words(one), why, _NEED) for one in needs]


def _said(
    one: ContactChoice | DataOptOut | ContactNeed, text: str, why: Why, way: tuple[str, str, str]
) -> Said:
    subject, lifts, named = way
    return Said(
        number=one.id,
        text=text,
        source=one.source,
        asked_on=getattr(one, "asked_on", None),
        entered_by=one.entered_by,
        at=one.at,
        lifted_at=one.lifted_at,
        lifted_by=one.lifted_by,
        why=why.get((subject, one.id), ""),
        lifts=lifts,
        named=named,
        hold=one.kind == chosen.HOLD,
    )


def why_lifted(person: Person) -> Why:
    """Why each thing was taken back, as the record of who did what says, by its subject and number."""
    records = select(Person.id).where(or_(Person.id == person.id, Person.merged_into == person.id))
    reason = AuditEvent.detail["why"].as_string()
    asked = select(AuditEvent.subject, AuditEvent.subject_id, reason).where(
        AuditEvent.tenant_id == scope.current().tenant,
        AuditEvent.person_id.in_(records),
        AuditEvent.subject.in_(("contact choice", "data opt-out", "need")),
        reason.is_not(None),
    )
    return {(subject, number): why for subject, number, why in db.session.execute(asked)}


def needs_of(person: Person, told: Iterable[ContactNeed]) -> dict[str, str]:
    """What the person needs so that information reaches them: what they told us, else what the list says."""
    needs = communication_needs(person)
    for one in told:
        if one.lifted_at is None:
            name, text = _need(one)
            needs[name] = f"{text} (they told us)"
    return needs


def _need(one: ContactNeed) -> tuple[str, str]:
    match one.kind:
        case "language":
            return "Language", LANGUAGES.get(one.value, one.value)
        case "format":
            return "Information format", one.value
        case "interpreter":
            return "Interpreter", "Needs an interpreter"
        case _:
            return "Someone to speak for them", "Wanted"
