"""Registered sources with an agreement in date, for tests that bring in files."""

import datetime as dt

from sqlalchemy import select

from app.people.import_models import Source, SourceAgreement
from tenants.db import db
from tests.rows import make

NAMES = {
    "people": "Practices’ list",
    "events": "Practices’ coded events",
    "service": "Community services",
    "named": "Voluntary groups",
    "council": "Patient council",
}


def source(kind: str) -> Source:
    """The acting PCN's source of that kind, registered with an agreement in date where it is not yet."""
    found = db.session.scalars(select(Source).where(Source.name == NAMES[kind])).one_or_none()
    if found is None:
        found = make(Source, kind=kind, name=NAMES[kind])
        make(
            SourceAgreement,
            source_id=found.id,
            data_classes=["identity"],
            starts_on=dt.date(2020, 1, 1),
            ends_on=dt.date(2040, 1, 1),
        )
    return found
