"""What a message says to one person: the values for a template's placeholders."""

import datetime as dt
import re
from dataclasses import dataclass

from app import clock
from app.library import sms
from app.library.awkward import split_subject
from app.library.rules import Value, fill
from app.outreach import links
from app.outreach.facts import Addressed, Known, address_lines
from app.outreach.gateways import Message
from app.outreach.models import Contact
from app.outreach.rules import Facts, can_be_rung
from app.render import date
from tenants.models import PcnSettings

LARGE = frozenset({"large print"})
EASY = frozenset({"easy read"})
# Bold is left out of e-mails: it would be read as asterisks. Source: GOV.UK Notify, formatting of e-mails.
BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")


@dataclass(frozen=True)
class Letterhead:
    """What stands in every message of one programme: who writes, and for what."""

    pcn: str
    programme: str
    settings: PcnSettings

    def values(self) -> dict[str, Value]:
        """The values that do not depend on the person."""
        return {
            "pcn": self.pcn,
            "programme": self.programme,
            "sender name": self.settings.sender_name,
            "sender phone": self.settings.phone,
            "sender address": self.settings.address,
            "privacy address": self.settings.privacy_url,
        }


def values_for(
    known: Known, head: Letterhead, *, link: str, day: dt.date, colleague: str = ""
) -> dict[str, Value]:
    """The value of every placeholder for one person; `link` is what stands for ((reply link))."""
    person = known.person
    return head.values() | {
        "first name": person.given_name,
        "full name": person.name,
        "address block": address_block(person),
        "nhs number": in_threes(person.nhs_number),
        "practice": known.practice,
        "reply link": link,
        "letter date": date(day),
        "colleague": colleague,
        "interpreter": known.facts.interpreter,
        "large print": wants_large_print(known.facts),
        "follow-up": known.facts.status != "identified",
        "can be rung": can_be_rung(known.facts),
    }


def text_for(body: str, contact: Contact, known: Known, head: Letterhead, day: dt.date) -> str:
    """The whole text as it goes to one person, with their own link."""
    return text_with(links.address_of(links.token_of(contact)), body, known, head, day)


def text_with(link: str, body: str, known: Known, head: Letterhead, day: dt.date) -> str:
    """The whole text to one person with that link in it."""
    return sms.plain(fill(body, values_for(known, head, link=link, day=day))).strip()


def message_for(channel: str, body: str, contact: Contact, known: Known, head: Letterhead) -> Message:
    """The message as it goes to one person."""
    day = clock.today()
    if channel == "email":
        return _email(body, contact, known, head, day)
    return Message(contact.reference, channel, contact.recipient, text_for(body, contact, known, head, day))


def _email(body: str, contact: Contact, known: Known, head: Letterhead, day: dt.date) -> Message:
    """An e-mail, in Markdown. Its first line may say its subject."""
    token = links.token_of(contact)
    values = values_for(known, head, link=links.address_of(token), day=day)
    subject, words = subject_and_body(body, values, head)
    return Message(
        contact.reference,
        "email",
        contact.recipient,
        body=fill(words, values).strip(),
        subject=subject,
        unsubscribe=links.unsubscribe_address_of(token),
    )


def subject_and_body(body: str, values: dict[str, Value], head: Letterhead) -> tuple[str, str]:
    """An e-mail's subject, filled in, and the rest, which is not. Without a subject it says who writes."""
    subject, rest = split_subject(BOLD.sub(r"\1", body))
    filled = " ".join(fill(subject, values).split())
    return filled or f"A message from {head.settings.sender_name}", rest


def address_block(person: Addressed) -> str:
    """Name and postal address, one line each, without empty lines."""
    return "\n".join(address_lines(person))


def in_threes(nhs_number: str) -> str:
    """An NHS number as 3, 3 and 4 digits."""
    return f"{nhs_number[:3]} {nhs_number[3:6]} {nhs_number[6:]}"


def wants_large_print(facts: Facts) -> bool:
    """Whether letters to this person are set in 16 point. Easy read needs it too."""
    return facts.information_format.lower() in LARGE | EASY
