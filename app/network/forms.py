"""The forms of the network: onboarding, settings, staff, and the activity filter."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from wtforms import Field
from wtforms.validators import Length

from app.care.people import NotAnNhsNumber, nhs_number_in
from app.fields import (
    DateParts,
    Form,
    Needed,
    OnceForm,
    Tick,
    ValidationError,
    email_field,
    radio_field,
    select_field,
    text_field,
    ticks_field,
)
from tenants import described, onboarding
from tenants.described import Wrong
from tenants.models import DATA_CLASSES, SECTORS

LONG = Length(max=1000, message="Write no more than 1,000 characters")
SHORT = Length(max=200, message="Write no more than 200 characters")


class Reads:
    """The field holds what `read` can read, as in an onboarding file; its message says what to write."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        self.read = read

    def __call__(self, _form: Any, field: Field) -> None:
        try:
            self.read(field.data)
        except Wrong as wrong:
            raise ValidationError(str(wrong)) from None


class OnboardPcn(OnceForm):
    """A PCN, its practices and its first manager."""

    name = text_field("Name of the PCN", Needed("Enter the name of the PCN"), SHORT)
    code = text_field(
        "PCN code",
        Needed("Enter the PCN code"),
        hint="U and 5 digits. For a demonstration use one that starts with U999.",
        width="10",
    )
    slug = text_field(
        "Short name for web addresses",
        hint="Small letters, digits and hyphens, like dover-town. Leave empty to make it from the name.",
        width="20",
    )
    practices = text_field(
        "Practices",
        Needed("Enter at least one practice"),
        hint="One on each line: its code, a space, its name. For example: G82999 Castle Street Surgery",
        component="textarea",
        rows="6",
    )
    manager_name = text_field("Full name", Needed("Enter the manager’s full name"), SHORT)
    manager_email = email_field("Email address", Needed("Enter the manager’s email address"))


class OnboardPartner(OnceForm):
    """A partner, its coordinator, and the first thing that it offers."""

    name = text_field("Name of the organisation", Needed("Enter the name of the organisation"), SHORT)
    slug = text_field(
        "Short name for web addresses",
        hint="Small letters, digits and hyphens, like one-you-kent. Leave empty to make it from the name.",
        width="20",
    )
    sector = radio_field(
        "Sector", [(each, each.capitalize()) for each in SECTORS], Needed("Choose the sector")
    )
    coordinator_name = text_field("Full name", Needed("Enter the coordinator’s full name"), SHORT)
    coordinator_email = email_field("Email address", Needed("Enter the coordinator’s email address"))


class InviteFirst(Form):
    """Somebody to lead an organisation that nobody leads yet."""

    name = text_field("Full name", Needed("Enter their full name"), SHORT)
    email = email_field("Email address", Needed("Enter their email address"), Reads(described.email))


class Sender(Form):
    """How the PCN presents itself in texts and letters."""

    sender_name = text_field(
        "Name that people see", Needed("Enter the name that people see"), SHORT, hint="In texts and letters"
    )
    phone = text_field(
        "Phone number",
        Needed("Enter the phone number"),
        SHORT,
        hint="Where people can ring you about a message",
    )
    address = text_field(
        "Postal address",
        Needed("Enter the postal address"),
        LONG,
        hint="Printed at the top of letters, one line each",
        component="textarea",
        rows="4",
    )
    privacy_url = text_field(
        "Address of your privacy notice",
        Needed("Enter the address of your privacy notice"),
        Reads(onboarding.address_of_page),
        hint="The whole web address, starting with https://",
    )


class SendingHours(Form):
    """Between which times of day messages go out."""

    send_from = text_field(
        "From", Needed("Enter the time that sending starts"), Reads(described.time_of_day), width="5",
        hint="On the 24-hour clock, like 09:00",
    )  # fmt: skip
    send_until = text_field(
        "Until", Needed("Enter the time that sending ends"), Reads(described.time_of_day), width="5",
        hint="On the 24-hour clock, like 18:00",
    )  # fmt: skip

    def validate_send_until(self, field: Field) -> None:
        """The end is after the start, where both can be read."""
        try:
            starts, ends = described.time_of_day(self.send_from.data), described.time_of_day(field.data)
        except Wrong:
            return
        if ends <= starts:
            raise ValidationError("Enter a time after sending starts")


class AddPractice(Form):
    """One more practice."""

    code = text_field(
        "Practice code", Needed("Enter the practice code"), hint="A letter and 5 digits", width="10"
    )
    name = text_field("Name of the practice", Needed("Enter the name of the practice"), SHORT)


class Agree(Form):
    """What is shared with a partner, and from which day to which."""

    partner = select_field("Partner", [], Needed("Choose the partner"))
    reference = text_field(
        "Reference",
        Needed("Enter the reference of the agreement"),
        SHORT,
        hint="As on the signed document",
        width="20",
    )
    lawful_basis = text_field("Lawful basis", Needed("Enter the lawful basis"), LONG)
    data_classes = ticks_field(
        "What may be shared",
        [(each, each.capitalize()) for each in DATA_CLASSES],
        Needed("Choose at least one kind of information"),
    )
    starts_on = DateParts("First day", [Needed("Enter the first day of the agreement")])
    ends_on = DateParts("Last day", [Needed("Enter the last day of the agreement")])
    signed_by = text_field("Signed for the PCN by", Needed("Enter who signed it"), SHORT)

    def validate_ends_on(self, field: Field) -> None:
        """The last day is not before the first."""
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError("Enter a last day on or after the first day")


class Invite(Form):
    """A colleague, their role, and the practice of a practice releaser."""

    name = text_field("Full name", Needed("Enter their full name"), SHORT)
    email = email_field("Email address", Needed("Enter their email address"), Reads(described.email))
    role = radio_field("Role", [], Needed("Choose a role"))
    practice = select_field("Practice", [], hint="Only for a practice releaser")

    def offer(self, roles: tuple[str, ...], practices: list[tuple[str, str]]) -> None:
        """Draw the roles there are and, where there are practices, the practices."""
        self.role.choices = [(role, role[0].upper() + role[1:]) for role in roles]
        self.practice.choices = [("", "None"), *practices]
        self.practice.data = self.practice.data or ""

    def validate_practice(self, field: Any) -> None:
        """A practice releaser has a practice, nobody else does."""
        known = {str(value) for value, _ in field.choices if value}
        if self.role.data == "practice releaser" and field.data not in known:
            raise ValidationError("Choose the practice whose people they release")
        if self.role.data != "practice releaser" and field.data in known:
            raise ValidationError("Choose no practice: only a practice releaser belongs to one")


class ActivityFilter(Form):
    """Which part of the activity to show."""

    class Meta(Form.Meta):
        """It changes nothing, so it needs no token and its answer is an address that can be kept."""

        csrf = False

    who = text_field("Who", SHORT, hint="Part of a name, or a role", width="20")
    what = text_field("What", SHORT, hint="For example viewed, person, batch", width="20")
    about = text_field(
        "About whom",
        SHORT,
        hint="The NHS number of a person of your practice, like 999 123 4567",
        width="10",
        inputmode="numeric",
    )
    since = DateParts("From")
    until = DateParts("To")
    people = Tick("Only what is about one person")

    def asked_by(self, *, practice: bool) -> "ActivityFilter":
        """The filter for a practice, which may ask by NHS number, or for anybody else, who may not."""
        if not practice:
            del self.about
        return self

    def validate_about(self, field: Field) -> None:
        """It is an NHS number."""
        try:
            if field.data and nhs_number_in(field.data) is None:
                raise ValidationError("Enter an NHS number, like 999 123 4567")
        except NotAnNhsNumber as wrong:
            raise ValidationError(str(wrong)) from wrong

    def validate_until(self, field: Field) -> None:
        """The last day is not before the first."""
        if field.data and self.since.data and field.data < self.since.data:
            raise ValidationError("Enter a “To” day on or after the “From” day")


def clock_words(value: dt.time) -> str:
    """A time of day as it is entered: "09:00"."""
    return f"{value:%H:%M}"
