"""Forms for what a person asks of us, for holds and needs, and for taking each back."""

from typing import Any

from wtforms.validators import Length

from app.fields import (
    DateParts,
    Form,
    Needed,
    NotAfterToday,
    ValidationError,
    radio_field,
    select_field,
    text_field,
    ticks_field,
)
from app.outreach.choice_models import NEEDS
from app.outreach.needs import language_of

ON_A_SLIP = "slip sent back with a letter"
SOURCES = (
    ("by phone", "By phone"),
    ("in person", "In person"),
    (ON_A_SLIP, "On a slip sent back with a letter"),
    ("in a letter or e-mail", "In a letter or an e-mail"),
)
ASKED = (
    ("this programme", "Nothing more about this programme"),
    ("text", "No texts, from any programme"),
    ("email", "No e-mails, from any programme"),
    ("letter", "No letters, from any programme"),
    ("call", "No phone calls, from any programme"),
    ("any", "No contact from us at all, from any programme"),
    ("national data opt-out", "National data opt-out: not used for research or planning"),
    ("Type 1 opt-out", "Type 1 opt-out: the GP record used for their own care only"),
)
NEED_WORDS = {
    "language": "Another language",
    "format": "Information in another format",
    "interpreter": "An interpreter, or a signer",
    "someone to speak for me": "Someone to speak for them",
}
FORMATS = ("Large print", "Easy read", "Braille", "Audio", "BSL")
MOST = 300  # characters of a note or a reason


def _asked() -> Any:
    return ticks_field(
        "What do they ask?",
        ASKED,
        Needed("Choose what they ask"),
        hint="Each is a thing of its own. Tick only what they said.",
    )


class ChoicesForm(Form):
    """What a person asks of us, and how and when they said it."""

    asked = _asked()
    source = radio_field("How did they say it?", SOURCES, Needed("Choose how they said it"))
    asked_on = DateParts(
        "When did they say it?",
        [Needed("Enter the day on which they said it"), NotAfterToday("The day cannot be after today")],
        description="For a slip or a letter, the date on it",
    )


class SlipForm(Form):
    """What is ticked on an opt-out slip, and the date on it."""

    asked = _asked()
    asked_on = DateParts(
        "Date on the slip",
        [Needed("Enter the date on the slip"), NotAfterToday("The date cannot be after today")],
        description="Where there is none, the day on which it came",
    )


class FindSlipForm(Form):
    """Whose slip it is. Sent as part of the address, so it carries no token."""

    class Meta(Form.Meta):
        csrf = False

    q = text_field(
        "Our reference, NHS number or name",
        Needed("Enter our reference, an NHS number or a name"),
        hint="Our reference stands under the address on the letter, like 1234-56",
    )


class HoldForm(Form):
    """Why nobody is to contact a person for now."""

    note = text_field(
        "What has to be settled first?",
        Needed("Enter what has to be settled"),
        Length(max=MOST, message=f"Make it {MOST} characters or fewer"),
        hint="Whoever opens their page reads this. For example: their daughter says they are in hospital",
        component="textarea",
        rows=3,
    )


class NeedForm(Form):
    """What a person needs to take part."""

    kind = radio_field(
        "What do they need?", [(kind, NEED_WORDS[kind]) for kind in NEEDS], Needed("Choose what they need")
    )
    language = text_field(
        "Which language?", Length(max=40, message="Make the language 40 letters or fewer"), width="20"
    )
    format = select_field("Which format?", [("", "Choose one"), *((one, one) for one in FORMATS)])
    source = radio_field("How did they say it?", SOURCES, Needed("Choose how they said it"))

    @property
    def value(self) -> str:
        """The language or the format, where the need has one."""
        given = {"language": language_of(self.language.data or ""), "format": self.format.data or ""}
        return given.get(str(self.kind.data), "")

    def validate_language(self, field: Any) -> None:
        """A language is named."""
        if self.kind.data == "language" and not field.data:
            raise ValidationError("Enter the language")

    def validate_format(self, field: Any) -> None:
        """A format is named."""
        if self.kind.data == "format" and not field.data:
            raise ValidationError("Choose the format")


class LiftForm(Form):
    """Why something holds no more."""

    why = text_field(
        "Why does it no longer hold?",
        Needed("Enter why it no longer holds"),
        Length(max=MOST, message=f"Make it {MOST} characters or fewer"),
        hint="It is kept with what was said. For example: they rang and changed their mind",
    )
