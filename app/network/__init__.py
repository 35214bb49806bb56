"""ICBs, settings and staff: onboarding PCNs and partners, and the overview without people."""

from flask import Flask

from app.network import commands, offers, second_factors, services, settings, staff, views, watching

__all__ = ["init_app", "offers", "second_factors", "services", "settings", "staff", "watching"]


def init_app(app: Flask) -> None:
    """Register the room's pages and commands."""
    app.register_blueprint(views.bp)
    app.cli.add_command(commands.tenants)
