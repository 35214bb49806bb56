"""One blurred copy of the PCN's people, from which everything that planners count is taken.

Whoever may try any definition on any day can find two that differ by one person, and round numbers do not
keep that from them for long: enough questions take any rounding apart. So planners are answered from a copy
in which about one person in 32 counts as none and one in 32 as two, always the same ones. However much they
ask, the answers never say more than the copy holds, and in the copy a small number stands for several.
Source: the record keys of ABS TableBuilder and of the 2021 census of England and Wales work alike; ours are
simpler, one weight a person. Why: docs/decisions/0009-small-numbers.md.
"""

import hmac
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import BigInteger, ColumnElement, case, cast, func

from tenants import scope

ONE_IN = 32  # so many count as none, and as many as two
EXACT = 32  # bits: the blurred count stands below them, the exact one from there on


@dataclass(frozen=True)
class Counted:
    """A count as it is, and as it is in the blurred copy: never below 1 where there is somebody."""

    exact: int
    blurred: int


def weight(person_id: ColumnElement[int]) -> ColumnElement[int]:
    """What a person adds to a sum that `counted` takes apart again."""
    chance = func.hashint8extended(person_id, cast(_key(), BigInteger)).op("&")(ONE_IN * 2 - 1)
    blurred = case((chance < 2, 0), (chance < 4, 2), else_=1)
    return cast(blurred, BigInteger) + cast(1 << EXACT, BigInteger)


def counted(total: int) -> Counted:
    """The two counts in a sum of weights."""
    exact, blurred = total >> EXACT, total & ((1 << EXACT) - 1)
    return Counted(exact, max(blurred, 1) if exact else 0)


def unblurred(count: int) -> int:
    """A sum of weights of so many people, had none of them been blurred."""
    return count << EXACT | count


def _key() -> int:
    """A number that nobody outside can know, the same for a PCN as long as its files can be read."""
    key = f"blur:{scope.current().tenant}"
    digest = hmac.digest(current_app.config["FILE_KEY"], key.encode(), "sha256")
    return int.from_bytes(digest[:8], signed=True)


__all__ = ["Counted", "counted", "unblurred", "weight"]
