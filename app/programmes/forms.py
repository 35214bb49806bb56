"""Forms of the programmes' pages."""

from wtforms.validators import Length, ValidationError

from app.fields import Form, Needed, OnceForm, radio_field, text_field
from app.programmes.states import CHANGES, NEEDS_REASON


class StartForm(OnceForm):
    """What the programme is called here."""

    name = text_field(
        "Name of the programme",
        Needed("Enter a name for the programme"),
        Length(max=100, message="The name must be 100 characters or fewer"),
        hint="Staff see it, and letters may name it. For example, “Healthier together in Dover”.",
    )


class StateForm(Form):
    """What to do with a programme, and why."""

    action = radio_field("What do you want to do?", [], Needed("Choose what you want to do"))
    reason = text_field(
        "Why?",
        Length(max=500, message="The reason must be 500 characters or fewer"),
        hint="Needed to pause or close. Everybody who works in the programme sees it.",
        component="textarea",
        rows="3",
    )

    def of_state(self, state: str) -> "StateForm":
        """The form with what can be done to a programme in `state`."""
        self.action.choices = [(name, words) for name, _, words in CHANGES[state]]
        return self

    def validate_reason(self, _: object) -> None:
        """A pause or a close is for a reason."""
        if self.action.data in NEEDS_REASON and not self.reason.data:
            raise ValidationError("Enter why, so that everybody knows")
