"""The starter sets: files under `templates/starter/`, a folder each, as items of the acting organisation.

A Markdown file begins with its kind, name and summary between two lines of `---`, and its format or language
where it is not standard or English; one with `words_of` has the words of another file. `setup.yaml` is a
programme set-up and names itself.
"""

from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from app import audit, clock
from app.library.items import newest_version
from app.library.models import ENGLISH, STANDARD, LibraryItem, Member, PublishedItem
from app.library.publishing import publish
from app.library.setup import read_setup
from tenants import scope
from tenants.db import db

STARTERS = Path(__file__).resolve().parent.parent.parent / "templates" / "starter"
SETS = ("dover-town", "medway")
PURPOSE = "sharing what works"


def load_all() -> list[LibraryItem]:
    """The items of every starter set, approved."""
    return [item for name in SETS for item in load(STARTERS / name)]


def load(folder: Path) -> list[LibraryItem]:
    """The items that the files in `folder` describe, approved, the set-up last.

    Loading again gives the same items back; a file that has changed becomes the next version. Raises
    BadSetup where the set-up cannot be used.
    """
    files = [_read(path) for path in sorted(folder.glob("*.md"))] + [_read_setup(folder / "setup.yaml")]
    return [_unchanged(file) or _add(file) for file in files]


def publish_all(items: list[LibraryItem]) -> list[PublishedItem]:
    """Share each of `items` with the ICB."""
    return [publish(item) for item in items]


def _read(path: Path) -> dict[str, Any]:
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    said: dict[str, Any] = yaml.safe_load(head)
    if (other := said.pop("words_of", None)) is not None:
        body = _read(path.with_name(other))["body"]
    return {"format": STANDARD, "language": ENGLISH, "body": body.strip()} | said


def _read_setup(path: Path) -> dict[str, Any]:
    body = path.read_text(encoding="utf-8")
    setup = read_setup(body)
    return {
        "kind": "programme set-up",
        "name": setup.name,
        "summary": setup.aim,
        "body": body,
        "format": STANDARD,
        "language": ENGLISH,
    }


def _member(file: dict[str, Any]) -> Member:
    return Member(file["kind"], file["name"], file["language"], file["format"])


def _unchanged(file: dict[str, Any]) -> LibraryItem | None:
    statement = select(LibraryItem).where(
        LibraryItem.org_id == scope.current().org,
        LibraryItem.kind == file["kind"],
        LibraryItem.name == file["name"],
        LibraryItem.language == file["language"],
        LibraryItem.format == file["format"],
        LibraryItem.version == newest_version(_member(file)),
        LibraryItem.state == "approved",
        LibraryItem.body == file["body"],
    )
    return db.session.scalars(statement).one_or_none()


def _add(file: dict[str, Any]) -> LibraryItem:
    who, moment = audit.actor().name, clock.now()
    version = newest_version(_member(file)) + 1
    item = LibraryItem(
        version=version,
        state="approved",
        made_by=who,
        made_at=moment,
        approved_by=who,
        approved_at=moment,
        **file,
    )
    db.session.add(item)
    db.session.flush()
    audit.record("loaded", item.kind, item.id, purpose=PURPOSE, version=version)
    return item
