"""What may stand in an address: numbers that a row or a page can have, and text that a database can hold."""

from collections.abc import Mapping

from flask import Flask, request
from werkzeug.exceptions import BadRequest
from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**63 - 1  # of PostgreSQL's bigint
LONGEST_PAGE = 7  # digits of a page number
NUL = "\0"  # no text in PostgreSQL holds it, and nobody types it


class RowNumber(IntegerConverter):
    """A whole number that the database can hold. An address with a larger one leads nowhere: 404."""

    regex = "[0-9]{1,19}"

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=LARGEST)


def init_app(app: Flask) -> None:
    """Read every `<int:…>` that is registered from now on like this, and refuse what cannot be text."""
    app.url_map.converters["int"] = RowNumber
    app.before_request(_refuse_what_is_no_text)


def _refuse_what_is_no_text() -> None:
    if NUL in request.path or any(NUL in value for _, value in request.args.items(multi=True)):
        raise BadRequest


def page_number(args: Mapping[str, str]) -> int:
    """Which page of a list the arguments of an address ask for; 1 where they ask for none that can be."""
    asked = args.get("page", "")
    plain = asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_PAGE
    return max(int(asked), 1) if plain else 1
