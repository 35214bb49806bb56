"""What changed: the funnel and the measurements, counted."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the room's pages and work."""
