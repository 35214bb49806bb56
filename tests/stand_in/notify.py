"""Serves the stand-in: `make notify-stand-in`, or `served()` in a test.

It speaks as GOV.UK Notify does to `notifications-python-client`: texts, e-mails, precompiled letters, asking
by id and by reference, and callbacks with a bearer token. What it took can be read at /_accepted, faults are
set at /_faults, a status is made to arrive at /_arrive, callbacks go where /_callback says, and /_reset
begins again.
"""

import argparse
import base64
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from flask import Flask, Response, abort, current_app, jsonify, request
from notifications_python_client.authentication import decode_jwt_token, get_token_issuer
from notifications_python_client.errors import TokenError

from tests.stand_in import received
from tests.stand_in.faults import Fate
from tests.stand_in.letters import fault_of
from tests.stand_in.messages import Kept, Message

SERVICE, SECRET = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-aaaaaaaaaaaa"
OTHER_SERVICE = "22222222-3333-4444-8555-666666666666"
API_KEY, OTHER_KEY = f"oast-{SERVICE}-{SECRET}", f"oast-{OTHER_SERVICE}-{SECRET}"
BEARER = "a-callback-token-that-only-tests-know"
KINDS = {"sms": "phone_number", "email": "email_address", "letter": "content"}


def create() -> Flask:
    """The stand-in as an application. Callbacks go to CALLBACK_URL where that is set."""
    app = Flask(__name__)
    app.extensions["stand-in"] = StandIn(os.environ.get("CALLBACK_URL", ""))
    app.post("/v2/notifications/<kind>")(take)
    app.get("/v2/notifications")(listed)
    app.get("/v2/notifications/<number>")(one)
    app.get("/_accepted")(accepted)
    app.post("/_faults")(set_faults)
    app.post("/_arrive")(arrive)
    app.post("/_reset")(reset)
    app.post("/_callback")(call_back)
    received.register(app)
    app.before_request(_check_token)
    return app


class StandIn:
    """What one stand-in holds."""

    def __init__(self, callback: str) -> None:
        self.kept, self.fate, self.callback = Kept(), Fate(), callback

    def times_told(self) -> int:
        """How often fate will have the next end of a message told."""
        if self.fate.strikes("lost"):
            return 0
        return 2 if self.fate.strikes("twice") else 1

    def end_of(self, message: Message, given: dict[str, Any]) -> str:
        """What becomes of a message. A letter is looked at for viruses and for what cannot be printed."""
        if message.kind != "letter":
            return "permanent-failure" if self.fate.strikes("bounce") else message.end
        if self.fate.strikes("virus"):
            return "virus-scan-failed"
        message.fault = fault_of(base64.b64decode(given["content"]))
        return "validation-failed" if message.fault or self.fate.strikes("invalid") else message.end

    def finish(self, message: Message, status: str, times: int) -> None:
        """Let `status` be where the message ends, and tell of it so many times."""
        time.sleep(self.fate.seconds("late"))
        message.arrive(status)
        for _ in range(times if self.callback else 0):
            headers = {"Authorization": f"Bearer {BEARER}"}
            requests.post(self.callback, json=message.told, headers=headers, timeout=60)


def _here() -> StandIn:
    found: StandIn = current_app.extensions["stand-in"]
    return found


def _check_token() -> Response | None:
    if not request.path.startswith("/v2/"):
        return None
    token = _token()
    try:
        if get_token_issuer(token) not in (SERVICE, OTHER_SERVICE):
            return _error(403, "AuthError", "Invalid token: service not found")
        decode_jwt_token(token, SECRET)
    except TokenError as error:
        return _error(403, "AuthError", error.message)
    return None


def _token() -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _service() -> str:
    """Which of the two services asks."""
    return str(get_token_issuer(_token()))


def _error(status: int, kind: str, message: str) -> Response:
    answer = jsonify(status_code=status, errors=[{"error": kind, "message": message}])
    answer.status_code = status
    return answer


def take(kind: str) -> Response:
    """Accept a message, unless fate says otherwise."""
    here, given = _here(), request.get_json()
    if kind not in KINDS:
        abort(404)
    time.sleep(here.fate.seconds("slow"))
    for fault, answer in _REFUSALS.items():
        if here.fate.strikes(fault):
            return _error(*answer)
    if not given.get(KINDS[kind]):
        return _error(400, "ValidationError", f"{KINDS[kind]} is a required property")
    if not (given.get("one_click_unsubscribe_url") or "https://").startswith("https://"):
        return _error(400, "ValidationError", "one_click_unsubscribe_url is not a valid https url")
    message = here.kept.take(_message(kind, given))
    ending = (message, here.end_of(message, given), here.times_told())
    threading.Thread(target=here.finish, args=ending, daemon=True).start()
    if here.fate.strikes("cut_off"):
        _hang_up()
    return _taken(message, given)


_REFUSALS = {
    "refuse": (400, "BadRequestError", "Cannot send to international mobile numbers"),
    "not_ready": (400, "BadRequestError", "Template not found"),
    "limit": (429, "RateLimitError", "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds"),
    "break_down": (500, "Exception", "Internal server error"),
}


def _message(kind: str, given: dict[str, Any]) -> Message:
    to = "" if kind == "letter" else given[KINDS[kind]]
    if kind == "letter":
        base64.b64decode(given["content"], validate=True)
    words = given.get("personalisation") or {}
    return Message(
        kind,
        given.get("reference"),
        to,
        words.get("body", ""),
        given.get("template_id"),
        "pending-virus-check" if kind == "letter" else "created",
        words.get("subject", ""),
        given.get("one_click_unsubscribe_url"),
        service=_service(),
    )


def _hang_up() -> None:
    """Close the connection under the request, as a provider that dies after accepting does."""
    wire = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if wire is not None:
        wire.shutdown(socket.SHUT_RDWR)


def _taken(message: Message, given: dict[str, Any]) -> Response:
    if message.kind == "letter":
        answer = jsonify(id=message.id, reference=message.reference, postage=given.get("postage", "second"))
    else:
        template = {"id": message.template, "version": 1, "uri": ""}
        content = {"body": message.body, "from_number": "GOVUK"}
        answer = jsonify(
            id=message.id, reference=message.reference, content=content, template=template, uri=""
        )
    answer.status_code = 201
    return answer


def listed() -> Response:
    """A page of messages, newest first."""
    older = request.args.get("older_than")
    newest = _here().kept.newest(request.args.get("reference"), older)
    page = [message for message in newest if message.service == _service()]
    last = page[-1].id if page else ""
    links = {"current": request.url, "next": f"{request.base_url}?older_than={last}"}
    return jsonify(notifications=[message.shown for message in page], links=links)


def one(number: str) -> Response:
    """One message by its id."""
    message = _here().kept.of(number)
    return (
        jsonify(message.shown)
        if message and message.service == _service()
        else _error(404, "NoResultFound", "No result found")
    )


def accepted() -> Response:
    """Everything accepted, for tests to count."""
    taken = _here().kept.everything()
    return jsonify([each.told | {"fault": each.fault, "service": each.service} for each in taken])


def set_faults() -> Response:
    """Misbehave from now on as the JSON says."""
    return jsonify(_here().fate.set(request.get_json()))


def arrive() -> Response:
    """Let a message come to a status of one's own: `{"id": …, "status": "returned-letter"}`."""
    given = request.get_json()
    message = _here().kept.of(given["id"])
    if message is None:
        abort(404)
    _here().finish(message, given["status"], _here().times_told())
    return jsonify(message.told)


def call_back() -> Response:
    """From now on tell what becomes of messages at this address: `{"url": …}`."""
    _here().callback = request.get_json()["url"]
    return jsonify({})


def reset() -> Response:
    """Forget everything and behave."""
    _here().kept.forget()
    received.forget()
    _here().fate.set({})
    return jsonify({})


@dataclass(frozen=True)
class Served:
    """A stand-in in a process of its own."""

    url: str

    def accepted(self) -> list[dict[str, Any]]:
        """Everything that it has accepted."""
        found: list[dict[str, Any]] = requests.get(f"{self.url}/_accepted", timeout=30).json()
        return found

    def misbehave(self, **faults: float) -> None:
        """Misbehave from now on; without arguments, behave."""
        requests.post(f"{self.url}/_faults", json=faults, timeout=30).raise_for_status()

    def arrive(self, number: str, status: str) -> None:
        """Let one message come to `status`."""
        requests.post(
            f"{self.url}/_arrive", json={"id": number, "status": status}, timeout=30
        ).raise_for_status()

    def call_back(self, address: str) -> None:
        """From now on tell what becomes of messages at this address."""
        requests.post(f"{self.url}/_callback", json={"url": address}, timeout=30).raise_for_status()

    def reset(self) -> None:
        """Begin again."""
        requests.post(f"{self.url}/_reset", timeout=30).raise_for_status()


@contextmanager
def served(callback: str = "", port: int = 0) -> Iterator[Served]:
    """A stand-in in a process of its own while inside; `callback` is where statuses are posted.

    Without a `port` it takes one that is free.
    """
    port = port or free_port()
    process = subprocess.Popen(_command(port), env=os.environ | {"CALLBACK_URL": callback})
    try:
        _wait(f"http://127.0.0.1:{port}/_accepted")
        yield Served(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:  # it waits for connections that are kept open
            process.kill()
            process.wait()


def free_port() -> int:
    """A port of this machine that nothing listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _command(port: int) -> list[str]:
    """One process, never begun anew, because what it holds is in its memory; several threads at once."""
    return [
        sys.executable, "-m", "gunicorn", "--workers", "1", "--worker-class", "gthread", "--threads", "8",
        "--keep-alive", "30", "--timeout", "300", "--max-requests", "0", "--bind", f"127.0.0.1:{port}",
        "--log-level", "warning", "tests.stand_in.notify:create()",
    ]  # fmt: skip


def _wait(address: str) -> None:
    for _ in range(1200):
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"{address} never answered")


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A stand-in for GOV.UK Notify")
    parser.add_argument("--port", type=int, default=8099)
    port = parser.parse_args().port
    sys.stdout.write(
        f"GOV.UK Notify stand-in on http://127.0.0.1:{port}. API key {API_KEY}, callbacks bear {BEARER}\n"
    )
    sys.stdout.flush()
    os.execv(sys.executable, _command(port))  # noqa: S606 - our own interpreter


if __name__ == "__main__":
    main()
