"""What follows when a colleague enters what somebody asked, or that they have taken it back.

The five things stay five: out of this programme, no contact by a channel (or by any), the national data
opt-out, the Type 1 opt-out, and consent to share, which is asked for in a conversation.
"""

import datetime as dt
from collections.abc import Collection

from sqlalchemy import select

from app import audit
from app.outreach import call_stops, choices
from app.outreach.call_models import Call
from app.outreach.choice_models import ContactChoice
from app.outreach.models import CHANNELS
from app.outreach.rules import Reason
from app.people import data_opt_outs
from app.programmes.milestones import reach, withdraw, withdraw_many
from app.programmes.models import Participant
from tenants.db import db

THIS_PROGRAMME, ANY = "this programme", "any"
ASKED = (THIS_PROGRAMME, *CHANNELS, ANY, *data_opt_outs.KINDS)
OPTED_OUT = "opted out"
NO_CALLS = {ANY: Reason.DO_NOT_CONTACT, "call": Reason.NOT_THIS_WAY}


def enter(participant: Participant, asked: Collection[str], *, source: str, asked_on: dt.date | None) -> int:
    """Write down what was asked, each thing by itself; how much of it is new. It holds from this moment on.

    Raises ValueError where something is asked that is none of `ASKED`.
    """
    new = sum(_enter(participant, one, source, asked_on) for one in asked)
    who = participant.person_id
    audit.record("entered", "what they asked", participant.id, person_id=who, asked=list(asked), new=new)
    return new


def _enter(participant: Participant, asked: str, source: str, asked_on: dt.date | None) -> bool:
    if asked not in ASKED:
        raise ValueError(f"{asked} is not something to be asked for")
    who, by = participant.person_id, audit.actor().name
    if asked in data_opt_outs.KINDS:
        return data_opt_outs.enter(who, asked, source=source, entered_by=by, asked_on=asked_on)
    if asked == THIS_PROGRAMME:
        return _leave(participant, source, asked_on)
    new = choices.never_contact(who, source=source, entered_by=by, channel=asked, asked_on=asked_on)
    if asked in NO_CALLS:
        call_stops.stop(Call.person_id == who, NO_CALLS[asked])
    return new


def _leave(participant: Participant, source: str, asked_on: dt.date | None) -> bool:
    """Out of the programme: as its status says, and off its call list."""
    new = choices.opt_out(
        participant.person_id,
        participant.programme_id,
        source=source,
        entered_by=audit.actor().name,
        asked_on=asked_on,
    )
    reach(participant.id, OPTED_OUT, reason=source)
    call_stops.stop(Call.participant_id == participant.id, Reason.OPTED_OUT)
    return new


def take_back(participant: Participant, choice: ContactChoice, why: str) -> bool:
    """What was asked holds no more, and the way in the programme is as if it never was. False if lifted.

    Whoever had asked for a call before is rung.
    """
    lifted = choices.lift(choice, why=why, lifted_by=audit.actor().name)
    if lifted and choice.kind == choices.OPT_OUT:
        withdraw(participant.id, OPTED_OUT)
    if lifted and choice.kind == choices.NEVER:
        _undo_because_of(choice)
    if lifted:
        call_stops.ring_after_all(choice.person_id)
    return lifted


def _undo_because_of(choice: ContactChoice) -> None:
    """Who asked on a call not to be contacted was also taken out of the programme for it."""
    places = select(Participant.id).where(Participant.person_id == choice.person_id)
    withdraw_many(db.session.scalars(places).all(), OPTED_OUT, because=choice.source)
