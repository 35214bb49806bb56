"""GOV.UK Notify as a gateway, through its own client.

The whole message goes as one personalisation: the template at Notify has nothing but ((body)), and for an
e-mail ((subject)) as its subject. How to set it up stands in docs/running.md. Letters go as finished PDFs.
Source: GOV.UK Notify, REST API documentation; its words for what becomes of a message are in `DELIVERY_OF`.
"""

import io
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from notifications_python_client.errors import HTTPError, InvalidResponse
from notifications_python_client.notifications import NotificationsAPIClient

from app.outreach.gateways import Busy, Message, NotConnected, Refused, Unclear

PATIENCE = 15  # seconds
PAGES = 4  # of received texts, at most, each time that they are asked for
DELIVERY_OF: dict[str, str] = {
    "created": "on its way",
    "sending": "on its way",
    "pending": "on its way",
    "pending-virus-check": "on its way",
    "accepted": "on its way",
    "sent": "delivered",
    "delivered": "delivered",
    "received": "delivered",
    "permanent-failure": "permanent failure",
    "temporary-failure": "temporary failure",
    "technical-failure": "technical failure",
    "virus-scan-failed": "technical failure",
    "validation-failed": "technical failure",
    "cancelled": "cancelled",
    "returned-letter": "returned",
}
# What is wrong with the service at Notify, and not with one person's number: nobody would get theirs.
# Source: GOV.UK Notify, REST API documentation, errors of sending.
OF_THE_SERVICE = re.compile(
    "template not found|template has been deleted|template is not|template_id|missing personalisation"
    "|team-only|team api key|trial mode|service is not allowed",
    re.IGNORECASE,
)
_clients = threading.local()


@dataclass(frozen=True)
class Notify:
    """GOV.UK Notify with one PCN's key and template."""

    url: str
    key: str
    template: str

    @property
    def says(self) -> str:
        """What the pages say of it."""
        return "Messages go out by GOV.UK Notify."

    @property
    def _client(self) -> Any:
        """One client a thread and key: it is not safe for several threads, and keeps its connection open."""
        kept: dict[tuple[str, str], Any] = _clients.__dict__.setdefault("kept", {})
        if (self.url, self.key) not in kept:
            make: Any = NotificationsAPIClient
            kept[self.url, self.key] = make(self.key, base_url=self.url, timeout=PATIENCE)
        return kept[self.url, self.key]

    def find(self, message: Message) -> str | None:
        """What Notify calls the message with this reference."""
        found = self._ask(lambda: self._client.get_all_notifications(reference=message.reference))
        return str(found["notifications"][0]["id"]) if found["notifications"] else None

    def send(self, message: Message) -> str:
        """Hand over a text, an e-mail or a letter."""
        return str(self._ask(lambda: self._hand_over(message))["id"])

    def _hand_over(self, message: Message) -> Any:
        match message.channel:
            case "text":
                return self._client.send_sms_notification(
                    message.recipient, self.template, {"body": message.body}, message.reference
                )
            case "email":
                words = {"subject": message.subject, "body": message.body}
                return self._client.send_email_notification(
                    message.recipient,
                    self.template,
                    words,
                    message.reference,
                    one_click_unsubscribe_url=_secure(message.unsubscribe),
                )
            case _:
                letter = io.BytesIO(message.letter)
                return self._client.send_precompiled_letter_notification(message.reference, letter, "second")

    def status_of(self, provider_id: str) -> dict[str, Any]:
        """What Notify says now of a message: its `status`, and when it was completed."""
        found: dict[str, Any] = self._ask(lambda: self._client.get_notification_by_id(provider_id))
        return found

    def received(self) -> Iterator[dict[str, Any]]:
        """The texts that came back, newest first, as many as a few pages hold."""
        older = None
        for _ in range(PAGES):
            page = self._ask(lambda older=older: self._client.get_received_texts(older))
            texts = page["received_text_messages"]
            yield from texts
            if not texts:
                return
            older = texts[-1]["id"]

    def _ask(self, asked: Any) -> Any:
        try:
            return asked()
        except HTTPError as error:
            raise _meant(error) from error
        except InvalidResponse as error:
            raise Unclear("GOV.UK Notify gave no readable answer") from error


def _secure(address: str) -> str | None:
    """The address; None where it does not start with https://, which GOV.UK Notify refuses."""
    return address if address.startswith("https://") else None


def _meant(error: HTTPError) -> Exception:
    """What an answer of Notify means for the message. No status at all means that nobody knows."""
    status = error.response.status_code if error.response is not None else 0
    if status == 429:
        return Busy("GOV.UK Notify takes no more at this moment")
    if status in (401, 403):
        return NotConnected("GOV.UK Notify does not accept the key. Enter it again under Settings, Gateways.")
    if 400 <= status < 500:
        return refusal(_first(error))
    return Unclear("GOV.UK Notify did not answer as it should")


def refusal(said: str) -> Exception:
    """Whether one person cannot be sent to, or nobody can as long as the service is not put right."""
    if OF_THE_SERVICE.search(said):
        return NotConnected(
            f"GOV.UK Notify refuses every message: {said}. Put that right there, or under Settings, Gateways."
        )
    return Refused(f"GOV.UK Notify refused it: {said}")


def _first(error: HTTPError) -> str:
    said = error.message
    return str(said[0].get("message", "")) if isinstance(said, list) and said else str(said)
