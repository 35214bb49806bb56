"""Lines as text that PostgreSQL copies in: each different cell is understood once, and then looked up."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

NULL = "\\N"
MOST_REMEMBERED = 60_000  # different cells of a column; where a file has more, it begins again
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": None})


class Memo(dict[Any, Any]):
    """What `read` makes of each cell that it has met. What cannot be read raises each time."""

    def __init__(self, read: Callable[[Any], Any], most: int = MOST_REMEMBERED) -> None:
        super().__init__()
        self.read = read
        self.most = most

    def __missing__(self, cell: Any) -> Any:
        found = self.read(cell)
        if len(self) >= self.most:
            self.clear()
        self[cell] = found
        return found


@dataclass(frozen=True)
class Packer:
    """How lines of one file are packed: the columns they are copied into, and what makes a line's text.

    `pack` takes the number of a line and its cells, `width` of them, and raises Refusal or SetAside where
    it is not a plain line.
    """

    columns: Mapping[str, str]
    width: int
    pack: Callable[[int, list[str]], str]


def copied(value: str | bool | None) -> str:
    """A value as it stands in the text format of COPY.

    >>> copied("a\\tb"), copied(True), copied(None)
    ('a\\\\tb', 't', '\\\\N')
    """
    if value is None:
        return NULL
    if value is True or value is False:
        return "t" if value else "f"
    return value.translate(_ESCAPED)


def clean(cell: str) -> str:
    """The cell without the apostrophe that keeps a spreadsheet from running it as a formula."""
    plain = cell.replace("\0", "").strip()
    return plain[1:] if plain[:1] == "'" and plain[1:2] in ("=", "+", "-", "@") else plain


def joined(values: Iterable[str | bool | None]) -> str:
    """Values as neighbouring columns."""
    return "\t".join(copied(value) for value in values)
