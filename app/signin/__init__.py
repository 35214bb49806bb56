"""Signing in: password, second factor, sessions, invitations."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the room's pages and work."""
