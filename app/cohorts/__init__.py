"""Who a programme is for: the definition, what each rule costs, the practices' release."""

from flask import Flask

from app.cohorts import (
    builder_views,
    commands,
    file_views,
    freeze_views,
    models,
    offers,
    people_views,
    refresh_views,
    release_views,
    screening_offers,
    screening_views,
    version_views,
)
from app.cohorts.views import bp


def init_app(app: Flask) -> None:
    """Register the room's pages, commands and what waits in it."""
    app.register_blueprint(bp)
    app.cli.add_command(commands.group)


__all__ = [
    "builder_views",
    "commands",
    "file_views",
    "freeze_views",
    "init_app",
    "models",
    "offers",
    "people_views",
    "refresh_views",
    "release_views",
    "screening_offers",
    "screening_views",
    "version_views",
]
