"""The form in which somebody says when an interpreter is booked."""

from typing import Any

from wtforms.validators import Length

from app.fields import DateParts, Form, Needed, select_field, text_field
from app.outreach.call_forms import check_day, times_of_day


class BookedForm(Form):
    """When the interpreter is there, and what whoever rings needs to know."""

    day = DateParts(
        "Which day?",
        [Needed("Enter the day for which the interpreter is booked")],
        description="Like 14 3 2027. It may be today.",
    )
    time = select_field("What time?", times_of_day)
    note = text_field(
        "Note (optional)",
        Length(max=200, message="Make the note 200 characters or fewer"),
        hint="For example: ring 0300 123 4567 first, booking 8812; or: Amina, who speaks Somali, rings.",
    )

    def validate_day(self, field: Any) -> None:
        """A day that is to come and on which we ring."""
        check_day(field)
