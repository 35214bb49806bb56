"""Reaching people: steps, batches, gateways, answers and calls."""

from flask import Flask

from app.outreach import (
    account_views,
    alert_views,
    approval_views,
    bad_address_views,
    call_views,
    callback_views,
    coming_views,
    household_views,
    inbound_views,
    jobs,
    letter_views,
    models,
    quiet_views,
    reply_views,
    returned_views,
    step_views,
    todo,
    views,
)
from app.outreach.gateways import Captured


def init_app(app: Flask) -> None:
    """Register the room's pages and work, and the one gateway that is connected."""
    app.register_blueprint(views.bp)
    app.extensions["gateway"] = Captured()


__all__ = [
    "account_views",
    "alert_views",
    "approval_views",
    "bad_address_views",
    "call_views",
    "callback_views",
    "coming_views",
    "household_views",
    "inbound_views",
    "init_app",
    "jobs",
    "letter_views",
    "models",
    "quiet_views",
    "reply_views",
    "returned_views",
    "step_views",
    "todo",
]
