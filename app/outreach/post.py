"""Letters that GOV.UK Notify prints and posts, each set by itself as its letter specification asks.

Where a PCN has connected letters to GOV.UK Notify, an approved batch of letters is sent by the workers like
texts. Else it is made into files for a printer (`letters`). Which of the two is settled at approval, so that
no change of account divides a batch.
"""

from typing import NoReturn

from app.library.models import LibraryItem
from app.outreach import accounts
from app.outreach.facts import Known
from app.outreach.gateway_models import SendingAccount
from app.outreach.gateways import Gateway, Message, NotConnected
from app.outreach.letter_pages import CSS, written
from app.outreach.models import Batch, Contact, Step
from app.outreach.notify import Notify
from app.outreach.wording import Letterhead
from app.pdf import drawn
from tenants.db import Json

BY = "GOV.UK Notify"
NOBODY = "Letters are no longer connected to GOV.UK Notify. Connect letters again under Settings, Gateways."
# On the first page nothing but the sender stands beside the address, and the text begins 95 mm from the top.
# Source: GOV.UK Notify, letter specification.
POSTED_CSS = "header { height: 75mm }"


class Nobody:
    """In place of a gateway for letters where none is connected: a captured letter would reach nobody."""

    says = "No printing company is connected. You hand the files to your printer yourself."

    def find(self, message: Message) -> NoReturn:  # noqa: ARG002 - as a gateway is asked
        """Nobody knows of it. Raises NotConnected."""
        raise NotConnected(NOBODY)

    def send(self, message: Message) -> NoReturn:  # noqa: ARG002
        """Nobody takes it. Raises NotConnected."""
        raise NotConnected(NOBODY)


def gateway_of(channel: str) -> Gateway:
    """What takes the PCN's messages on a channel; letters are never captured."""
    return gateway_by(channel, accounts.account_of(channel))


def gateway_by(channel: str, account: SendingAccount | None) -> Gateway:
    """The same for an account that was looked up before."""
    found = accounts.gateway_by(channel, account)
    return Nobody() if channel == "letter" and not isinstance(found, Notify) else found


def prints(batch: Batch, gateway: Gateway) -> bool:
    """Whether GOV.UK Notify prints a batch of letters, or would if it were approved now."""
    return isinstance(gateway, Notify) if batch.state == "built" else is_posted(batch)


def is_posted(batch: Batch) -> bool:
    """Whether an approved batch of letters goes by GOV.UK Notify and not to a printer of the PCN's own."""
    return batch.manifest.get("by") == BY


def settled(batch: Batch, step: Step) -> Json:
    """The batch's manifest as it is approved: for letters, with who prints them."""
    posted = step.channel == "letter" and accounts.notify_of("letter") is not None
    return batch.manifest | ({"by": BY} if posted else {})


def letter_for(template: LibraryItem, contact: Contact, known: Known, head: Letterhead) -> Message:
    """One person's letter as it goes to GOV.UK Notify: the PDF, and the same as HTML to be kept."""
    article = written(template, contact, known, head)
    title, author = f"Letter from {head.settings.sender_name}", head.settings.sender_name
    made = drawn(article, title=title, language=template.language, author=author, css=CSS + POSTED_CSS)
    return Message(contact.reference, "letter", contact.recipient, body=str(article), letter=made.content)
