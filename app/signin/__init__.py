"""Signing in: password, second factor, sessions, invitations, and the ways back in."""

from flask import Flask

from app.signin import account, commands, forgotten, joining, models
from app.signin.views import bp


def init_app(app: Flask) -> None:
    """Register the room's pages and commands."""
    app.register_blueprint(bp)
    app.cli.add_command(commands.accounts)


__all__ = ["account", "forgotten", "init_app", "joining", "models"]
