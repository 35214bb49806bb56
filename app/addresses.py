"""What may stand in an address: `<int:…>` is the number of a row, and no larger than one can be."""

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**63 - 1  # of PostgreSQL's bigint


class RowNumber(IntegerConverter):
    """A whole number that the database can hold. An address with a larger one leads nowhere: 404."""

    regex = "[0-9]{1,19}"

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=LARGEST)


def init_app(app: Flask) -> None:
    """Read every `<int:…>` that is registered from now on like this."""
    app.url_map.converters["int"] = RowNumber
