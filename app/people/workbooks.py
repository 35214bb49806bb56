"""Excel workbooks (.xlsx) as the CSV that the rest of the import reads, line by line as the sheet has them.

A workbook is a zip of XML, so a small file can be a huge one: what it unpacks to and how far its sheets reach
is measured before anything is built of it. See docs/decisions/0008-xlsx.md.
"""

import csv
import datetime as dt
import io
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from app.config import MEGABYTE
from app.people.columns import MOST_COLUMNS, Column, WrongFile, places_of

SIGNATURE = b"PK\x03\x04"
MOST_BYTES = 20 * MEGABYTE
MOST_UNPACKED = 100 * MEGABYTE
MOST_ROWS = 100_000
MOST_CELLS = 800_000
MOST_SHEETS = 20
LIMITS = (
    f"up to {MOST_BYTES // MEGABYTE} MB, {MOST_ROWS:,} rows, {MOST_COLUMNS} columns, {MOST_CELLS:,} cells and"
    f" {MOST_SHEETS} sheets, and no more than {MOST_UNPACKED // MEGABYTE} MB unpacked"
)
NO_WORKBOOK = "The file is a zip, not an Excel workbook. Unpack it and bring in the file that is in it."
DAMAGED = "The workbook is damaged. Save it in Excel again, or save it as CSV, and bring that in."
EMPTY = "The workbook has no sheet with rows. Export it again and bring in the new one."
AS_CSV = "Save the sheet as CSV and bring that in."

_PIECE = 256 * 1024
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.I)
_TAG = re.compile(rb"""<(?:\w+:)?(row|c)\b((?:[^>"']|"[^"]*"|'[^']*')*)>""")
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,3})(\d{1,9})["']""")
_ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")
_LARGEST_EXACT = 10**15  # Excel keeps 15 digits of a number


@dataclass(frozen=True)
class Sheet:
    """The sheet that is read: its name, its cells, how many others have rows, how many cells hold errors."""

    name: str
    cells: CalamineSheet
    others: int
    errors: int

    def csv(self) -> Iterator[bytes]:
        """The sheet as UTF-8 CSV in pieces. A blank line stays one, so that lines keep their numbers."""
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        for line in _lines(self.cells):
            if any(line):
                writer.writerow(line)
            else:
                out.write("\r\n")
            if out.tell() > _PIECE:
                yield out.getvalue().encode()
                out.seek(0)
                out.truncate()
        yield out.getvalue().encode()


def is_workbook(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a zip, which an Excel workbook is."""
    return head.startswith(SIGNATURE)


def check(stream: BinaryIO) -> int:
    """Measure a workbook; returns how many of its cells hold errors. Raises WrongFile where it is too big."""
    parts = glance(stream)
    try:
        return _measure(stream, parts)
    except (struct.error, zlib.error, OSError) as error:
        raise WrongFile(DAMAGED) from error


def too_large() -> WrongFile:
    """What is said of a workbook of too many bytes."""
    return WrongFile(f"The workbook is larger than {MOST_BYTES // MEGABYTE} MB. {AS_CSV}")


def glance(stream: BinaryIO) -> Sequence[ZipInfo]:
    """The parts of a workbook as its own list has them; raises WrongFile where that shows that it is none."""
    if stream.seek(0, io.SEEK_END) > MOST_BYTES:
        raise too_large()
    try:
        with ZipFile(stream) as packed:
            parts = packed.infolist()
    except (BadZipFile, struct.error, OSError) as error:
        raise WrongFile(DAMAGED) from error
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise WrongFile(NO_WORKBOOK)
    sheets = sum(1 for part in parts if _SHEET.fullmatch(part.filename))
    if sheets > MOST_SHEETS:
        raise WrongFile(
            f"The workbook has {sheets:,} sheets. The most it may have is {MOST_SHEETS}. {AS_CSV}"
        )
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise _too_much()
    return parts


def _too_much() -> WrongFile:
    return WrongFile(f"The workbook unpacks to more than {MOST_UNPACKED // MEGABYTE} MB. {AS_CSV}")


def _measure(stream: BinaryIO, parts: Sequence[ZipInfo]) -> int:
    """Unpack every part and forget it, to know how much it truly is; returns how many cells hold errors."""
    unpacked, errors = 0, 0
    for part in parts:
        extent = _Extent()  # of every part: a sheet may be kept under any name
        for piece in _unpacked(stream, part):
            unpacked += len(piece)
            if unpacked > MOST_UNPACKED:
                raise _too_much()
            extent.look(piece)
        errors += extent.errors
    return errors


def _unpacked(stream: BinaryIO, part: ZipInfo) -> Iterator[bytes]:
    """All that a part unpacks to, in pieces, whatever length it claims to have."""
    if part.flag_bits & 1 or part.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise WrongFile(DAMAGED)
    stream.seek(part.header_offset)
    name, extra = struct.unpack("<HH", stream.read(30)[26:30])
    stream.seek(name + extra, io.SEEK_CUR)
    left, inflate = part.compress_size, zlib.decompressobj(-15)
    while left > 0 and (packed := stream.read(min(left, _PIECE))):
        left -= len(packed)
        if part.compress_type == ZIP_STORED:
            yield packed
            continue
        while packed and not inflate.eof:
            yield inflate.decompress(packed, _PIECE)
            packed = inflate.unconsumed_tail


class _Extent:
    """How far a sheet reaches, from its XML piece by piece. Raises WrongFile where that is too far."""

    def __init__(self) -> None:
        self.row = self.column = self.errors = 0
        self.rows = self.columns = 0
        self.rest = b""

    def look(self, piece: bytes) -> None:
        text, end = self.rest + piece, 0
        for found in _TAG.finditer(text):
            end = found.end()
            self._cell(found[2]) if found[1] == b"c" else self._row(found[2])
        self.rest = text[max(end, len(text) - 4096) :]

    def _row(self, attributes: bytes) -> None:
        place = _PLACE.search(attributes)
        self.row, self.column = int(place[2]) if place else self.row + 1, 0

    def _cell(self, attributes: bytes) -> None:
        place = _PLACE.search(attributes)
        self.column = _number_of(place[1]) if place else self.column + 1
        if attributes.rstrip().endswith(b"/"):
            return
        self.errors += bool(_ERROR.search(attributes))
        self.rows = max(self.rows, int(place[2]) if place else self.row)
        self.columns = max(self.columns, self.column)
        self._check()

    def _check(self) -> None:
        if self.rows > MOST_ROWS + 1:
            raise WrongFile(f"A sheet has more than {MOST_ROWS:,} rows. {AS_CSV}")
        if self.columns > MOST_COLUMNS:
            raise WrongFile(f"A sheet has {self.columns:,} columns. The most it may have is {MOST_COLUMNS}.")
        if self.rows * self.columns > MOST_CELLS:
            raise WrongFile(f"A sheet has more than {MOST_CELLS:,} cells. {AS_CSV}")


def _number_of(letters: bytes) -> int:
    """A column's number from its letters: A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def read(stream: BinaryIO, columns: tuple[Column, ...]) -> Sheet:
    """The visible sheet whose first line has most of `columns`, the first of several; raises WrongFile."""
    errors = check(stream)
    stream.seek(0)
    filled: list[tuple[int, str, CalamineSheet]] = []
    try:
        with CalamineWorkbook.from_filelike(stream) as workbook:
            for name in _shown(workbook):
                cells = workbook.get_sheet_by_name(name)
                titles = next((line for line in _lines(cells) if any(line)), [])
                filled += [(_known(titles, columns), name, cells)] if titles else []
    except CalamineError as error:
        raise WrongFile(DAMAGED) from error
    if not filled:
        raise WrongFile(EMPTY)
    _, name, cells = max(filled, key=lambda found: found[0])
    return Sheet(name, cells, len(filled) - 1, errors)


def _shown(workbook: CalamineWorkbook) -> list[str]:
    return [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]


def _lines(sheet: CalamineSheet) -> Iterator[list[str]]:
    """The sheet's lines as texts, from its first line on."""
    if sheet.start is not None:
        for line in sheet.iter_rows():
            yield [cell_text(cell) for cell in line]


def _known(titles: list[str], columns: tuple[Column, ...]) -> int:
    try:
        return len(places_of(titles, columns))
    except WrongFile:
        return len(columns)


def cell_text(cell: object) -> str:
    """What stands in a cell as a CSV would have it: dates as 2025-04-03, whole numbers without a point.

    A number of 16 digits or more has lost its last ones in Excel: it is written so that it is refused where
    a code is meant, and never taken for another code.
    """
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float | int):
        return _number_text(float(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return " ".join(str(cell).split("\r\n")).replace("\n", " ").replace("\r", " ")


def _number_text(number: float) -> str:
    if abs(number) >= _LARGEST_EXACT:
        return f"{number:.9E}"
    return str(int(number)) if number.is_integer() else repr(number)
