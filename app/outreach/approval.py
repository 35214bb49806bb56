"""Approving a batch as it was read: the number of messages typed, and each warning ticked.

What was read may no longer be so: somebody opts out while the page is open. So numbers and warnings are taken
again in the transaction that approves, after everybody was checked again, and whatever differs undoes it.
"""

import re
from dataclasses import dataclass
from typing import Any

from app.fields import Form, HiddenField, ValidationError, text_field, ticks_field
from app.outreach.models import Batch
from app.outreach.reckoning import Reckoning
from app.outreach.warnings import BatchWarning
from app.render import count
from tenants.db import Json

UNITS = {"text": "text", "email": "e-mail", "letter": "letter", "call": "call"}
WHOLE = re.compile(r"\d{1,9}|\d{1,3}([, ]\d{3})+")


@dataclass(frozen=True)
class AsItStands:
    """What goes out if the batch is approved now, and what is to be known first."""

    going: int
    unit: str
    warnings: list[BatchWarning]

    @property
    def messages(self) -> str:
        """ "1 text", "1,234 letters"."""
        return count(self.going, self.unit)


def number_in(typed: str) -> int | None:
    """A whole number as people type it; None where it is none.

    >>> number_in("1,234"), number_in("1 234"), number_in("1234"), number_in("12,34")
    (1234, 1234, 1234, None)
    """
    return int(re.sub(r"[, ]", "", typed)) if WHOLE.fullmatch(typed.strip()) else None


class ApprovalForm(Form):
    """A tick for each warning, and the number typed. `stands` says what is so, before anything is checked."""

    ticks = ticks_field("Tick each of these when you have read it", [])
    number = text_field("How many will go out?", width="5", inputmode="numeric", autocomplete="off")
    shown = HiddenField()

    now: AsItStands

    def stands(self, now: AsItStands) -> None:
        """Ask for what is so now."""
        self.now = now
        self.ticks.choices = [(warning.code, warning.sentence) for warning in now.warnings]
        self.ticks.validate_choice = False
        self.number.label.text = f"How many {now.unit}s will go out?"

    def ask_again(self) -> None:
        """What was shown is from now on what is shown: for the page that says what is wrong."""
        self.shown.data = str(self.now.going)

    def validate_ticks(self, field: Any) -> None:
        """Each warning as it is now must be ticked."""
        wanted, ticked = {warning.code for warning in self.now.warnings}, set(field.data or ())
        if wanted <= ticked:
            return
        if ticked - wanted:
            raise ValidationError("What you ticked has changed since. Read each of these again and tick it")
        raise ValidationError("Tick each of these, to say that you have read it")

    def validate_number(self, field: Any) -> None:
        """The number typed must be the number that goes out."""
        typed, now = number_in(field.data or ""), self.now
        if not field.data:
            raise ValidationError(f"Enter how many {now.unit}s will go out")
        if typed is None:
            raise ValidationError("The number must be a whole number, like 1,234")
        if typed != now.going and str(typed) == self.shown.data:
            raise ValidationError(
                f"This has changed since you opened the page: it is {now.messages} now, not {typed:,}. "
                "See who is held back, then enter the new number"
            )
        if typed != now.going:
            raise ValidationError(f"{typed:,} is not the number of {now.unit}s. Read the page again")

    def kept(self, reckoning: Reckoning) -> Json:
        """What was read and acknowledged, to be kept with the batch."""
        said = [warning.sentence for warning in self.now.warnings]
        return {"number": self.now.going, "held_back": reckoning.held_back, "warnings": said}


def keep(batch: Batch, approval: Json) -> None:
    """Keep with the batch what its approver read."""
    batch.manifest = batch.manifest | {"approval": approval}
