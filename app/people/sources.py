"""Where data comes from, and whether an agreement lets a PCN bring it in today."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import exists, select

from app.people.models import Source, SourceAgreement
from tenants.db import db


class NoAgreement(RuntimeError):
    """No agreement with the source is in date, so nothing may be brought in from it."""


def open_sources() -> Sequence[Source]:
    """The PCN's sources that are not closed, by name."""
    listed = select(Source).where(Source.closed_at.is_(None)).order_by(Source.name, Source.id)
    return db.session.scalars(listed).all()


def source_named(name: str) -> Source | None:
    """The PCN's source of that name that is not closed, or None."""
    return db.session.scalars(
        select(Source).where(Source.name == name, Source.closed_at.is_(None))
    ).one_or_none()


def check_agreed(source: Source, day: dt.date) -> None:
    """Raises NoAgreement unless an agreement with the source is in date on `day`, or it is closed."""
    agreed = exists().where(
        SourceAgreement.source_id == source.id,
        SourceAgreement.ended_at.is_(None),
        SourceAgreement.starts_on <= day,
        SourceAgreement.ends_on >= day,
    )
    if source.closed_at is not None or not db.session.scalar(select(agreed)):
        raise NoAgreement
