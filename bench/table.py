"""The table that `make bench` prints."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.timing import median

HEAD = ("what", "against", "median", "median", "ratio", "aim", "met")


@dataclass(frozen=True)
class Row:
    """Two sets of timings in seconds, and how many times `against` the first may take; no aim: shown only."""

    seconds: list[float]
    seconds_against: list[float]
    aim: float | None
    what: str
    against: str

    @property
    def ratio(self) -> float:
        """How many times the median of the one is that of the other."""
        return median(self.seconds) / median(self.seconds_against)

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        medians = (f"{median(self.seconds):.2f} ms", f"{median(self.seconds_against):.2f} ms")
        return self.what, self.against, *medians, f"{self.ratio:.2f}", *self._verdict()

    def _verdict(self) -> tuple[str, str]:
        if self.aim is None:
            return "shown", ""
        return f"at most {self.aim}", "met" if self.ratio <= self.aim else "missed"


@dataclass(frozen=True)
class Statements:
    """How many statements a page took."""

    count: int
    aim: int = 12
    what: str = "the page"

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        met = "met" if self.count <= self.aim else "missed"
        return f"statements of {self.what}", "", str(self.count), "", "", f"at most {self.aim}", met


@dataclass(frozen=True)
class Megabytes:
    """How much memory a process had at most."""

    count: float
    aim: float
    what: str

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        met = "met" if self.count <= self.aim else "missed"
        return self.what, "", f"{self.count:.0f} MB", "", "", f"at most {self.aim:.0f}", met


def drawn(rows: Sequence[Row | Statements | Megabytes]) -> str:
    """The rows under their head, in Markdown, padded so that they read well on a terminal too."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    lines.insert(1, tuple("-" * width for width in widths))
    padded = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in padded)
