"""The demonstration: made-up organisations, staff and people."""

from flask import Flask

from app.config import BadSettings
from app.demo.commands import commands
from app.demo.views import bp


def init_app(app: Flask) -> None:
    """Register the demonstration's pages where it is on; raises BadSettings in production."""
    if not app.config["OAST_DEMONSTRATION"]:
        return
    if app.config["OAST_ENV"] == "production":
        raise BadSettings("OAST_DEMONSTRATION must not be set in production: it lets anybody sign in.")
    app.register_blueprint(bp)
    app.cli.add_command(commands)
