"""Who may be contacted. Pure decisions over facts that were loaded before.

Source of the reasons: the must-not-contact checks of PDS (death notification, removal reason, S-flag, contact
method 8) and the five opt-outs that are never merged.
"""

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from app.outreach import hours


class Reason(StrEnum):
    """Why somebody is not contacted, worded to follow "held back:"."""

    DIED = "has died"
    LEFT = "has left the practice"
    MISSING = "not in the practice's latest list"
    SENSITIVE = "sensitive record"
    AGE = "not of the age that the programme is for"
    HOLD = "nobody may contact them until a hold is settled"
    NOT_RELEASED = "the practice has not released its people"
    LEFT_OUT = "left out of the programme"
    NOT_SCREENED = "a clinician has not screened them yet"
    OPTED_OUT = "opted out of the programme"
    DO_NOT_CONTACT = "asked not to be contacted"
    NOT_THIS_WAY = "asked not to be contacted this way"
    NO_TELEPHONE = "asked for no telephone contact"
    NO_MOBILE = "no usable mobile number"
    NO_EMAIL = "no usable e-mail address"
    NO_ADDRESS = "no complete address"
    NO_PHONE = "no usable phone number"
    FORMAT = "needs a format that cannot be sent this way"
    ANSWERED = "has already answered"
    SHARED = "one message to a shared number or address"
    LATELY = "contacted lately by another programme"
    OFTEN = "contacted as often as the PCN allows"
    STOPPED = "the PCN has stopped all sending"
    PAUSED = "the programme is not live"
    BLACKOUT = "a day on which the PCN sends nothing this way"
    HOURS = "outside sending hours"


# The channel does not reach them: the next step is theirs at once.
UNREACHABLE = frozenset(
    {
        Reason.NOT_THIS_WAY,
        Reason.NO_TELEPHONE,
        Reason.NO_MOBILE,
        Reason.NO_EMAIL,
        Reason.NO_ADDRESS,
        Reason.NO_PHONE,
        Reason.FORMAT,
        Reason.SHARED,
    }
)
# Somebody has to decide first: they are in no batch before.
UNDECIDED = frozenset({Reason.NOT_RELEASED, Reason.NOT_SCREENED})
# They have said or done what they were asked for: no step is theirs any more.
NO_LONGER_ASKED = frozenset({Reason.ANSWERED, Reason.OPTED_OUT, Reason.LEFT_OUT})
# Nothing about the person: they wait, and are not held back.
FOR_NOW = frozenset({Reason.STOPPED, Reason.PAUSED, Reason.BLACKOUT, Reason.HOURS})
# What passes by itself, sooner or later.
NOT_FOR_LONG = FOR_NOW | {Reason.LATELY, Reason.OFTEN}

# Formats, in lower case, that a channel cannot carry.
CANNOT_CARRY: dict[str, frozenset[str]] = {
    "text": frozenset({"braille", "bsl", "audio", "audio tape"}),
    "email": frozenset({"braille", "bsl", "audio", "audio tape"}),
    "letter": frozenset({"braille", "bsl", "audio", "audio tape"}),
}
NOT_YET_ANSWERED = frozenset({"identified", "contacted", "not reached"})
WANT_TO_BE_RUNG = frozenset({"wants a call", "wants another way"})
# Source: UK Core, preferred contact method.
NO_TELEPHONE_CONTACT = frozenset({"no telephone contact", "8"})
# The same, a format, and a language (ISO 639-3).
BY_SIGNS = frozenset({"sign language", "7", "bsl", "bfi"})
_MOBILE, _PHONE = re.compile(r"07[1-57-9][0-9]{8}"), re.compile(r"0[12378][0-9]{8,9}")
_ABROAD, _NOT_DIALLED = re.compile(r"^(?:\+|00)44(?:0)?"), re.compile(r"[^0-9+]")
KEEPS_HOURS = frozenset({"text", "email"})


class Facts(NamedTuple):
    """What is known now of one participant, as far as it bears on contacting them.

    What they asked for themselves (`contact_need`) stands before what their practice's list says.
    """

    died_on: dt.date | None = None
    left_on: dt.date | None = None
    missing_since: dt.date | None = None
    sensitive: bool = False
    of_age: bool = True  # today, by the cohort's definition
    released: bool = True
    screened: bool = True
    opted_out: bool = False
    do_not_contact: Collection[str] = frozenset()
    preferred_contact: str = ""
    information_format: str = ""
    language: str = "en"
    interpreter: bool = False
    advocate: bool = False  # somebody speaks for them
    mobile: str = ""
    home_phone: str = ""
    email: str = ""
    address_complete: bool = True
    status: str = "identified"
    ask_again_on: dt.date | None = None
    held: bool = False
    contacts: int = 0  # in the days that the PCN counts, by any programme
    last_elsewhere: dt.date | None = None  # the last by another programme
    call_on: dt.date | None = None  # on the call list from that day on, for this programme
    arranged: bool = False  # they are on it to be rung with an interpreter, booked or to be booked


@dataclass(frozen=True)
class Sending:
    """What holds for everybody in a programme: its state, and whether, when and how often its PCN sends.

    `closed_to` are the channels that a blackout closes today. At most `most_contacts` with one person in the
    PCN's days, and `days_between` two of different programmes. `opens`, `closes` and `weekdays` (0 is Monday,
    none means all working days) are the PCN's, narrowed to those of the step that is sent.
    """

    state: str = "live"
    stopped: bool = False
    closed_to: frozenset[str] = frozenset()
    most_contacts: int = 5
    days_between: int = 2
    opens: dt.time = dt.time(9)
    closes: dt.time = dt.time(18)
    weekdays: frozenset[int] = hours.ANY_DAY

    def narrowed(self, opens: dt.time | None, closes: dt.time | None, weekdays: Collection[int]) -> "Sending":
        """The same within a step's own hours and weekdays. Hours that never meet the PCN's are not heeded."""
        first, last = max(opens or self.opens, self.opens), min(closes or self.closes, self.closes)
        if first >= last:
            first, last = self.opens, self.closes
        return replace(self, opens=first, closes=last, weekdays=frozenset(weekdays))


def next_opening(sending: Sending, moment: dt.datetime) -> dt.datetime:
    """The first moment from `moment` on at which texts and e-mails may go out, in UTC."""
    return hours.next_open(moment, sending.opens, sending.closes, sending.weekdays)


def why_not(facts: Facts, channel: str, programme: Sending, moment: dt.datetime) -> Reason | None:
    """Why this person may not be contacted by `channel` at `moment`; None where they may.

    Asked when a batch is built, when it is approved and at each send. Reasons that lie in the person come
    first, those that pass by themselves (`FOR_NOW`) last.
    """
    return (
        _never(facts, hours.day_of(moment))
        or _said_no(facts, channel, hours.day_of(moment))
        or (None if facts.screened else Reason.NOT_SCREENED)
        or _out_of_reach(facts, channel)
        or _too_often(facts, programme, hours.day_of(moment))
        or _not_now(programme, channel, moment)
    )


def _never(facts: Facts, today: dt.date) -> Reason | None:
    if facts.died_on is not None:
        return Reason.DIED
    if facts.left_on is not None and facts.left_on <= today:
        return Reason.LEFT
    if facts.missing_since is not None:
        return Reason.MISSING
    if facts.sensitive:
        return Reason.SENSITIVE
    if not facts.of_age and facts.status in NOT_YET_ANSWERED:
        return Reason.AGE
    if facts.held:
        return Reason.HOLD
    return None if facts.released else Reason.NOT_RELEASED


def _said_no(facts: Facts, channel: str, today: dt.date) -> Reason | None:
    if "any" in facts.do_not_contact:
        return Reason.DO_NOT_CONTACT
    if facts.opted_out or facts.status == "opted out":
        return Reason.OPTED_OUT
    if facts.status == "left out":
        return Reason.LEFT_OUT
    return Reason.ANSWERED if has_answered(facts, channel, today) else None


def has_answered(facts: Facts, channel: str, today: dt.date) -> bool:
    """Whether an answer is there that needs no further asking. "Not now" holds until the day they named."""
    if facts.status in NOT_YET_ANSWERED:
        return False
    if facts.status == "not now":
        return facts.ask_again_on is None or facts.ask_again_on > today
    return not (channel == "call" and facts.status in WANT_TO_BE_RUNG)


def _out_of_reach(facts: Facts, channel: str) -> Reason | None:
    if channel in facts.do_not_contact:
        return Reason.NOT_THIS_WAY
    if channel == "call":
        return _cannot_be_rung(facts)
    if channel == "text" and mobile_of(facts.mobile) is None:
        return Reason.NO_MOBILE
    if channel == "email" and "@" not in facts.email:
        return Reason.NO_EMAIL
    if channel == "letter" and not facts.address_complete:
        return Reason.NO_ADDRESS
    return Reason.FORMAT if facts.information_format.lower() in CANNOT_CARRY[channel] else None


def can_be_rung(facts: Facts) -> bool:
    """Whether a call could reach this person, so that a message may say that one will come."""
    return _out_of_reach(facts, "call") is None


def _cannot_be_rung(facts: Facts) -> Reason | None:
    """Who asked for a call is rung however they prefer to be contacted; who signs, with an interpreter."""
    asked = facts.status in WANT_TO_BE_RUNG
    if not asked and facts.preferred_contact.lower() in NO_TELEPHONE_CONTACT:
        return Reason.NO_TELEPHONE
    if phone_of(facts) is None:
        return Reason.NO_PHONE
    return Reason.FORMAT if signs(facts) and not asked and not facts.arranged else None


def signs(facts: Facts) -> bool:
    """Whether somebody takes part in a call by sign language alone: with an interpreter or by video relay."""
    said = (facts.preferred_contact.lower(), facts.information_format.lower(), facts.language.lower())
    return not BY_SIGNS.isdisjoint(said)


def _too_often(facts: Facts, programme: Sending, today: dt.date) -> Reason | None:
    """Other programmes count too. Who has asked for a call is rung all the same."""
    if facts.status in WANT_TO_BE_RUNG:
        return None
    if facts.contacts >= programme.most_contacts:
        return Reason.OFTEN
    last = facts.last_elsewhere
    if last is not None and today < last + dt.timedelta(days=programme.days_between):
        return Reason.LATELY
    return None


def _not_now(programme: Sending, channel: str, moment: dt.datetime) -> Reason | None:
    if programme.stopped:
        return Reason.STOPPED
    if programme.state != "live":
        return Reason.PAUSED
    if channel in programme.closed_to:
        return Reason.BLACKOUT
    if channel in KEEPS_HOURS and not _are_open(programme, moment):
        return Reason.HOURS
    return None


def _are_open(programme: Sending, moment: dt.datetime) -> bool:
    return hours.are_open(moment, programme.opens, programme.closes, programme.weekdays)


def mobile_of(written: str) -> str | None:
    """A United Kingdom mobile number as 11 digits, however it was written; None where it is not one.

    >>> mobile_of("0044 7700 900 062")
    '07700900062'
    """
    digits = written if _MOBILE.fullmatch(written) else national(written)
    return digits if _MOBILE.fullmatch(digits) else None


def phone_of(facts: Facts) -> str | None:
    """The number to ring: the mobile, or else the one at home; None where neither can be rung."""
    for written in (facts.mobile, facts.home_phone):
        digits = national(written)
        if _PHONE.fullmatch(digits):
            return digits
    return None


def national(written: str) -> str:
    """A number as it is dialled in the United Kingdom, digits only: how numbers are compared."""
    return _ABROAD.sub("0", _NOT_DIALLED.sub("", written))
