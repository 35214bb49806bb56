"""Which column of a file is which of ours, where its names do not say: asked once, kept with the source."""

import re
from collections.abc import Iterable, Mapping, Sequence

from app import audit
from app.people.columns import Mapped, check_columns
from app.people.import_models import ImportFile, Source
from app.people.understanding import Kind
from tenants import scope
from tenants.db import db

PURPOSE = "bringing in data"
SHOWN = 3
LONGEST = 40
_PLAIN = 2  # values so short say nothing of anybody: Y, N, M, F


def mapping_of(found: ImportFile) -> Mapped:
    """What was said of the columns when reading of the file began; before that what its source remembers."""
    begun: Mapped | None = found.cursor.get("mapping")
    if begun is not None:
        return begun
    source = db.session.get(Source, (scope.current().tenant, found.source_id)) if found.source_id else None
    return source.mapping if source else {}


def places(found: ImportFile, titles: Sequence[str], kind: Kind) -> dict[str, int]:
    """Where each of our columns stands among the file's; raises WrongFile, or NeedsMapping to be asked."""
    return check_columns(titles, kind.columns, mapping_of(found))


def samples_of(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> list[list[str]]:
    """For each column of a file the shapes of its first few different values; `lines` are its first lines.

    Shapes, because who the people are is none of the business of those who bring the file in, and because
    they are kept beside the file and not in it.
    """
    shapes: list[list[str]] = [[] for _ in titles]
    for cells in lines:
        for mine, cell in zip(shapes, cells, strict=False):
            shape = shape_of(cell)
            if shape and shape not in mine and len(mine) < SHOWN:
                mine.append(shape)
    return shapes


def shape_of(cell: str) -> str:
    """A value with its letters as Xx and its digits as 9: "CT16 1AA" is "XX99 9XX"."""
    value = cell.strip()[:LONGEST]
    if len(value) <= _PLAIN:
        return value
    letters = "".join("X" if letter.isupper() else "x" if letter.isalpha() else letter for letter in value)
    return re.sub(r"\d", "9", letters)


def remember(source: Source, said: Mapping[str, str]) -> None:
    """Keep which title in the source's files each of our columns has; columns that are not in `said` go."""
    source.mapping = dict(said)
    audit.record("mapped", "source", source.id, purpose=PURPOSE, columns=len(said))
