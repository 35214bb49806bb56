"""The messages that the stand-in took, and what becomes of them."""

import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

from app import clock

PAGE = 250  # as many as GOV.UK Notify gives at once
# Numbers and addresses that come to nothing. Source: GOV.UK Notify, documentation of testing.
FAILS = {
    "07700900002": "permanent-failure",
    "07700900003": "temporary-failure",
    "perm-fail@simulator.notify": "permanent-failure",
    "temp-fail@simulator.notify": "temporary-failure",
}
ENDS = {"sms": "delivered", "email": "delivered", "letter": "received"}


def moment() -> str:
    """The time of day as GOV.UK Notify writes it, by the clock that a journey moves."""
    return clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass
class Message:
    """One message that was accepted. `status` moves on by itself or is set from outside."""

    kind: str
    reference: str | None
    to: str
    body: str
    template: str | None
    status: str
    subject: str = ""
    unsubscribe: str | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created_at: str = field(default_factory=moment)
    completed_at: str | None = None
    fault: str = ""  # why a letter cannot be printed
    service: str = ""  # whose message it is: no other service is told of it

    @property
    def end(self) -> str:
        """What becomes of the message, going by where it goes."""
        return FAILS.get(self.to.replace(" ", ""), ENDS[self.kind])

    def arrive(self, status: str) -> None:
        """Come to an end."""
        self.status, self.completed_at = status, moment()

    @property
    def told(self) -> dict[str, Any]:
        """What a callback says of it."""
        return {
            "id": self.id,
            "reference": self.reference,
            "to": self.to,
            "status": self.status,
            "created_at": self.created_at,
            "completed_at": self.completed_at,
            "sent_at": self.created_at,
            "notification_type": self.kind,
            "template_id": self.template,
            "template_version": 1,
            "subject": self.subject,
            "body": self.body,
            "unsubscribe": self.unsubscribe,
        }

    @property
    def shown(self) -> dict[str, Any]:
        """What asking for it gives."""
        to = {"phone_number": self.to} if self.kind == "sms" else {"email_address": self.to}
        given: dict[str, Any] = {
            "id": self.id,
            "reference": self.reference,
            "type": self.kind,
            "status": self.status,
            "body": self.body,
            "created_at": self.created_at,
            "completed_at": self.completed_at,
            "template": {"id": self.template, "version": 1},
        }
        return given | (to if self.kind != "letter" else {})


class Kept:
    """All that was accepted, in the order of accepting, safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: dict[str, Message] = {}

    def take(self, message: Message) -> Message:
        """Accept a message."""
        with self._lock:
            self._messages[message.id] = message
        return message

    def of(self, number: str) -> Message | None:
        """The message of that id."""
        return self._messages.get(number)

    def newest(self, reference: str | None, older_than: str | None) -> list[Message]:
        """A page of messages, newest first, all or those of a reference, from after `older_than` on."""
        with self._lock:
            listed = list(reversed(self._messages.values()))
        if older_than in (numbers := [message.id for message in listed]):
            listed = listed[numbers.index(older_than) + 1 :]
        return [each for each in listed if reference in (None, each.reference)][:PAGE]

    def everything(self) -> list[Message]:
        """Every message, oldest first."""
        with self._lock:
            return list(self._messages.values())

    def forget(self) -> None:
        """Begin again with nothing."""
        with self._lock:
            self._messages.clear()
