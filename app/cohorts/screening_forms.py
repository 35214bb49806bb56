"""The forms of screening: one person, or several plain cases at once."""

import re
from typing import Any

from wtforms.validators import Length

from app.cohorts.screening import KEEP, LEAVE_OUT, LOOK_AGAIN, OTHER, REASONS, Decision
from app.fields import Form, HiddenField, Needed, ValidationError, radio_field, select_field, text_field

CHOSEN = re.compile(r"(\d{1,18})-(\d{1,18})")
CHOICES = [("", "Choose a reason")] + [(reason, reason[0].upper() + reason[1:]) for reason in REASONS]


class _WhenLeftOut:
    """A reason is needed to leave somebody out, and is for nothing else."""

    def __call__(self, form: Any, field: Any) -> None:
        if form.decision.data == LEAVE_OUT and not field.data:
            raise ValidationError("Choose why they are left out")


class _WhenOther:
    """The reason "other" says nothing without a note."""

    def __call__(self, form: Any, field: Any) -> None:
        if form.decision.data == LEAVE_OUT and form.reason.data == OTHER and not field.data:
            raise ValidationError("Enter a note that says why")


class ScreenForm(Form):
    """Keep, leave out or look again; `seen` is the decision that the page showed (0: none)."""

    decision = radio_field(
        "Is the programme for them?",
        [
            (KEEP, "Keep: they may be contacted"),
            (LEAVE_OUT, "Leave out: they are not contacted"),
            (LOOK_AGAIN, "Look again later: they are not contacted until then"),
        ],
        Needed("Choose whether to keep them, leave them out or look again"),
    )
    reason = select_field("Why, if you leave them out", CHOICES, _WhenLeftOut())
    note = text_field(
        "Note",
        _WhenOther(),
        Length(max=1000, message="The note must be 1,000 characters or fewer"),
        component="textarea",
        hint="Optional, unless the reason is “Other”. The care team can read it.",
        rows="3",
    )
    seen = HiddenField(default="0")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """A form without a reason has the empty one."""
        super().__init__(*args, **({"reason": ""} | kwargs))

    @property
    def made(self) -> Decision:
        """What was decided."""
        reason = self.reason.data if self.decision.data == LEAVE_OUT else None
        return Decision(str(self.decision.data), reason, str(self.note.data or ""))

    @property
    def seen_decision(self) -> int:
        """The number of the decision that the page showed; -1 for what is no number."""
        text = str(self.seen.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


class SeveralForm(ScreenForm):
    """The same decision for several people, each with the decision that the page showed."""

    decision = radio_field(
        "The people you ticked",
        [(KEEP, "Keep"), (LEAVE_OUT, "Leave out")],
        Needed("Choose whether to keep them or leave them out"),
        inline=True,
    )
    note = text_field(
        "Note",
        _WhenOther(),
        Length(max=1000, message="The note must be 1,000 characters or fewer"),
        hint="Optional, unless the reason is “Other”.",
    )


def ticked(values: list[str]) -> dict[int, int]:
    """Who was ticked, with the decision that each line showed, from values like "12-0"."""
    pairs = [CHOSEN.fullmatch(value) for value in values]
    return {int(pair[1]): int(pair[2]) for pair in pairs if pair}


__all__ = ["ScreenForm", "SeveralForm", "ticked"]
