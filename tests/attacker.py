"""Somebody with pencil, paper and patience, who works hidden numbers out of shown ones.

Every number is the set of whole numbers that it can be, kept as the bits of one integer (bit 5 set: it can be
5). Sums narrow these sets until nothing narrows any more. Nothing here is shared with `app/disclosure.py`,
which reckons with ranges: the one is to find out where the other is wrong.
"""

import re
from collections.abc import Collection, Hashable, Iterable, Mapping
from functools import reduce
from typing import TypeVar

Cell = TypeVar("Cell", bound=Hashable)

MOST = 1000  # a hidden number is taken to be less than this, unless said otherwise
ABOUT = re.compile(r"about ([\d,]+)")
SMALL = range(1, 8)


def can_be(values: Iterable[int]) -> int:
    """The set of `values`."""
    return reduce(lambda bits, value: bits | 1 << value, values, 0)


def values_of(bits: int) -> set[int]:
    """What stands in a set."""
    return {value for value in range(bits.bit_length()) if bits >> value & 1}


def read(words: str, most: int = MOST, *, half: int = 2) -> int:
    """What a number can be, from how a page writes it: 1 to 7 are hidden, "about" is up to `half` off."""
    words = " ".join(words.split())
    if words in ("hidden", "fewer than 8"):
        return can_be(range(1, 8 if words != "hidden" else most))
    if found := ABOUT.fullmatch(words):
        near = int(found[1].replace(",", ""))
        return can_be(range(max(8, near - half), near + half + 1))
    return can_be([int(words.replace(",", ""))])


def plus(one: int, other: int) -> int:
    """What the sum of the two can be."""
    few, many = sorted((one, other), key=int.bit_count)
    return reduce(lambda bits, value: bits | many << value, values_of(few), 0)


def minus(one: int, other: int) -> int:
    """What `one` without `other` can be; nothing below zero."""
    found = 0
    for value in values_of(other):
        found |= one >> value
    return found


def worked_out(known: Mapping[Cell, int], sums: Collection[tuple[Cell, tuple[Cell, ...]]]) -> dict[Cell, int]:
    """`known`, narrowed by all `sums` (a whole and its parts) until nothing narrows any more."""
    found = dict(known)
    moving = True
    while moving:
        before = dict(found)
        for whole, parts in sums:
            _narrow(found, whole, parts)
        moving = before != found
    return found


def _narrow(found: dict[Cell, int], whole: Cell, parts: tuple[Cell, ...]) -> None:
    found[whole] &= reduce(plus, (found[part] for part in parts), 1)
    for part in parts:
        rest = reduce(plus, (found[other] for other in parts if other != part), 1)
        found[part] &= minus(found[whole], rest)


def pinned(
    known: Mapping[Cell, int],
    sums: Collection[tuple[Cell, tuple[Cell, ...]]],
    truth: Mapping[Cell, int],
    *,
    fewer_than: int = 3,
    blurred: bool = False,
) -> dict[Cell, set[int]]:
    """The small numbers of `truth` of which the attacker knows that they are one of very few values.

    Where the numbers are `blurred` he may be led astray, and has then not won.
    """
    found = worked_out(known, sums)
    wrong = {cell for cell, true in truth.items() if not found[cell] >> true & 1}
    assert blurred or not wrong, f"the attacker has wrongly ruled out the truth of {wrong}"
    small = {cell: values_of(found[cell]) & {*SMALL} for cell, true in truth.items() if true in SMALL}
    return {cell: left for cell, left in small.items() if len(left) < fewer_than and cell not in wrong}
