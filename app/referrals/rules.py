"""Decisions about referrals. No request and no session: rows in, answers out."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from app.care.models import Goal, Measurement, Plan
from app.people.models import Person
from app.people.needs import telephone
from app.render import date
from tenants.db import Json
from tenants.models import DATA_CLASSES, Agreement

# A referral without these cannot be acted on.
NEEDED = "contact details"

# What is read to the person before they say yes. A new wording gets a new version; old consents keep theirs.
WORDING_VERSION = "1"
WORDING = (
    "We would like to tell {partner} about you, so that they can help. We share only what you say yes to. "
    "They may not pass it on. You can change your mind at any time: tell us, and they will no longer see it. "
    "If you say no, your care stays the same."
)

DECLINE_REASONS: dict[str, tuple[str, ...]] = {
    "the person said no": (
        "does not want this any more",
        "not the right time",
        "already has other support",
        "could not get to it",
    ),
    "we cannot offer this": (
        "no places now",
        "not the right service for what they want",
        "outside our area",
        "needs more support than we can give",
        "could not reach the person",
    ),
}


def covered(agreements: Iterable[Agreement], day: dt.date) -> frozenset[str]:
    """The classes of data that the agreements in date on `day` let us share."""
    return frozenset(
        name for agreement in agreements if agreement.in_date(day) for name in agreement.data_classes
    )


@dataclass(frozen=True)
class Known:
    """What we know of a person that could be shared, before anybody has agreed to it."""

    person: Person
    needs: dict[str, str]
    life: dict[str, str]
    measured: list[Measurement]
    plan: Plan | None
    goals: list[Goal]
    our_phone: str


def contact_details(known: Known) -> dict[str, str]:
    """How to reach the person, no more than is needed, and always what they need so that it reaches them.

    The address goes along only where a letter is the way, and neither address nor telephone where the record
    is restricted.
    """
    person = known.person
    phone = person.mobile or person.home_phone
    by_letter = not phone or person.preferred_contact.lower() in ("letter", "no telephone contact")
    details = {"Name": person.name}
    if person.sensitive:
        details["How to reach them"] = f"Through us, on {known.our_phone}"
    elif by_letter:
        lines = (f"{person.house} {person.street}", person.town, person.postcode)
        details["Address"] = ", ".join(line.strip() for line in lines if line.strip())
    else:
        details["Telephone"] = telephone(phone)
    return details | known.needs


def facts(known: Known, reason: str, wants: str) -> dict[str, dict[str, str]]:
    """For each class of data what would be shared, as label → value; an empty class is left out."""
    found = {
        "contact details": contact_details(known),
        "reason for referral": {"Why we are referring": reason, "What they want": wants},
        "needs": known.life,
        "health measurements": {
            one.instrument.capitalize() if one.instrument != "HbA1c" else "HbA1c": _measured(one)
            for one in known.measured
        },
        "plan": _planned(known),
    }
    filled = {name: {k: v for k, v in found[name].items() if v} for name in DATA_CLASSES}
    return {name: values for name, values in filled.items() if values}


def _measured(one: Measurement) -> str:
    return f"{one.value.normalize():f} {one.unit} on {date(one.taken_on)}"


def _planned(known: Known) -> dict[str, str]:
    if known.plan is None:
        return {}
    goals = {
        f"Goal {number}": f"{goal.words} First action: {goal.action}" if goal.action else goal.words
        for number, goal in enumerate(known.goals, 1)
    }
    return {"What matters to them": known.plan.what_matters, **goals}


def build_shared(
    found: dict[str, dict[str, str]], *, agreed: Collection[str], consented: Collection[str]
) -> Json:
    """What the partner will see: of `found` exactly the classes both in the agreement and consented to.

    Each class is a list of [label, value], because stored objects do not keep their order.
    """
    both = {name: values for name, values in found.items() if name in agreed and name in consented}
    return {name: [[label, value] for label, value in values.items()] for name, values in both.items()}


def name_in(shared: Json) -> str:
    """The person's name as it was shared."""
    return str(dict(shared.get(NEEDED, ())).get("Name", "Name not shared"))


def is_silent(state: str, reply_by: dt.date, today: dt.date) -> bool:
    """Whether a referral has had no answer in the time promised."""
    return state == "sent" and reply_by < today


REFERRAL_MILESTONES = ("referred", "referral accepted", "referral declined")


def milestones_of(states: Collection[str]) -> frozenset[str]:
    """The milestones that follow from the states of all of a participant's referrals.

    Declined stands only while no other referral is open or accepted; withdrawn ones count for nothing.
    """
    live = set(states) - {"withdrawn"}
    accepted = bool(live & {"accepted", "finished"})
    kinds = {
        "referred": bool(live),
        "referral accepted": accepted,
        "referral declined": "declined" in live and not accepted and "sent" not in live,
    }
    return frozenset(kind for kind, holds in kinds.items() if holds)
