"""Whether a preview is still true: nothing that it was weighed against has changed since."""

from sqlalchemy import func, select

from app.people.import_models import ImportFile
from app.people.kinds import KINDS
from app.people.linking_models import LinkDecision, PersonMerge
from tenants.db import db

# Weighed by NHS number alone, so that no decision of whom a row is about counts.
BY_PERSON = ("people", "events")


def fingerprint(found: ImportFile) -> list[int]:
    """What a preview of this file is weighed against, as counts that only ever grow.

    Imports that saved something, merges and their undoings, and for lists the decisions on their
    rows. Counts, not moments: what was being saved while the file was read counts too as soon as it is done.
    """
    done = select(func.count()).where(
        ImportFile.id != found.id,
        ImportFile.kind.in_(KINDS[found.kind].against),
        ImportFile.state == "done",
        func.coalesce(ImportFile.cursor["touched"].as_integer(), 1) > 0,
    )
    merges = select(func.count() + func.count(PersonMerge.undone_at)).select_from(PersonMerge)
    asked = [done, merges]
    if found.kind not in BY_PERSON:
        asked.append(select(func.count() + func.count(LinkDecision.undone_at)).select_from(LinkDecision))
    row = db.session.execute(select(*(one.scalar_subquery() for one in asked))).one()
    return [int(count) for count in row]


def is_stale(found: ImportFile) -> bool:
    """Whether something that the preview was weighed against is being saved, or has changed."""
    return being_saved(found) or fingerprint(found) != found.cursor.get("weighed_against")


def being_saved(found: ImportFile) -> bool:
    """Whether another file, of a kind that this one is weighed against, is being saved."""
    others = select(ImportFile.id).where(
        ImportFile.id != found.id,
        ImportFile.kind.in_(KINDS[found.kind].against),
        ImportFile.state == "saving",
    )
    return db.session.scalars(others.limit(1)).first() is not None
