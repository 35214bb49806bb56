"""What an ICB sees of its PCNs and partners: what they published. No person, no row of a tenant."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from app.here import here
from app.learning.models import PublishedFigures, PublishedLearning
from app.library.models import PublishedItem
from app.referrals.models import Service
from tenants.db import Json, db
from tenants.models import Organisation

SHARED = (PublishedFigures, PublishedLearning, PublishedItem)


@dataclass
class Pcn:
    """A PCN, the figures of each of its programmes, and when it last shared anything."""

    organisation: Organisation
    figures: list[PublishedFigures] = field(default_factory=list)
    last_shared: dt.datetime | None = None


@dataclass
class Partner:
    """A partner and what it offers."""

    organisation: Organisation
    services: list[Service] = field(default_factory=list)


def _organisations(kind: str) -> list[Organisation]:
    return list(
        db.session.scalars(
            select(Organisation)
            .where(
                Organisation.icb_id == here.organisation.id,
                Organisation.kind == kind,
                Organisation.closed_at.is_(None),
            )
            .order_by(Organisation.name)
        )
    )


def pcns() -> list[Pcn]:
    """The ICB's PCNs by name, with their programmes by name."""
    found = {each.id: Pcn(each) for each in _organisations("pcn")}
    for row in db.session.scalars(select(PublishedFigures).order_by(PublishedFigures.programme_name)):
        if row.origin_org_id in found:
            found[row.origin_org_id].figures.append(row)
    for table in SHARED:
        latest = select(table.origin_org_id, func.max(table.published_at)).group_by(table.origin_org_id)
        for org_id, moment in db.session.execute(latest):
            if org_id in found:
                found[org_id].last_shared = max(filter(None, (found[org_id].last_shared, moment)))
    return list(found.values())


def stages(shown: list[Pcn]) -> list[str]:
    """The stages of the funnels, in their order, each once."""
    names = [str(stage["name"]) for pcn in shown for row in pcn.figures for stage in row.funnel]
    return list(dict.fromkeys(names))


def figure(row: PublishedFigures, stage: str) -> Json:
    """What a programme published of `stage`: in words, and its share; empty where it has no such stage."""
    nothing: Json = {"shown": "", "percent": None}
    return next((each for each in row.funnel if each["name"] == stage), nothing)


def partners() -> list[Partner]:
    """The ICB's partners by name, with their services by name."""
    found = {each.id: Partner(each) for each in _organisations("partner")}
    for service in db.session.scalars(select(Service).order_by(Service.name)):
        if service.origin_org_id in found:
            found[service.origin_org_id].services.append(service)
    return list(found.values())


def last_shared(organisation_id: int) -> dt.datetime | None:
    """When that organisation last published anything to the ICB."""
    tables: tuple[Any, ...] = (*SHARED, Service)
    moments = [
        db.session.scalar(select(func.max(table.published_at)).where(table.origin_org_id == organisation_id))
        for table in tables
    ]
    return max(filter(None, moments), default=None)
