"""What the worker does with files: read a chunk, save a chunk, and forget after 30 days."""

from app import clock, outbox
from app.people import bulk, imports
from app.people.import_models import ImportFile
from app.people.kinds import KINDS
from tenants.db import Json


@outbox.handles("people.read")
def read(payload: Json) -> outbox.Later | None:
    """Read the next chunk of a file."""
    found = _in_state(payload, "uploaded", "checking")
    return outbox.Later(clock.now()) if found and imports.read_on(found) else None


@outbox.handles("people.save")
def save(payload: Json) -> outbox.Later | None:
    """Save the next chunk of what was previewed."""
    found = _in_state(payload, "saving")
    return outbox.Later(clock.now()) if found and imports.save_on(found) else None


@outbox.handles("people.clear")
def clear(payload: Json) -> None:
    """Take away what waited between the preview and the saving of a large file."""
    found = _in_state(payload, "done")
    staged = KINDS[found.kind].bulk if found else None
    if found and staged:
        bulk.clear(found.id, staged)


@outbox.handles("people.forget")
def forget(payload: Json) -> None:
    """Delete a file's bytes when their 30 days are over."""
    found = imports.locked(payload["import_id"])
    if found is not None:
        imports.forget(found)


def _in_state(payload: Json, *states: str) -> ImportFile | None:
    """The import that the work is about, locked; None where it was cancelled or is done meanwhile."""
    found = imports.locked(payload["import_id"])
    return found if found is not None and found.state in states else None
