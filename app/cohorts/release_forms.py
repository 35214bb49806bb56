"""The forms by which a practice releases its people, and takes the release back."""

from collections.abc import Sequence
from typing import Any

from wtforms.validators import Length

from app.cohorts.release import BASES
from app.fields import Form, Needed, radio_field, text_field
from tenants.models import Practice


class ReleaseForm(Form):
    """Which of the person's own practices lets its people be contacted, and on what basis."""

    practice = radio_field("Practice", [], Needed("Choose the practice"))
    basis = radio_field("Basis", [(basis, basis) for basis in BASES], Needed("Choose the basis"))

    def of(self, practices: Sequence[Practice]) -> "ReleaseForm":
        """The form with the practices that may be chosen."""
        _choose(self.practice, practices)
        return self


class WithdrawForm(Form):
    """Which practice takes its release back, and why."""

    practice = radio_field("Practice", [], Needed("Choose the practice"))
    reason = text_field(
        "Why?",
        Needed("Enter why the release is taken back"),
        Length(max=500, message="The reason must be 500 characters or fewer"),
        component="textarea",
        rows="3",
    )

    def of(self, practices: Sequence[Practice]) -> "WithdrawForm":
        """The form with the practices that may be chosen."""
        _choose(self.practice, practices)
        return self


def _choose(field: Any, practices: Sequence[Practice]) -> None:
    field.choices = [(str(practice.id), practice.name) for practice in practices]
    if len(practices) == 1 and field.data is None:
        field.data = str(practices[0].id)
