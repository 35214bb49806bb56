"""The stand-in against the client that the product uses: the same requests and answers, faults as asked."""

import io
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from notifications_python_client.errors import HTTPError
from notifications_python_client.notifications import NotificationsAPIClient

from tests.stand_in.notify import API_KEY, BEARER, Served, served

TEMPLATE = "bbbbbbbb-cccc-4ddd-8eee-ffffffffffff"
SECONDS = 30  # for a callback, at most
Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def told() -> Iterator[tuple[str, Told]]:
    """An address that callbacks can be posted to, and what was posted there, with the token it came with."""
    heard: Told = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.headers["Authorization"], json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_given: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", heard
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def running(told: tuple[str, Told]) -> Iterator[Served]:
    with served(told[0]) as found:
        yield found


@pytest.fixture
def stand_in(running: Served, told: tuple[str, Told]) -> Served:
    running.reset()
    told[1].clear()
    return running


@pytest.fixture
def client(stand_in: Served) -> NotificationsAPIClient:
    return NotificationsAPIClient(API_KEY, base_url=stand_in.url)


def text(client: NotificationsAPIClient, reference: str, to: str = "07700900123") -> dict[str, Any]:
    answer: dict[str, Any] = client.send_sms_notification(to, TEMPLATE, {"body": "Hello Ada"}, reference)
    return answer


def test_a_text_is_taken_and_found_again_by_its_reference(client: NotificationsAPIClient) -> None:
    taken = text(client, "one")
    text(client, "two")
    found = client.get_all_notifications(reference="one")["notifications"]
    assert [(each["id"], each["body"]) for each in found] == [(taken["id"], "Hello Ada")]
    assert client.get_notification_by_id(taken["id"])["reference"] == "one"
    assert client.get_all_notifications(reference="three")["notifications"] == []


def test_pages_go_on_where_the_one_before_ended(client: NotificationsAPIClient) -> None:
    numbers = [text(client, f"r{n}")["id"] for n in range(252)]
    assert [each["id"] for each in client.get_all_notifications_iterator()] == numbers[::-1]


def test_a_letter_is_taken_as_a_pdf(client: NotificationsAPIClient, stand_in: Served) -> None:
    client.send_precompiled_letter_notification("letter", io.BytesIO(b"%PDF-1.7"), "second")
    assert [each["notification_type"] for each in stand_in.accepted()] == ["letter"]


def test_a_wrong_key_is_refused(stand_in: Served) -> None:
    stranger = NotificationsAPIClient(API_KEY[:-1] + "b", base_url=stand_in.url)
    with pytest.raises(HTTPError) as refused:
        text(stranger, "one")
    assert refused.value.status_code == 403
    assert stand_in.accepted() == []


@pytest.mark.parametrize(("fault", "status"), [("refuse", 400), ("limit", 429), ("break_down", 500)])
def test_a_fault_strikes_as_often_as_asked_and_nothing_is_taken(
    client: NotificationsAPIClient, stand_in: Served, fault: str, status: int
) -> None:
    stand_in.misbehave(**{fault: 1})
    with pytest.raises(HTTPError) as refused:
        text(client, "one")
    assert refused.value.status_code == status
    assert stand_in.accepted() == []
    text(client, "one")
    assert len(stand_in.accepted()) == 1


def test_accepted_then_cut_off_is_taken_though_nobody_is_told(
    client: NotificationsAPIClient, stand_in: Served
) -> None:
    stand_in.misbehave(cut_off=1)
    with pytest.raises(HTTPError):
        text(client, "one")
    assert [each["reference"] for each in stand_in.accepted()] == ["one"]


@pytest.mark.parametrize(
    ("to", "status"), [("07700900123", "delivered"), ("07700 900002", "permanent-failure")]
)
def test_what_becomes_of_it_is_told_with_the_token(
    client: NotificationsAPIClient, told: tuple[str, Told], to: str, status: str
) -> None:
    taken = text(client, "one", to)
    assert _heard(told[1], 1, taken) == [(f"Bearer {BEARER}", "one", status)]


def test_callbacks_are_lost_or_made_twice(
    client: NotificationsAPIClient, stand_in: Served, told: tuple[str, Told]
) -> None:
    stand_in.misbehave(lost=1)
    lost = text(client, "lost")
    stand_in.misbehave(twice=1)
    twice = text(client, "twice")
    assert [reference for _, reference, _ in _heard(told[1], 2, lost, twice)] == ["twice", "twice"]
    stand_in.misbehave()
    stand_in.arrive(lost["id"], "permanent-failure")
    assert _heard(told[1], 3, lost, twice)[-1][1:] == ("lost", "permanent-failure")


def _heard(heard: Told, count: int, *taken: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What was told of the messages `taken`, once that is `count` times; those of earlier tests come late."""
    ids, end = {each["id"] for each in taken}, time.monotonic() + SECONDS
    while len(ours := [each for each in heard if each[1]["id"] in ids]) < count and time.monotonic() < end:
        time.sleep(0.05)
    return [(token, given["reference"], given["status"]) for token, given in ours]
