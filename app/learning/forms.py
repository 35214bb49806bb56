"""The form in which a learning page is written."""

from collections.abc import Iterable
from typing import Any

from wtforms import HiddenField
from wtforms.validators import Length

from app.fields import Form, Needed, text_field
from app.learning.rules import SECTIONS, faults_in
from app.programmes.rules import SPINE

LONGEST = 10_000  # characters of one section


class WrittenForm(Form):
    """Title and sections; the sections are added below from the one list of them."""

    title = text_field(
        "Title",
        Needed("Enter a title"),
        Length(max=150, message="The title must be 150 characters or fewer"),
    )
    was = HiddenField()

    def __init__(self, *args: Any, names: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = list(names)

    def validate(self, extra_validators: Any = None) -> bool:
        """Besides the fields' own checks: nothing that points at a person, no figure that does not exist."""
        fine = super().validate(extra_validators)
        for field in (self[name] for name in ("title", *(section.key for section in SECTIONS))):
            faults = faults_in(str(field.data or ""), SPINE, self.names)
            if faults:
                field.errors = [*field.errors, ". ".join(faults)]
                fine = False
        return bool(fine)

    def sections(self) -> dict[str, str]:
        """What was written, by the key of its section, with plain line ends."""
        return {section.key: str(self[section.key].data or "").replace("\r\n", "\n") for section in SECTIONS}


class LearningForm(WrittenForm):
    """The whole page."""


for _section in SECTIONS:
    _field = text_field(
        _section.heading,
        Length(max=LONGEST, message=f"“{_section.heading}” must be {LONGEST:,} characters or fewer"),
        hint=_section.hint,
        component="textarea",
        rows=6,
        attributes={"spellcheck": "true"},
    )
    setattr(LearningForm, _section.key, _field)
