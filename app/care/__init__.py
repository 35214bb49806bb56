"""The person's page, the guided conversation, the measurements and the plan."""

from flask import Flask

from app.care import consent_views, conversation_views, models, person_views, plan_views, slip_views
from app.care.views import bp


def init_app(app: Flask) -> None:
    """Register the room's pages and work."""
    app.register_blueprint(bp)


__all__ = [
    "consent_views",
    "conversation_views",
    "init_app",
    "models",
    "person_views",
    "plan_views",
    "slip_views",
]
