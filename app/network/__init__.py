"""ICBs: onboarding PCNs and partners, and the overview without people."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the room's pages and work."""
