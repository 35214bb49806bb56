"""The form that brings in a file."""

from wtforms import Field

from app.fields import (
    DateParts,
    Needed,
    NotAfterToday,
    OnceForm,
    ValidationError,
    file_field,
    radio_field,
)
from app.people.columns import WrongFile
from app.people.formats import check_head
from app.people.kinds import KINDS

HEAD = 64 * 1024


class UploadForm(OnceForm):
    """What the file holds, when the extract was taken, and the file."""

    kind = radio_field(
        "What does the file hold?",
        [(name, kind.label) for name, kind in KINDS.items()],
        Needed("Select what the file holds"),
    )
    data_date = DateParts(
        "When was the extract taken?",
        [
            Needed("Enter the date the extract was taken"),
            NotAfterToday("The date the extract was taken must be today or in the past"),
        ],
        description="For example, 2 11 2026",
    )
    file = file_field("File", Needed("Choose a file to bring in"), accept=".csv,.txt,.tsv,text/csv")

    def validate_file(self, field: Field) -> None:
        """Say at once what the beginning of the file already shows to be wrong."""
        kind = KINDS.get(self.kind.data or "")
        if not field.data or kind is None:
            return
        head = field.data.stream.read(HEAD)
        field.data.stream.seek(0)
        try:
            check_head(head, kind.columns)
        except WrongFile as wrong:
            raise ValidationError(str(wrong)) from wrong
