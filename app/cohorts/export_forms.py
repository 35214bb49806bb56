"""The form that asks what a file of people is for."""

from typing import Any

from wtforms.validators import Length

from app.cohorts.exports import PURPOSES
from app.fields import Form, Needed, ValidationError, radio_field, text_field


class _WhenAnother:
    """ "Another purpose" says nothing by itself."""

    def __call__(self, form: Any, field: Any) -> None:
        if form.purpose.data == PURPOSES[-1] and not field.data:
            raise ValidationError("Enter what the file is for")


class ExportForm(Form):
    """What the file is for."""

    purpose = radio_field(
        "What is the file for?",
        [(purpose, purpose) for purpose in PURPOSES],
        Needed("Choose what the file is for"),
        hint="It is written down with your name and the number of people.",
    )
    note = text_field(
        "More about it",
        _WhenAnother(),
        Length(max=300, message="What the file is for must be 300 characters or fewer"),
        hint="Optional, unless it is another purpose.",
    )
