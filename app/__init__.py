"""Oast: population health programmes run together by PCNs, their ICB and their partners."""

from typing import Any

from flask import Flask
from flask_migrate import Migrate

from app import (
    addresses,
    care,
    cohorts,
    config,
    demo,
    files,
    here,
    learning,
    library,
    mail,
    navigation,
    network,
    outcomes,
    outreach,
    pages,
    people,
    programmes,
    referrals,
    render,
    security,
    signin,
)
from tenants.db import db

ROOMS = (
    signin,
    people,
    library,
    programmes,
    cohorts,
    outreach,
    care,
    referrals,
    outcomes,
    learning,
    network,
    demo,
)


def create_app(settings: dict[str, Any] | None = None) -> Flask:
    """The application, with `settings` or, where none are given, with those of the environment."""
    app = Flask(__name__, template_folder="../templates")
    app.config.update(config.from_environment() if settings is None else settings)
    addresses.init_app(app)
    db.init_app(app)
    Migrate(app, db, directory=str(config.VAR.parent / "migrations"))
    render.init_app(app)
    here.init_app(app)
    security.init_app(app)
    navigation.init_app(app)
    pages.init_app(app)
    for room in ROOMS:
        room.init_app(app)
    return app


__all__ = ["create_app", "files", "mail"]
