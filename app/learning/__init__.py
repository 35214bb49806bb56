"""What a programme taught, told for the next PCN."""

from flask import Flask

from app.learning import jobs, models, offers, views


def init_app(app: Flask) -> None:
    """Register the room's pages. Its work and its offers are registered by being imported."""
    app.register_blueprint(views.bp)


__all__ = ["init_app", "jobs", "models", "offers"]
