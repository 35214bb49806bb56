"""Taking back what was noted of a person: the row stays, and says who lifted it and when."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, update

from app import clock
from tenants.db import db


def lift(noted: Any, *which: ColumnElement[bool], by: str) -> Sequence[int]:
    """Lift the rows of the model `noted` that match `which` and stand. Their ids: none where none stood."""
    statement = (
        update(noted)
        .where(*which, noted.lifted_at.is_(None))
        .values(lifted_at=clock.now(), lifted_by=by)
        .returning(noted.id)
    )
    return db.session.scalars(statement).all()
