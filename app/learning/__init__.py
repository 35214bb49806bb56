"""What a programme taught, told for the next PCN."""

from flask import Flask

from app.learning import models


def init_app(app: Flask) -> None:
    """Register the room's pages and work."""


__all__ = ["init_app", "models"]
