"""The demonstration: made-up organisations, staff and people."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the room's pages and work."""
