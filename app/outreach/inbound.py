"""Texts that come back. STOP takes hold before anybody has read it; what is not clear waits to be read."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app import audit, clock
from app.cohorts.models import Release
from app.cohorts.release import in_force_for
from app.outreach import choices
from app.outreach.gateway_models import InboundText
from app.outreach.models import Contact, Step
from app.people.models import Person
from app.people.rules import phone_of
from app.programmes.models import Participant
from tenants.adding import add_once
from tenants.db import db

PURPOSE = "reaching people"
BY = "the person, by text"
# The words that carriers and people use, on their own or first in the text.
STOP = frozenset({"stop", "stopall", "stopp", "unsubscribe", "end", "quit", "cancel", "optout", "remove"})
START = frozenset({"start", "unstop", "optin"})
HELP = frozenset({"help", "info"})
POLITE = frozenset({"please", "pls", "plz", "plse", "hi", "hello", "kindly"})
# Words beside STOP that say no more than it does.
NO_MORE = frozenset({"thank", "thanks", "you", "ta", "me", "all", "now", "the", "sms"}) | frozenset(
    {"text", "texts", "texting", "message", "messages", "messaging"}
)
# What waits for somebody to read it. Of STOP only what says more, or whose writer is not known: see `take`.
TO_READ = ("help", "other", "stop")
UNREAD = InboundText.meant.in_(TO_READ), InboundText.dealt_with_at.is_(None)
MOST = 100  # texts on the page
LONGEST = 1000  # characters of a text that are kept


def meant(body: str) -> str:
    """What a text means: "stop", "start", "help" or "other". Going by its first word, however it is written.

    Words of courtesy before it do not count.

    >>> meant(" Stop! please"), meant("Pls STOP"), meant("I can't stop now")
    ('stop', 'stop', 'other')
    """
    first = next((word for word in _words(body) if word not in POLITE), "")
    for meaning, known in (("stop", STOP), ("start", START), ("help", HELP)):
        if first in known:
            return meaning
    return "other"


def says_more(body: str) -> bool:
    """Whether a STOP has words that it does not cover, so that somebody has to read it.

    >>> says_more("Please stop texting me, thank you"), says_more("Stop, my mother has died")
    (False, True)
    """
    return not set(_words(body)) <= STOP | POLITE | NO_MORE


def _words(body: str) -> list[str]:
    joined = body.lower().replace("opt out", "optout").replace("opt-out", "optout").replace("opt in", "optin")
    words = ("".join(letter for letter in word if letter.isalpha()) for word in joined.split())
    return [word for word in words if word]


def take(provider_id: str, number: str, body: str, came_at: dt.datetime) -> bool:
    """Keep a text that came, and do what it asks. False where it came before: it is taken once.

    A STOP of which we do not know who wrote it is not done with: it waits for somebody to find them. One that
    says more takes hold, and waits to be read all the same.
    """
    meaning, number = meant(body), phone_of(number) or number
    people = _whose(number) if meaning in ("stop", "start") else ()
    done = people and (meaning == "start" or not says_more(body))
    dealt_with = {"dealt_with_by": BY, "dealt_with_at": clock.now()} if done else {}
    text_id = add_once(
        InboundText, provider_id=provider_id, number=number, body=body.replace("\0", "")[:LONGEST],
        came_at=came_at, meant=meaning, **dealt_with,
    )  # fmt: skip
    audit.record("came", "text", text_id, purpose=PURPOSE, meant=meaning, before=text_id is None)
    if text_id is None:
        return False
    _do(meaning, people)
    return True


def _do(meaning: str, people: Sequence[int]) -> None:
    """STOP holds for all who share the phone. START takes back what was said by a text, and nothing else."""
    for person_id in people:
        if meaning == "stop":
            choices.never_contact(person_id, source=choices.TEXTED_STOP, entered_by=BY, channel="text")
        else:
            choices.contact_again(person_id, "text", lifted_by=BY, source=choices.TEXTED_STOP)


def _whose(number: str) -> Sequence[int]:
    """Everybody with that mobile number: a shared phone stops for all who share it.

    Where no record has it any more, because a newer list came, it is those whom we texted at it.
    """
    if not number:
        return ()
    now = select(Person.id).where(dialled(Person.mobile) == number, Person.merged_into.is_(None))
    before = (
        select(Contact.person_id)
        .join(Step, (Step.tenant_id == Contact.tenant_id) & (Step.id == Contact.step_id))
        .where(Step.channel == "text", dialled(Contact.recipient) == number)
        .distinct()
    )
    return db.session.scalars(now).all() or db.session.scalars(before).all()


def dialled(number: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[str]:
    """A number as it is dialled here, in SQL: `rules.national`."""
    plain = func.regexp_replace(number, "[^0-9+]", "", "g")
    return func.regexp_replace(plain, "^([+]|00)440?", "0")


@dataclass(frozen=True)
class Came:
    """A text to be read, and the people of released practices who have that number."""

    text: InboundText
    people: list[tuple[int, Person]]


def to_read() -> list[Came]:
    """Texts that nobody has dealt with, the longest waiting first; at most `MOST`."""
    waiting = select(InboundText).where(*UNREAD)
    texts = list(db.session.scalars(waiting.order_by(InboundText.came_at, InboundText.id).limit(MOST)))
    people = _who({text.number for text in texts if text.number})
    return [Came(text, people.get(text.number, [])) for text in texts]


def unread_numbers() -> Select[str]:
    """The numbers from which a text came that nobody has dealt with: for the database."""
    return select(InboundText.number).where(*UNREAD)


def _who(numbers: Collection[str]) -> dict[str, list[tuple[int, Person]]]:
    """The participants of released practices by their number; nobody whose record is sensitive."""
    wanted = (
        select(dialled(Person.mobile), Participant.id, Person)
        .join(Person, (Person.tenant_id == Participant.tenant_id) & (Person.id == Participant.person_id))
        .join(Release, in_force_for(Participant))
        .where(dialled(Person.mobile).in_(list(numbers)), ~Person.sensitive)
        .order_by(Participant.id)
    )
    found: dict[str, list[tuple[int, Person]]] = {}
    for number, participant_id, person in db.session.execute(wanted) if numbers else ():
        found.setdefault(number, []).append((participant_id, person))
    return found


def deal_with(text_id: int) -> bool:
    """Somebody has read it and done what it asks. False where a colleague was quicker."""
    statement = (
        update(InboundText)
        .where(InboundText.id == text_id, InboundText.dealt_with_at.is_(None))
        .values(dealt_with_at=clock.now(), dealt_with_by=audit.actor().name)
        .returning(InboundText.id)
    )
    done = db.session.scalar(statement) is not None
    audit.record("dealt with" if done else "tried to deal with", "text", text_id, purpose=PURPOSE)
    return done
