"""Signing in: password, second factor, sessions, invitations, and the ways back in."""

from flask import Flask

from app.here import SignInNeeded
from app.signin import account, commands, forgotten, joining, models
from app.signin.needed import sign_in_first
from app.signin.views import bp


def init_app(app: Flask) -> None:
    """Register the room's pages and commands, and what is answered where somebody has to sign in first."""
    app.register_blueprint(bp)
    app.register_error_handler(SignInNeeded, sign_in_first)
    app.cli.add_command(commands.accounts)


__all__ = ["account", "forgotten", "init_app", "joining", "models"]
