"""Forms for quiet days and for how often one person may be contacted."""

from typing import ClassVar

from wtforms import Field
from wtforms.validators import Length, ValidationError

from app.fields import DateParts, Form, Needed, text_field, ticks_field

CHANNELS = (("text", "Texts"), ("email", "E-mails"), ("letter", "Letters"), ("call", "Calls"))
LONGEST = 366  # days


class BlackoutForm(Form):
    """From when to when nothing goes out, by what, and why."""

    starts_on = DateParts("First day", [Needed("Enter the first day")], description="For example, 10 12 2026")
    ends_on = DateParts("Last day", [Needed("Enter the last day")], description="For example, 5 1 2027")
    channels = ticks_field("What does not go out?", CHANNELS, Needed("Choose at least one"))
    why = text_field(
        "Why?",
        Needed("Enter why nothing goes out"),
        Length(max=200, message="Why must be 200 characters or fewer"),
        hint="For example: booster clinics in all practices",
    )

    def validate_ends_on(self, field: Field) -> None:
        """The last day is not before the first, nor more than a year after it."""
        if field.data is None or self.starts_on.data is None:
            return
        if field.data < self.starts_on.data:
            raise ValidationError("The last day must be the same as or after the first day")
        if (field.data - self.starts_on.data).days > LONGEST:
            raise ValidationError("The last day must be within a year of the first day")


class OftenForm(Form):
    """At most so many contacts in so many days, and the days between two of different programmes."""

    NAMES: ClassVar = ("most_contacts", "contacts_days", "days_between")
    LIMITS: ClassVar = {"most_contacts": (1, 50), "contacts_days": (1, 365), "days_between": (0, 90)}

    most_contacts = text_field(
        "At most so many contacts with one person",
        Needed("Enter how many contacts"),
        hint="Texts, e-mails, letters and calls of all programmes together",
        width="3",
        inputmode="numeric",
    )
    contacts_days = text_field(
        "In so many days", Needed("Enter how many days"), width="3", inputmode="numeric"
    )
    days_between = text_field(
        "Days between contacts of different programmes",
        Needed("Enter how many days"),
        hint="0 lets two programmes contact somebody on the same day",
        width="3",
        inputmode="numeric",
    )

    def _check(self, field: Field) -> None:
        least, most = self.LIMITS[field.name]
        if not str(field.data).isdecimal() or not least <= int(str(field.data)) <= most:
            raise ValidationError(f"Enter a whole number from {least} to {most}")

    validate_most_contacts = validate_contacts_days = validate_days_between = _check
