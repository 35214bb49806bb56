"""Texts that people send back to the stand-in: put there at /_text, told a page at a time as Notify does."""

import uuid
from typing import Any

from flask import Flask, Response, current_app, jsonify, request

from tests.stand_in.messages import PAGE, moment


def register(app: Flask) -> None:
    """Let the stand-in take texts and tell of them."""
    app.extensions["texts"] = []
    app.add_url_rule("/_text", "take_text", take, methods=["POST"])
    app.add_url_rule("/v2/received-text-messages", "texts", listed)


def _texts() -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = current_app.extensions["texts"]
    return kept


def forget() -> None:
    """Begin again with none."""
    _texts().clear()


def take() -> Response:
    """Somebody sends a text: `{"number": …, "words": …}`."""
    given = request.get_json()
    text = {
        "id": str(uuid.uuid4()),
        "created_at": given.get("at") or moment(),
        "user_number": given["number"],
        "notify_number": "07700900999",
        "service_id": "",
        "content": given["words"],
    }
    _texts().append(text)
    return jsonify(text)


def listed() -> Response:
    """A page of texts, newest first."""
    newest = list(reversed(_texts()))
    older = request.args.get("older_than")
    begin = next((place + 1 for place, text in enumerate(newest) if text["id"] == older), 0)
    links = {"current": request.url, "next": request.url}
    return jsonify(received_text_messages=newest[begin : begin + PAGE], links=links)
