"""What a PCN has to choose from where a rule is written: its practices, sources and other programmes."""

from sqlalchemy import func, select

from app.cohorts.rule_forms import Choices
from app.people.import_models import Source
from app.people.linking_models import SourceEntry
from app.people.sources import open_sources
from app.programmes.models import Programme
from tenants.db import db
from tenants.models import Practice

LISTS = ("service", "named", "council")


def choices_for(wanted: str, programme: Programme) -> Choices:
    """What the form of a rule needs: "practices", "sources", "programmes" or nothing."""
    match wanted:
        case "practices":
            return Choices(practices=_practices())
        case "sources":
            return Choices(sources=_sources(), fields=_fields())
        case "programmes":
            return Choices(programmes=_programmes(programme))
    return Choices()


def _practices() -> list[tuple[str, str]]:
    found = db.session.execute(select(Practice.code, Practice.name).order_by(Practice.name, Practice.id))
    return [(code, name) for code, name in found]


def _sources() -> list[tuple[str, str]]:
    """The open sources that keep a list of who they know; nobody is "known to" a practice's own extract."""
    return [(one.name, one.name) for one in open_sources() if one.kind in LISTS]


def _fields() -> dict[str, list[str]]:
    """The names of what each source's list says of people who are known by it."""
    key = func.jsonb_object_keys(SourceEntry.fields).label("key")
    said = select(SourceEntry.source_id, key).where(SourceEntry.state == "linked").distinct().subquery()
    rows = db.session.execute(
        select(Source.name, said.c.key)
        .join(said, said.c.source_id == Source.id)
        .order_by(Source.name, said.c.key)
    )
    found: dict[str, list[str]] = {}
    for name, word in rows:
        found.setdefault(name, []).append(word)
    return found


def _programmes(programme: Programme) -> list[tuple[str, str]]:
    others = select(Programme.name).where(Programme.id != programme.id).distinct().order_by(Programme.name)
    return [(name, name) for name in db.session.scalars(others)]
