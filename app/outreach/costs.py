"""What a batch costs, counted when it was built."""

from dataclasses import dataclass
from decimal import Decimal

from app.library import sms
from app.outreach.models import Batch, Step
from app.outreach.reckoning import Reckoning

UNITS = {"text": "part", "letter": "letter"}


@dataclass(frozen=True)
class Cost:
    """So many `units` (parts of texts, letters) for so many people, at a price; without VAT."""

    units: int
    unit: str
    people: int
    price: sms.Price
    pounds: Decimal

    @property
    def pence_each(self) -> Decimal:
        """Pence for one person, to a tenth."""
        return (self.pounds * 100 / max(self.people, 1)).quantize(Decimal("0.1"))


def cost_of(batch: Batch, step: Step, reckoning: Reckoning) -> Cost | None:
    """What the batch costs; None for what costs nothing, and before anything was counted.

    Whoever was held back after it was built is taken off at what the others cost on average.
    """
    price, units = sms.PRICES.get(step.channel), int(batch.manifest.get("units") or 0)
    built_for = int(batch.manifest.get("people") or 0)
    going = reckoning.people - reckoning.held_back - reckoning.cancelled
    if price is None or not units or not going:
        return None
    left = round(units * going / max(built_for, going))
    return Cost(left, UNITS[step.channel], going, price, sms.cost(step.channel, left))
