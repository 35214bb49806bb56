"""Files as people send them: which encoding, which separator, and their lines from any byte on.

A file is never held whole. `survey` goes over it once to learn how it is written, `Lines` reads it from a
byte offset and always knows the offset after the line it gave last, so that reading can stop and go on.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from app.people.columns import Column, Mapped, NeedsMapping, WrongFile, check_columns, places_of

DELIMITERS = (",", ";", "\t")
LONGEST_LINE = 1024 * 1024
MOST_LINES = 2_000_000
TOO_LONG = "The file has a line of more than a million characters. Export it as CSV again."
UNCLOSED = "A quotation mark that opens on line {:,} is not closed. Mend it and bring the file in again."
MOST_LINES_IN_A_ROW = 20
MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
SIGNATURES = (
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook of the old kind (.xls) or with a password"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed file"),
    (b"{\\rtf", "a document"),
    (b"<", "a web page or XML"),
)
EMPTY = "The file is empty. Export it again and bring in the new one."
NOT_TEXT = "The file is not CSV text. Export it as CSV and bring that in."


@dataclass(frozen=True)
class Written:
    """How a file is written: its encoding, the bytes of its mark, what ends a line, how many lines it has."""

    encoding: str
    mark: int
    newline: str
    lines: int


class Lines:
    """The lines of `pieces`, which begin at byte `offset` of the file. `offset` moves on with each line."""

    def __init__(self, pieces: Iterable[bytes], written: Written, offset: int) -> None:
        self.pieces = pieces
        self.written = written
        self._passed = offset
        self._text, self._given = "", io.StringIO()

    @property
    def offset(self) -> int:
        """The byte after the line that was given last."""
        return self._passed + self._bytes(self._text[: self._given.tell()])

    def __iter__(self) -> Iterator[str]:
        rest = ""
        for text in _decoded(self.pieces, self.written.encoding):
            whole, newline, rest = (rest + text).rpartition(self.written.newline)
            for line in self._lines(whole + newline):  # "yield from" would close it
                yield line
            if len(rest) > LONGEST_LINE:
                raise WrongFile(TOO_LONG)
        for line in self._lines(rest):
            yield line

    def _lines(self, text: str) -> io.StringIO:
        self._passed = self.offset
        self._text, self._given = text, io.StringIO(text, newline=self.written.newline)
        return self._given

    def _bytes(self, text: str) -> int:
        encoding = self.written.encoding
        if encoding == "cp1252" or (encoding == "utf-8" and text.isascii()):
            return len(text)
        return len(text.encode(encoding))


def _decoded(pieces: Iterable[bytes], encoding: str) -> Iterator[str]:
    errors = "replace" if encoding == "cp1252" else "strict"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def refuse_at_sight(head: bytes) -> None:
    """Raises WrongFile where the first bytes of a file show that it is no CSV."""
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00,;"):
        raise WrongFile(EMPTY)
    for signature, thing in SIGNATURES:
        if head.lstrip().startswith(signature):
            raise WrongFile(f"The file is {thing}. Save it as CSV or .xlsx and bring that in.")


def survey(pieces: Iterable[bytes]) -> Written:
    """How the whole file is written. Raises WrongFile where it is empty or not text."""
    surveyor = _Surveyor()
    for piece in pieces:
        surveyor.look(piece)
    return surveyor.found()


class _Surveyor:
    """Goes over a file piece by piece: UTF-8 until something is not, then Windows-1252."""

    def __init__(self) -> None:
        self.encoding, self.mark, self.first = "", 0, True
        self.feeds = self.returns = 0
        self.decoder: codecs.IncrementalDecoder | None = None

    def look(self, piece: bytes) -> None:
        if self.first:
            self._begin(piece)
            piece = piece[self.mark :]
        self._try(piece, final=False)
        if not self.encoding.startswith("utf-16") and b"\0" in piece:
            raise WrongFile(NOT_TEXT)
        self.feeds += piece.count(b"\n")
        self.returns += piece.count(b"\r")

    def found(self) -> Written:
        if self.first:
            raise WrongFile(EMPTY)
        self._try(b"", final=True)
        newline, count = ("\n", self.feeds) if self.feeds or not self.returns else ("\r", self.returns)
        if count > MOST_LINES + 1:
            raise WrongFile(
                f"The file has {count:,} lines. The most it may have is {MOST_LINES:,}. Split the file."
            )
        return Written(self.encoding, self.mark, newline, count)

    def _begin(self, head: bytes) -> None:
        refuse_at_sight(head)
        self.first = False
        self.encoding, self.mark = encoding_of(head)
        self.decoder = codecs.getincrementaldecoder(self.encoding)("strict")

    def _try(self, piece: bytes, *, final: bool) -> None:
        if self.decoder is None:
            return
        try:
            self.decoder.decode(piece, final)
        except UnicodeDecodeError as error:
            if self.encoding != "utf-8" or self.mark:
                raise WrongFile(NOT_TEXT) from error
            self.encoding, self.decoder = "cp1252", None


def encoding_of(head: bytes) -> tuple[str, int]:
    """The encoding that the head of a file shows, and the length of its mark. Without a sign, UTF-8."""
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    sample = head[:1000]
    if sample[1::2].count(0) > len(sample) // 4:
        return "utf-16-le", 0
    if sample[0::2].count(0) > len(sample) // 4:
        return "utf-16-be", 0
    return "utf-8", 0


def check_head(head: bytes, columns: tuple[Column, ...], mapping: Mapped) -> None:
    """Raises WrongFile where the first bytes of a file show that it is none with those columns.

    Where they only need to be named it says nothing: that is asked when the file has been looked at.
    """
    refuse_at_sight(head)
    encoding, mark = encoding_of(head)
    lines = head[mark:].decode(encoding, "replace").splitlines()
    title_line = next((line for line in lines if not before_titles(line)), "")
    delimiter = delimiter_of(title_line, columns, mapping)
    with suppress(NeedsMapping):
        check_columns(next(csv.reader([title_line], delimiter=delimiter)), columns, mapping)


def before_titles(line: str) -> bool:
    """Whether a line at the top of a file is not yet the column names: a blank one, or Excel's "sep=;"."""
    return not line.strip() or line.lower().startswith("sep=")


def delimiter_of(title_line: str, columns: tuple[Column, ...], mapping: Mapped) -> str:
    """The separator under which most of the columns are known."""
    return max(
        DELIMITERS, key=lambda mark: (_known(title_line, mark, columns, mapping), title_line.count(mark))
    )


def _known(title_line: str, delimiter: str, columns: tuple[Column, ...], mapping: Mapped) -> int:
    try:
        return len(places_of(next(csv.reader([title_line], delimiter=delimiter)), columns, mapping))
    except WrongFile:
        return len(columns)


def records(lines: Iterable[str], delimiter: str, passed: int) -> Iterator[tuple[int, int, list[str]]]:
    """Each record as the numbers of its first and last lines in the file, and its cells.

    `passed` says how many lines of the file come before `lines`. Raises WrongFile where a quotation mark that
    is never closed swallows what follows.
    """
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        begins = passed + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise WrongFile(UNCLOSED.format(begins)) from error
        ends = passed + reader.line_num
        if ends - begins > MOST_LINES_IN_A_ROW:
            raise WrongFile(UNCLOSED.format(begins))
        yield begins, ends, cells
