"""The forms that say whom a row is about, and that two records are of one person."""

from collections.abc import Sequence

from app.fields import Form, Needed, Tick, ValidationError, radio_field, text_field
from app.people.matching import Compared

NOBODY = "nobody"
LONGEST = 1000  # letters of a note
SEARCHED = 200  # letters of what is searched for


def _not_longer(most: int) -> object:
    def check(_form: Form, field: object) -> None:
        if len(getattr(field, "data", None) or "") > most:
            raise ValidationError(f"Enter {most:,} letters or fewer")

    return check


class DecideForm(Form):
    """One of the candidates, or nobody; and a note for whoever looks at it later."""

    person = radio_field("Whom is this row about?", [], Needed("Select whom the row is about"))
    note = text_field(
        "Note (optional)",
        _not_longer(LONGEST),
        hint="How you know, for whoever looks at this later. It is kept with the decision.",
        component="textarea",
        rows=2,
    )

    def of(self, candidates: Sequence[Compared], names: dict[int, str]) -> "DecideForm":
        """The form with the candidates, by the words that tell them apart."""
        listed = [(str(one.candidate.id), names[one.candidate.id]) for one in candidates]
        self.person.choices = [*listed, (NOBODY, "Nobody in the lists")]
        return self

    @property
    def chosen(self) -> int | None:
        """The person's number; None for nobody."""
        return None if self.person.data == NOBODY else int(self.person.data)


class FindForm(Form):
    """Which records to look for: an NHS number or a name."""

    class Meta(Form.Meta):
        csrf = False  # asks, changes nothing

    q = text_field(
        "NHS number or name",
        Needed("Enter an NHS number or a name"),
        _not_longer(SEARCHED),
        hint="For example, 999 123 4567 or Harpreet",
    )


class MergeForm(Form):
    """Which of two records is kept, why they are of one person, and that somebody has checked."""

    kept = radio_field("Which record is kept?", [], Needed("Select which record is kept"))
    why = text_field(
        "How do you know that they are of one person?",
        Needed("Say how you know that the two records are of one person"),
        _not_longer(LONGEST),
        hint="For example: the practice has confirmed that the first NHS number was replaced by the second.",
        component="textarea",
        rows=3,
    )
    sure = Tick("I have checked that these are two records of one person, and not of two people")

    def validate_sure(self, field: Tick) -> None:
        """Nobody merges by mistake."""
        if not field.data:
            raise ValidationError("Check the two records, and tick that they are of one person")
