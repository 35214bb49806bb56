"""The guided conversation, the measurements and the plan."""

from flask import Flask

from app.care import models


def init_app(app: Flask) -> None:
    """Register the room's pages and work."""


__all__ = ["init_app", "models"]
