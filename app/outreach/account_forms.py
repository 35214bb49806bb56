"""The form that connects a channel to GOV.UK Notify."""

import re

from wtforms import Field
from wtforms.validators import Length, Regexp, ValidationError

from app.fields import Form, Needed, text_field
from app.outreach.accounts import MOST_A_MINUTE

KEY = re.compile(
    r".+-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
TEXT_TEMPLATE = "Of a text message template whose whole message is ((body))"
EMAIL_TEMPLATE = "Of an e-mail template whose subject is ((subject)) and whose whole message is ((body))"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ConnectForm(Form):
    """What GOV.UK Notify gives a service: a key and a template; and a token that we give it."""

    key = text_field("API key", Needed("Enter the API key"), autocomplete="off", spellcheck=False)
    template = text_field(
        "Template ID",
        hint=TEXT_TEMPLATE,
        autocomplete="off",
    )
    callback = text_field(
        "Callback token",
        Needed("Enter the callback token"),
        Regexp(r"\S*$", message="The callback token must have no spaces"),
        Length(min=20, message="The callback token must have 20 characters or more"),
        hint="Any long random text. Enter the same at GOV.UK Notify, under API integration, Callbacks",
        autocomplete="off",
        spellcheck=False,
    )
    per_minute = text_field(
        "At most so many a minute",
        Needed("Enter how many a minute"),
        classes="nhsuk-input--width-5",
        inputmode="numeric",
    )
    channel = ""

    def of(self, channel: str) -> "ConnectForm":
        """The form for that channel."""
        self.channel = channel
        if channel == "email":
            self.template.description = EMAIL_TEMPLATE
        return self

    def validate_key(self, field: Field) -> None:
        """A key is a name and two identifiers."""
        if field.data and not KEY.fullmatch(field.data.strip()):
            raise ValidationError("Enter the whole API key, as GOV.UK Notify shows it once")

    def validate_template(self, field: Field) -> None:
        """Texts and e-mails need a template."""
        if self.channel != "letter" and not UUID.fullmatch((field.data or "").strip()):
            raise ValidationError("Enter the template ID, like 0f5a2b3c-1d2e-4f60-8a7b-9c0d1e2f3a4b")

    def validate_per_minute(self, field: Field) -> None:
        """A whole number up to what GOV.UK Notify takes."""
        if not (field.data or "").isdecimal() or not 1 <= int(field.data) <= MOST_A_MINUTE:
            raise ValidationError(f"Enter a whole number from 1 to {MOST_A_MINUTE:,}")
