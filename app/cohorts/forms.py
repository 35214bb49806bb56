"""Forms of the definition's pages: its day, saving and sharing it, and reading it from a file."""

import datetime as dt
from typing import Any

from werkzeug.datastructures import FileStorage
from wtforms.validators import Length

from app.cohorts.definition import countable
from app.fields import (
    DateParts,
    Form,
    HiddenField,
    Needed,
    NotAfterToday,
    ValidationError,
    file_field,
    radio_field,
    text_field,
)
from app.library.cohort_rules import BadRule
from app.library.definitions import LONGEST_FILE, Definition, read_definition_file
from app.library.identifiers import identifiers_in

EARLIEST = dt.date(1900, 1, 1)


class DayForm(Form):
    """The day on which people are counted, and the mark of the definition that the page showed."""

    on = DateParts(
        "Day on which people are counted",
        [
            Needed("Enter the day on which people are counted"),
            NotAfterToday("The day must not be in the future"),
        ],
        description="Ages and values are looked at as they were on this day. For example, 2 11 2026",
    )
    seen = HiddenField()

    def validate_on(self, field: Any) -> None:
        """A year that was written too short would count nobody, and look like an answer."""
        if field.data and field.data < EARLIEST:
            raise ValidationError("Enter a day from 1 January 1900, like 2 11 2026")


class VersionForm(Form):
    """Why a version is saved, and the mark of the definition that the page showed."""

    why = text_field(
        "Why?",
        Needed("Enter why you save it, so that others understand"),
        Length(max=500, message="The reason must be 500 characters or fewer"),
        hint="For example: Age from 40, as the clinicians asked on 3 November",
        component="textarea",
        rows="3",
    )
    seen = HiddenField()


class ReadInForm(Form):
    """A definition as JSON, from a file or pasted. `definition` is what it says, once it was read."""

    file = file_field(
        "File", hint="A file that this page made, or that follows the same form", accept=".json"
    )
    text = text_field("Or paste it here", component="textarea", rows=12, attributes={"spellcheck": "false"})
    seen = HiddenField()
    definition: Definition | None = None

    def validate_text(self, field: Any) -> None:
        """Read the file where one was chosen, else what was pasted; say each fault with its place."""
        if isinstance(self.file.data, FileStorage) and self.file.data.filename:
            field.data = _text_of(self.file.data.stream.read(LONGEST_FILE * 4 + 1))
        if not field.data:
            raise ValidationError("Choose a file, or paste a definition")
        try:
            self.definition = countable(read_definition_file(field.data))
        except BadRule as bad:
            raise ValidationError(". ".join(bad.faults[:MOST_FAULTS])) from None


MOST_FAULTS = 10  # said at once


def _text_of(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError("Choose a file of text: this one cannot be read as JSON") from None


class ShareForm(Form):
    """Under which name a definition goes into the library, and what becomes of what only this PCN has."""

    name = text_field(
        "Name",
        Needed("Enter a name"),
        Length(max=120, message="The name must be 120 characters or fewer"),
        hint="Others find it under this name. A name used for it before makes its next version.",
    )
    summary = text_field(
        "What it is for",
        Needed("Enter what it is for, in one sentence"),
        Length(max=300, message="What it is for must be 300 characters or fewer"),
    )
    local = radio_field(
        "What becomes of what is only about your PCN?",
        [
            ("leave out", "Leave it out"),
            ("keep", "Keep it: others shall see it and put their own there"),
        ],
        Needed("Choose what becomes of what is only about your PCN"),
    )

    def validate_name(self, field: Any) -> None:
        """Nobody can be recognised by it."""
        _refuse(identifiers_in(field.data or ""))

    def validate_summary(self, field: Any) -> None:
        """Nobody can be recognised by it."""
        _refuse(identifiers_in(field.data or ""))


def _refuse(faults: list[str]) -> None:
    if faults:
        raise ValidationError(". ".join(faults))
