"""People, what is known of them, and the files it came from."""

from flask import Flask

from app.people import models


def init_app(app: Flask) -> None:
    """Register the room's pages and work."""


__all__ = ["init_app", "models"]
