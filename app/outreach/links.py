"""The link in a message by which a person answers: who it belongs to, and how long it lives.

A token is `<PCN>-<secret>`, short and plain enough to be typed from a letter: no capitals, and none of the
letters that look like a digit. The secret follows from the contact's reference and the service's key, so that
a message that is sent again after a crash carries the same link; the database keeps only a hash of the token.
"""

import datetime as dt
import hashlib
import re

from flask import current_app
from sqlalchemy import select

from app import clock, sealed
from app.outreach.models import Contact
from tenants import scope
from tenants.db import db
from tenants.models import Organisation

# People find a letter again after months, and "no" must be heard for as long as they may hold it. All else
# that can be answered ends with the programme (`reply_views`).
LIVES = dt.timedelta(days=2 * 365)
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32
SECRET_LENGTH = 20  # 100 bits
_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1"})
_TOKEN = re.compile(rf"(\d{{1,12}})-[{ALPHABET}]{{{SECRET_LENGTH}}}")


def token_of(contact: Contact) -> str:
    """The token in this contact's message."""
    tenant = scope.current().tenant
    number = int(sealed.fingerprint(f"{tenant}:{contact.reference}", "reply link"), 16)
    secret = "".join(ALPHABET[number >> 5 * place & 31] for place in range(SECRET_LENGTH))
    return f"{tenant}-{secret}"


def as_typed(token: str) -> str:
    """A token as it was meant, from what somebody typed: capitals and look-alikes put right."""
    return token.strip().lower().translate(_MISREAD)


def token_hash(token: str) -> str:
    """How a token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def give_link(contact: Contact) -> None:
    """From now on, and for two years, the contact's link works."""
    contact.link_token_hash = token_hash(token_of(contact))
    contact.link_expires_at = clock.now() + LIVES


def address_of(token: str) -> str:
    """The full, readable address that a token stands in."""
    return f"{current_app.config['BASE_URL']}/r/{token}"


def unsubscribe_address_of(token: str) -> str:
    """Where a mail program posts when its reader presses "Unsubscribe". Source: RFC 8058."""
    return f"{address_of(token)}/unsubscribe"


def organisation_of(token: str) -> Organisation | None:
    """The PCN that a token says it belongs to; None where it cannot be a token."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    organisation = db.session.get(Organisation, int(found[1]))
    return organisation if organisation is not None and organisation.kind == "pcn" else None


def contact_of(token: str) -> Contact | None:
    """The contact whose live link this is, in the acting PCN; None where it is wrong or expired."""
    statement = select(Contact).where(
        Contact.link_token_hash == token_hash(token),
        Contact.link_expires_at > clock.now(),
        # Whoever has the link has the message, also where no gateway ever said so, and where a printed letter
        # was posted before anybody pressed that the printer has it. What was recalled is not answered.
        Contact.state != "cancelled",
    )
    return db.session.scalars(statement).one_or_none()
