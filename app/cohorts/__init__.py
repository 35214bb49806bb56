"""Who a programme is for: the definition, what each rule costs, the practices' release."""

from flask import Flask

from app.cohorts import models


def init_app(app: Flask) -> None:
    """Register the room's pages and work."""


__all__ = ["init_app", "models"]
