"""SOPs, letters, texts, scripts and programme set-ups, and sharing them."""

from flask import Flask

from app.library import family_views, models, state_views, views
from app.library.commands import commands


def init_app(app: Flask) -> None:
    """Register the room's pages and commands."""
    app.register_blueprint(views.bp)
    app.cli.add_command(commands)


__all__ = ["family_views", "init_app", "models", "state_views"]
