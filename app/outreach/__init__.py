"""Reaching people: steps, batches, gateways, answers and calls."""

from flask import Flask

from app.outreach import (
    account_views,
    accounted_views,
    alert_views,
    approval_views,
    bad_address_views,
    barrier_views,
    call_views,
    callback_views,
    coming_views,
    due_views,
    failure_views,
    household_views,
    inbound_views,
    jobs,
    letter_views,
    models,
    quiet_views,
    received,
    reply_views,
    returned_views,
    step_views,
    todo,
    unreached_views,
    unsubscribe_views,
    views,
)


def init_app(app: Flask) -> None:
    """Register the room's pages and work."""
    app.register_blueprint(views.bp)


__all__ = [
    "account_views",
    "accounted_views",
    "alert_views",
    "approval_views",
    "bad_address_views",
    "barrier_views",
    "call_views",
    "callback_views",
    "coming_views",
    "due_views",
    "failure_views",
    "household_views",
    "inbound_views",
    "init_app",
    "jobs",
    "letter_views",
    "models",
    "quiet_views",
    "received",
    "reply_views",
    "returned_views",
    "step_views",
    "todo",
    "unreached_views",
    "unsubscribe_views",
]
