"""Reading a stored file a chunk at a time, from the byte where the last chunk ended."""

import gc
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice

from sqlalchemy import select

from app import clock, files
from app.people import bulk, rules
from app.people.columns import NO_ROWS, NeedsMapping, WrongFile, others
from app.people.formats import Lines, Written, before_titles, delimiter_of, records, survey
from app.people.import_models import ImportFile
from app.people.kinds import KINDS
from app.people.mapping import mapping_of, samples_of
from app.people.mapping import places as places_in
from app.people.packing import clean
from app.people.staging import Lined, Staged, stage
from app.people.understanding import Kind, Row, Surroundings, refused
from app.people.unpacking import as_text
from tenants import scope
from tenants.db import db
from tenants.models import Practice

LINES_AT_ONCE = 2000
SAMPLED = 50  # lines of a file whose columns are to be named


def next_chunk(found: ImportFile) -> bool:
    """Read the next lines, and weigh the whole where they are the last. True while there is more.

    Raises WrongFile.
    """
    if found.state == "uploaded":
        _begin(found)
    kind, cursor = KINDS[found.kind], found.cursor
    lines = _lines(found, cursor["offset"])
    last, most = cursor["line"], at_once(kind)
    with _uncollected():
        read: list[tuple[int, list[str]]] = []
        for begins, ends, cells in islice(records(lines, cursor["delimiter"], last), most):
            last = ends
            read.append((begins, cells))
        _take_in(found, kind, read)
    found.cursor = found.cursor | {"offset": lines.offset, "line": last}
    if len(read) == most:
        return True
    if not found.read_rows:
        raise WrongFile(NO_ROWS)
    settle(found)
    return False


@contextmanager
def _uncollected() -> Iterator[None]:
    """Inside, no cycles are looked for: each look would go through all lines. Measured: twice the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def at_once(kind: Kind) -> int:
    """How many lines of a file are read in one transaction."""
    return kind.bulk.at_once if kind.bulk else LINES_AT_ONCE


def _take_in(found: ImportFile, kind: Kind, read: Lined) -> None:
    titles = found.cursor["titles"]
    places, width = places_in(found, titles, kind), len(titles)
    around = Surroundings(clock.today(), _practices())
    _count_dates(found, kind, places, read)
    rows: list[Staged] = []
    if kind.bulk is not None:
        rows, read = bulk.take_in(found, kind.bulk, kind.bulk.packer(places, width, around), read)
    if kind.keeps_others:
        places |= others(titles, places)
    read = [(line, cells) for line, cells in read if "".join(cells).strip()]
    rows += [(line, _row(cells, kind, places, width, around), cells) for line, cells in read]
    found.read_rows += len(read)
    stage(found.id, kind, rows)


def _count_dates(found: ImportFile, kind: Kind, places: Mapping[str, int], read: Lined) -> None:
    """Count the dates that are read day first and could be meant month first.

    None is kept as an example: it may be somebody's date of birth.
    """
    count = found.cursor.get("day_first", 0)
    for place in (places[name] for name in kind.dates if name in places):
        cells = Counter([cells[place] for _, cells in read if len(cells) > place])
        count += sum(times for cell, times in cells.items() if rules.day_first(clean(cell)))
    found.cursor = found.cursor | {"day_first": count}


def settle(found: ImportFile) -> None:
    """Weigh the plain lines of a file that was read to its end."""
    kind = KINDS[found.kind]
    if kind.bulk is None:
        return
    settled = kind.bulk.settle(found)
    if settled.refused:
        stage(found.id, kind, bulk.with_cells(settled.refused, _again(found)))
    found.cursor = found.cursor | {"settled": bulk.kept(settled)}


def _again(found: ImportFile) -> Iterator[tuple[int, list[str]]]:
    """The lines of a file once more, from its first row on."""
    offset, line = found.cursor["first"]
    for begins, _, cells in records(_lines(found, offset), found.cursor["delimiter"], line):
        yield begins, cells


def _begin(found: ImportFile) -> None:
    """Survey the file and find its columns: after this its first row is next."""
    kind = KINDS[found.kind]
    as_text(found, kind)
    written = survey(_pieces(found, 0))
    found.cursor = found.cursor | {"written": asdict(written), "offset": written.mark}
    lines = _lines(found, written.mark)
    skipped, title_line = 0, ""
    each = iter(lines)
    for line in each:
        if not before_titles(line):
            title_line = line
            break
        skipped += 1
    delimiter = delimiter_of(title_line, kind.columns, mapping_of(found))
    rows = records(_from(title_line, each), delimiter, skipped)
    _, last, titles = next(rows, (0, 0, []))
    found.cursor = found.cursor | {
        "offset": lines.offset, "line": last, "titles": titles, "delimiter": delimiter,
        "first": [lines.offset, last],
    }  # fmt: skip
    try:
        places_in(found, titles, kind)
    except NeedsMapping:
        first = [cells for _, _, cells in islice(rows, SAMPLED)]
        found.cursor = found.cursor | {"samples": samples_of(titles, first)}
        raise
    found.state, found.rows = "checking", max(written.lines - last, 0)
    found.cursor = found.cursor | {"mapping": dict(mapping_of(found))}


def _from(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _lines(found: ImportFile, offset: int) -> Lines:
    return Lines(_pieces(found, offset), Written(**found.cursor.get("written", {})), offset)


def _pieces(found: ImportFile, offset: int) -> Iterator[bytes]:
    """The file's bytes from `offset` on."""
    file = db.session.get_one(files.StoredFile, (scope.current().tenant, found.file_id))
    skip = offset % files.CHUNK
    for piece in files.chunks_of(file, offset // files.CHUNK):
        yield piece[skip:]
        skip = 0


def _row(cells: list[str], kind: Kind, places: Mapping[str, int], width: int, around: Surroundings) -> Row:
    if len(cells) < width:
        return refused("fewer values than columns")
    if any(cell.strip() for cell in cells[width:]):
        return refused("more values than columns")
    named = {name: clean(cells[position]) for name, position in places.items()}
    return kind.understand(named, around)


def _practices() -> dict[str, int]:
    rows = db.session.execute(select(Practice.code, Practice.id))
    return {code.upper(): number for code, number in rows}
