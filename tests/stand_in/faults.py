"""What the stand-in gets wrong when it is told to: so many requests each, counted across threads."""

import threading
from dataclasses import asdict, dataclass
from typing import Any


@dataclass
class Faults:
    """How the stand-in misbehaves. Counts are of the next requests; `slow` and `late` are seconds.

    `refuse` answers 400 to one person's number, `not_ready` 400 because of the service, `limit` 429 and
    `break_down` 500 without accepting; `cut_off` accepts and closes the connection without an answer. Of
    callbacks, `lost` are never made and `twice` are made two times. Of the letters, in `virus` a virus is
    found, and `invalid` cannot be printed. Texts and e-mails that `bounce` are taken and never delivered.
    """

    slow: float = 0
    refuse: int = 0
    not_ready: int = 0
    limit: int = 0
    break_down: int = 0
    cut_off: int = 0
    lost: int = 0
    twice: int = 0
    late: float = 0
    virus: int = 0
    invalid: int = 0
    bounce: int = 0


class Fate:
    """Deals out the faults, each as often as was asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults = Faults()

    def set(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """From now on misbehave as `wanted`; what is not named is well. Raises TypeError."""
        with self._lock:
            self._faults = Faults(**wanted)
            return asdict(self._faults)

    def strikes(self, fault: str) -> bool:
        """Whether this request is one of those that `fault` hits; counts it."""
        with self._lock:
            left = getattr(self._faults, fault)
            if left > 0:
                setattr(self._faults, fault, left - 1)
            return bool(left > 0)

    def seconds(self, fault: str) -> float:
        """How long `slow` or `late` takes."""
        return float(getattr(self._faults, fault))
