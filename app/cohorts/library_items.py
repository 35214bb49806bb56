"""Definitions that the library has: our own, and those that the ICB's members share."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from werkzeug.exceptions import NotFound

from app import audit
from app.audit import AuditEvent
from app.cohorts.definition import PURPOSE
from app.here import can
from app.library import adopting, uses
from app.library.items import get_item, get_shared, own_items
from app.library.models import LibraryItem, PublishedItem
from app.library.sharing import KIND
from app.library.uses import Use
from app.permissions import P
from app.programmes.models import Programme
from tenants import scope
from tenants.db import db


@dataclass(frozen=True)
class Origin:
    """A library item that a definition is taken from, ours or shared; `query` is how an address names it."""

    item: LibraryItem | PublishedItem
    query: dict[str, int]

    @property
    def body(self) -> str:
        """The definition as JSON."""
        return self.item.body

    @property
    def words(self) -> str:
        """Its name, and whose it is."""
        maker = f", shared by {self.item.origin_name}" if isinstance(self.item, PublishedItem) else ""
        return f"{self.item.name}, version {self.item.version}{maker}"


def to_choose_from() -> list[Origin]:
    """Our approved definitions, and for who may adopt them those that others in the ICB share."""
    ours = [_ours(item) for item in own_items(KIND)]
    return ours + ([_shared(item) for item in _others()] if can(P.WRITE_LIBRARY) else [])


def origin_from(args: Mapping[str, str]) -> Origin | None:
    """The item that an address names, None where it names none. Raises NotFound."""
    if number := _number(args.get("item", "")):
        return _checked(_ours(get_item(number)))
    if number := _number(args.get("shared", "")):
        return _checked(_shared(get_shared(number)))
    return None


def _number(text: str) -> int:
    plain = text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if plain else 0


def take_note_of(origin: Origin, programme: Programme) -> None:
    """Record where the programme's definition was taken from; of a shared one we keep our own copy."""
    ours = adopting.adopt(origin.item.id) if isinstance(origin.item, PublishedItem) else origin.item
    audit.record("used", KIND, ours.id, purpose=PURPOSE, programme=programme.id, version=origin.item.version)


@uses.offers
def used_in(item: LibraryItem) -> list[Use]:
    """The programmes into whose working copy a definition was taken, as the record of it says."""
    if item.kind != KIND or scope.current().tenant is None:
        return []
    taken = select(AuditEvent.detail["programme"].as_integer()).where(
        AuditEvent.action == "used", AuditEvent.subject == KIND, AuditEvent.subject_id == item.id
    )
    found = db.session.scalars(select(Programme).where(Programme.id.in_(taken)).order_by(Programme.name))
    seen = can(P.SEE_COHORTS)
    return [Use(one.name, url_for("cohorts.view", programme_id=one.id) if seen else "") for one in found]


def _checked(origin: Origin) -> Origin:
    item = origin.item
    may = can(P.WRITE_LIBRARY) if isinstance(item, PublishedItem) else item.state == "approved"
    if item.kind != KIND or not may:
        raise NotFound
    return origin


def _ours(item: LibraryItem) -> Origin:
    return Origin(item, {"item": item.id})


def _shared(item: PublishedItem) -> Origin:
    return Origin(item, {"shared": item.id})


def _others() -> list[PublishedItem]:
    """The newest version of each definition that others in the ICB share."""
    here = scope.current()
    newest = (
        select(PublishedItem)
        .where(
            PublishedItem.icb_id == here.icb,
            PublishedItem.kind == KIND,
            PublishedItem.origin_org_id != here.org,
        )
        .ext(distinct_on(PublishedItem.origin_org_id, PublishedItem.name))
        .order_by(PublishedItem.origin_org_id, PublishedItem.name, PublishedItem.version.desc())
    )
    return list(db.session.scalars(newest))
