"""Reaching people: steps, batches, gateways, answers and calls."""

from flask import Flask

from app.outreach import models


def init_app(app: Flask) -> None:
    """Register the room's pages and work."""


__all__ = ["init_app", "models"]
