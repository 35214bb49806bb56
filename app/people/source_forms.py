"""The forms that register a source and the agreement that covers it."""

from wtforms import Field
from wtforms.validators import Length

from app.fields import (
    DateParts,
    Form,
    Needed,
    ValidationError,
    radio_field,
    text_field,
    ticks_field,
)
from app.people.sources import KIND_WORDS

SHORT = Length(max=200, message="Write no more than 200 characters")
LONG = Length(max=1000, message="Write no more than 1,000 characters")

# Defaults that a data protection officer confirms. Source: domain.md 4.2, lawful basis matrix.
BASES = (
    "Direct care in the practices’ own lists: UK GDPR 6(1)(e) and 9(2)(h), implied consent",
    "Risk stratification by a processor: UK GDPR 6(1)(e) and 9(2)(h), section 251 support",
    "Explicit consent of each person: UK GDPR 6(1)(e) and 9(2)(a)",
)
OTHER = "another"

# What each kind of source cannot be without, and what some of them hold besides.
HELD = {
    "people": "who people are",
    "events": "coded health records",
    "service": "use of services",
    "named": "membership of groups",
    "council": "agreement to help with design",
}
DATA_CLASSES = (
    HELD["people"],
    "addresses and contact details",
    *(HELD[kind] for kind in HELD if kind != "people"),
)


class SourceForm(Form):
    """What a source is, who controls it, and what its data is for."""

    name = text_field(
        "Name of the source", Needed("Enter a name for the source"), SHORT,
        hint="As your staff call it, like “Community services”",
    )  # fmt: skip
    kind = radio_field(
        "What do its files hold?", tuple(KIND_WORDS.items()), Needed("Select what its files hold")
    )
    holds = text_field(
        "What is it?", Needed("Enter what the source is"), LONG,
        hint="For example, referrals to podiatry, physiotherapy and community nursing",
        component="textarea", rows="2",
    )  # fmt: skip
    controller = text_field(
        "Who controls the data?", Needed("Enter who controls the data"), SHORT,
        hint="The data controller, like a trust, a council or the practices together",
    )  # fmt: skip
    purpose = text_field(
        "What will it be used for?", Needed("Enter what the data will be used for"), LONG,
        component="textarea", rows="2",
    )  # fmt: skip

    TAKEN = "There is a source with this name. Enter another one"
    taken: frozenset[str] = frozenset()

    def validate_name(self, field: Field) -> None:
        """No two sources have one name: commands and reports go by it."""
        if field.data in self.taken:
            raise ValidationError(self.TAKEN)


class AgreementForm(Form):
    """What was signed with the controller of a source, outside this service."""

    reference = text_field(
        "Reference", Needed("Enter the agreement’s reference"), SHORT,
        hint="As it stands on the document, like KMISA-2026-014", width="20",
    )  # fmt: skip
    lawful_basis = radio_field(
        "Lawful basis", ((*((basis, basis) for basis in BASES), (OTHER, "Another basis"))),
        Needed("Select the lawful basis"),
        hint="Your data protection officer confirms it. Section 251 support for risk stratification does not"
        " cover social care, a job centre or a children’s centre: their data needs a basis of its own.",
    )  # fmt: skip
    other_basis = text_field("Which other basis, if another?", SHORT)
    data_classes = ticks_field(
        "What may be brought in?",
        tuple((one, one[0].upper() + one[1:]) for one in DATA_CLASSES),
        Needed("Select what may be brought in"),
    )
    starts_on = DateParts("First day", [Needed("Enter the first day of the agreement")])
    ends_on = DateParts("Last day", [Needed("Enter the last day of the agreement")])
    signed_by = text_field(
        "Signed by", Needed("Enter who signed it"), SHORT, hint="Name and role, for the controller"
    )

    TAKEN = "This source has an agreement with this reference. Enter another one"
    taken: frozenset[str] = frozenset()
    kind = ""

    @property
    def basis(self) -> str:
        """The lawful basis, in words."""
        return str(self.other_basis.data if self.lawful_basis.data == OTHER else self.lawful_basis.data)

    def validate_reference(self, field: Field) -> None:
        """A renewal has a reference of its own."""
        if field.data in self.taken:
            raise ValidationError(self.TAKEN)

    def validate_data_classes(self, field: Field) -> None:
        """It covers what the files of the source hold."""
        held = HELD.get(self.kind)
        if held and field.data and held not in field.data:
            raise ValidationError(
                f"The files of this source hold {held}. An agreement that lets them in says so"
            )

    def validate_other_basis(self, field: Field) -> None:
        """Asked for where none of those listed is the basis."""
        if self.lawful_basis.data == OTHER and not field.data:
            raise ValidationError("Enter the lawful basis")

    def validate_ends_on(self, field: Field) -> None:
        """It ends on its first day at the earliest."""
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError("The last day must be on or after the first day")
