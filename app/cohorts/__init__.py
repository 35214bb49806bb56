"""Who a programme is for: the definition, what each rule costs, the practices' release."""

from flask import Flask

from app.cohorts import models, offers, views


def init_app(app: Flask) -> None:
    """Register the room's pages and what waits in it."""
    app.register_blueprint(views.bp)


__all__ = ["init_app", "models", "offers"]
