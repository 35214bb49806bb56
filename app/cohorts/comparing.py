"""How often one group is in the cohort, against everybody else. Pure.

Source: PHE Fingertips methods and domain.md 7.3, ratio of two shares with its 95% interval.
"""

from dataclasses import dataclass
from math import exp, log, sqrt

Z = 1.959964  # 95% of a normal distribution lies within so many standard deviations


@dataclass(frozen=True)
class Ratio:
    """How many times as often as everybody else, and the 95% interval."""

    times: float
    low: float
    high: float

    @property
    def words(self) -> str:
        """ "1.4 times (1.1 to 1.8)"."""
        return f"{self.times:.1f} times ({self.low:.1f} to {self.high:.1f})"

    @property
    def verdict(self) -> str:
        """What it says in plain words."""
        if self.low > 1:
            return "more often than others"
        return "less often than others" if self.high < 1 else "no clear difference"


def ratio(members: int, people: int, other_members: int, other_people: int) -> Ratio | None:
    """The share of `members` among `people` over the share among the others; None where one is nobody.

    Where nobody of a group is in, half a person is added to each number, so that there is an interval at all.
    """
    if people <= 0 or other_people <= 0 or members + other_members <= 0 or min(members, other_members) < 0:
        return None
    more = 0.5 if not members or not other_members else 0.0
    a, n1, c, n0 = (number + more for number in (members, people, other_members, other_people))
    times, error = (a / n1) / (c / n0), sqrt(max(0.0, 1 / a - 1 / n1 + 1 / c - 1 / n0))
    return Ratio(times, exp(log(times) - Z * error), exp(log(times) + Z * error))
