"""Signing in: password, second factor, sessions, invitations."""

from flask import Flask

from app.signin import account, joining
from app.signin.views import bp


def init_app(app: Flask) -> None:
    """Register the room's pages."""
    app.register_blueprint(bp)


__all__ = ["account", "init_app", "joining"]
