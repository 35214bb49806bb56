"""Consent, referrals, the partner's inbox and what partners offer."""

from flask import Flask

from app.referrals import jobs, models, partner_views, send_views, service_views
from app.referrals.views import bp


def init_app(app: Flask) -> None:
    """Register the room's pages and work."""
    app.register_blueprint(bp)


__all__ = ["init_app", "jobs", "models", "partner_views", "send_views", "service_views"]
