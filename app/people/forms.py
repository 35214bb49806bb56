"""The form that brings in a file."""

from collections.abc import Sequence
from typing import BinaryIO

from wtforms import Field

from app.fields import (
    DateParts,
    Needed,
    NotAfterToday,
    OnceForm,
    Tick,
    ValidationError,
    file_field,
    radio_field,
)
from app.people import workbooks
from app.people.columns import WrongFile
from app.people.formats import check_head
from app.people.import_models import Source
from app.people.kinds import KINDS

HEAD = 64 * 1024


class UploadForm(OnceForm):
    """Where the file comes from, when the extract was taken, and the file."""

    source = radio_field("Where does the file come from?", [], Needed("Select where the file comes from"))
    data_date = DateParts(
        "When was the extract taken?",
        [
            Needed("Enter the date the extract was taken"),
            NotAfterToday("The date the extract was taken must be today or in the past"),
        ],
        description="For example, 2 11 2026",
    )
    whole = Tick(
        "The extract holds everybody of its source",
        description="Whoever is not in it is marked as no longer in the list. Nobody is deleted.",
    )
    file = file_field("File", Needed("Choose a file to bring in"), accept=".csv,.txt,.tsv,.xlsx,text/csv")

    def of(self, sources: Sequence[Source]) -> "UploadForm":
        """The form with the sources that may be chosen."""
        self.sources = {str(source.id): source for source in sources if source.kind in KINDS}
        self.source.choices = [(number, source.name) for number, source in self.sources.items()]
        return self

    def validate_file(self, field: Field) -> None:
        """Say at once what the beginning of the file already shows to be wrong."""
        source = self.sources.get(self.source.data or "")
        if not field.data or source is None:
            return
        try:
            _look(field.data.stream, source)
        except WrongFile as wrong:
            raise ValidationError(str(wrong)) from wrong
        finally:
            field.data.stream.seek(0)


def _look(stream: BinaryIO, source: Source) -> None:
    head = stream.read(HEAD)
    if workbooks.is_workbook(head):
        workbooks.glance(stream)
    else:
        check_head(head, KINDS[source.kind].columns, source.mapping)
