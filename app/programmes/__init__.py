"""Programmes, the people taking part, and how far each has come."""

from flask import Flask

from app.programmes import data_offers, merged, models, offers, views


def init_app(app: Flask) -> None:
    """Register the room's pages and what waits in it."""
    app.register_blueprint(views.bp)


__all__ = ["data_offers", "init_app", "merged", "models", "offers"]
