"""People, what is known of them, and the files it came from."""

from flask import Flask

from app.people import (
    code_list_views,
    commands,
    jobs,
    linking_views,
    mapping_views,
    merging_views,
    models,
    needs,
    source_views,
    views,
    words,
)


def init_app(app: Flask) -> None:
    """Register the room's pages, work and commands."""
    app.register_blueprint(views.bp)
    app.cli.add_command(commands.group)
    app.jinja_env.filters |= words.FILTERS
    app.jinja_env.filters |= {"telephone": needs.telephone, "language": needs.language, "way": needs.way}


__all__ = [
    "code_list_views",
    "init_app",
    "jobs",
    "linking_views",
    "mapping_views",
    "merging_views",
    "models",
    "source_views",
]
