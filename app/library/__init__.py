"""SOPs, letters, texts, scripts and programme set-ups, and sharing them."""

from flask import Flask

from app.library import models


def init_app(app: Flask) -> None:
    """Register the room's pages and work."""


__all__ = ["init_app", "models"]
