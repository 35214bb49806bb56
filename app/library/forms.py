"""The form in which an item is written."""

from typing import Any

from wtforms import HiddenField
from wtforms.validators import Length

from app.fields import Form, Needed, ValidationError, radio_field, text_field
from app.library.identifiers import identifiers_in
from app.library.models import KINDS
from app.library.rules import SECOND_PERSON, faults_in
from app.library.setup import faults_in_setup
from app.library.sharing import KIND as DEFINITION
from app.library.sharing import faults_in_definition, searched

LONGEST = 50_000  # characters
HINTS = {
    "programme set-up": "As YAML, in the parts that the starter set shows.",
    DEFINITION: "As JSON. Easier: build it in a programme’s cohort, and share it from there.",
    "SOP": "Start a heading with #. Start a line of a list with a hyphen.",
    "text": "Plain text. Start with ((first name)), then say who you are. Do not name a condition.",
    "letter": "Start a heading with #. Start a line of a list with a hyphen. Leave a line between parts.",
    "e-mail": "Write “Subject:” and the subject on the first line.",
    "call script": "Start a heading with #. Start what is to be said with >.",
}


class Named(Form):
    """What an item is called, for good."""

    kind = radio_field(
        "Kind",
        [(kind, kind[0].upper() + kind[1:]) for kind in KINDS],
        Needed("Choose what kind of item it is"),
    )
    name = text_field(
        "Name",
        Needed("Enter a name"),
        Length(max=120, message="The name must be 120 characters or fewer"),
        hint="Programmes find it under this name. It stays the same in later versions.",
    )

    def validate_name(self, field: Any) -> None:
        _refuse(identifiers_in(field.data))


class EditForm(Form):
    """What can change from one version to the next."""

    summary = text_field(
        "What it is for",
        Needed("Enter what it is for, in one sentence"),
        Length(max=300, message="What it is for must be 300 characters or fewer"),
        hint="One sentence that helps others to choose it.",
    )
    body = text_field(
        "Content",
        Needed("Enter the content"),
        Length(max=LONGEST, message=f"The content must be {LONGEST:,} characters or fewer"),
        component="textarea",
        rows=24,
        attributes={"spellcheck": "true"},
    )
    others_note = text_field(
        "Made by others (optional)",
        Length(max=500, message="What you say of what others make must be 500 characters or fewer"),
        hint="Such as Braille, audio, sign language or a translation: who makes it, and how to ask for it.",
        component="textarea",
        rows=3,
    )
    was = HiddenField()

    def __init__(self, *args: Any, kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind_of_item = kind
        self.body.description = HINTS.get(kind, "")

    @property
    def chosen_kind(self) -> str:
        """The kind of the item; of a new one what is chosen on the page, or nothing yet."""
        return self.kind_of_item

    @property
    def for_message(self) -> bool:
        """Whether it is for what is sent or said to people, or may be: the kind is chosen on the page."""
        return self.kind_of_item in SECOND_PERSON or not self.kind_of_item

    def validate_summary(self, field: Any) -> None:
        _refuse(identifiers_in(field.data))

    def validate_others_note(self, field: Any) -> None:
        _refuse(identifiers_in(field.data or ""))

    def validate_body(self, field: Any) -> None:
        kind = self.kind_of_item
        if kind == DEFINITION:
            _refuse(faults_in_definition(field.data) or identifiers_in(searched(kind, field.data)))
            return
        faults = faults_in_setup(field.data) if kind == "programme set-up" else faults_in(field.data, kind)
        _refuse(faults + identifiers_in(field.data))


class WriteForm(Named, EditForm):
    """A new item."""

    @property
    def chosen_kind(self) -> str:
        """What is chosen on the page, or nothing yet."""
        return str(self.kind.data or "")

    def validate_body(self, field: Any) -> None:
        self.kind_of_item = self.chosen_kind
        if self.kind_of_item in KINDS:
            super().validate_body(field)


def _refuse(faults: list[str]) -> None:
    if faults:
        raise ValidationError(". ".join(faults))
