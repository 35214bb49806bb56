"""Reading a stored file a chunk at a time, from the byte where the last chunk ended."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice

from sqlalchemy import select

from app import clock, files
from app.people.columns import NO_ROWS, NeedsMapping, WrongFile, others
from app.people.formats import Lines, Written, before_titles, delimiter_of, records, survey
from app.people.kinds import KINDS
from app.people.mapping import mapping_of, samples_of
from app.people.mapping import places as places_in
from app.people.models import ImportFile
from app.people.staging import Staged, stage
from app.people.understanding import Kind, Row, Surroundings, refused
from app.people.unpacking import as_text
from tenants import scope
from tenants.db import db
from tenants.models import Practice

LINES_AT_ONCE = 2000
SAMPLED = 50  # lines of a file whose columns are to be named


def next_chunk(found: ImportFile) -> bool:
    """Read the next 2,000 lines into import rows. True while there is more; raises WrongFile."""
    if found.state == "uploaded":
        _begin(found)
    kind, cursor = KINDS[found.kind], found.cursor
    lines = _lines(found, cursor["offset"])
    read: list[tuple[int, list[str]]] = []
    last = cursor["line"]
    for begins, ends, cells in islice(records(lines, cursor["delimiter"], last), LINES_AT_ONCE):
        last = ends
        if any(cell.strip() for cell in cells):
            read.append((begins, cells))
    ended = lines.offset == cursor["offset"]
    around = Surroundings(clock.today(), _practices())
    stage(found.id, kind, _understood(found, read, kind, around))
    found.read_rows += len(read)
    found.cursor = cursor | {"offset": lines.offset, "line": last}
    if ended and not found.read_rows:
        raise WrongFile(NO_ROWS)
    return not ended


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


def _understood(
    found: ImportFile, read: Sequence[tuple[int, list[str]]], kind: Kind, around: Surroundings
) -> Iterator[Staged]:
    titles = found.cursor["titles"]
    places = places_in(found, titles, kind)
    if kind.keeps_others:
        places |= others(titles, places)
    for line, cells in read:
        yield line, _row(cells, kind, places, len(titles), around), cells


def _row(cells: list[str], kind: Kind, places: Mapping[str, int], width: int, around: Surroundings) -> Row:
    if len(cells) < width:
        return refused("fewer values than columns")
    if any(cell.strip() for cell in cells[width:]):
        return refused("more values than columns")
    named = {name: clean(cells[position]) for name, position in places.items()}
    return kind.understand(named, around)


def clean(cell: str) -> str:
    """The cell without the apostrophe that keeps a spreadsheet from running it as a formula."""
    plain = cell.replace("\0", "").strip()
    return plain[1:] if plain[:1] == "'" and plain[1:2] in ("=", "+", "-", "@") else plain


def _practices() -> dict[str, int]:
    rows = db.session.execute(select(Practice.code, Practice.id))
    return {code.upper(): number for code, number in rows}
