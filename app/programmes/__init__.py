"""Programmes, the people taking part, and how far each has come."""

from flask import Flask

from app.programmes import models


def init_app(app: Flask) -> None:
    """Register the room's pages and work."""


__all__ = ["init_app", "models"]
