"""Partners' services, consent, and the referral both sides share."""

from flask import Flask

from app.referrals import models


def init_app(app: Flask) -> None:
    """Register the room's pages and work."""


__all__ = ["init_app", "models"]
