"""Forms of the referrals room."""

from wtforms import Field, IntegerField, SelectMultipleField
from wtforms.validators import Email, NumberRange

from app.fields import (
    NHS,
    Form,
    Needed,
    OnceForm,
    Optional,
    Tick,
    ValidationError,
    email_field,
    radio_field,
    select_field,
    text_field,
    ticks_field,
)
from app.referrals.models import DECLINE_KINDS
from app.referrals.rules import DECLINE_REASONS, NEEDED

MODES = (("spoken", "They told me"), ("written", "They signed a form"))


class SendForm(OnceForm):
    """What is shared, why, and that the person said yes. The view says which classes may be chosen."""

    reason = text_field(
        "Why are you referring them?",
        Needed("Enter why you are referring them"),
        hint="In plain words. They may read this.",
        component="textarea",
        rows="3",
    )
    wants = text_field(
        "What does the person want from it?",
        Needed("Enter what the person wants"),
        component="textarea",
        rows="2",
    )
    classes = ticks_field("What they agree to share", [], hint="Tick only what they said yes to.")
    mode = radio_field("How did they say yes?", MODES, Needed("Select how they said yes"))
    consent = Tick("They said yes to sharing what is ticked")

    def validate_classes(self, field: SelectMultipleField) -> None:
        """Only what may be shared, and not without contact details: nobody could be reached."""
        allowed = {value for value, *_ in field.iter_choices()}
        if not set(field.data or []) <= allowed:
            field.errors = []
            raise ValidationError("Tick only what the agreement lets you share. It may have just changed")
        if NEEDED not in (field.data or []):
            raise ValidationError("Tick contact details: without them nobody can reach the person")

    def validate_consent(self, field: Field) -> None:
        """Nothing is shared without a yes."""
        if not field.data:
            raise ValidationError("Ask the person first, and tick when they have said yes")


class WithdrawForm(Form):
    """Why a referral is taken back."""

    reason = text_field("Why are you withdrawing it?", Needed("Enter why you are withdrawing the referral"))


class AcceptForm(Form):
    """An accepted referral, with a word to the sender where there is one."""

    note = text_field("Message to the sender (optional)", hint="For example, when you will ring them.")


class DeclineForm(Form):
    """Whose no it is, why, and what the sender needs to know."""

    kind = radio_field(
        "Who said no?",
        [(kind, kind.capitalize()) for kind in DECLINE_KINDS],
        Needed("Select whether the person said no or you cannot offer this"),
    )
    reason = select_field(
        "Why?",
        [
            ("", "Select a reason"),
            *((why, why.capitalize()) for all_ in DECLINE_REASONS.values() for why in all_),
        ],
        Needed("Select a reason"),
    )
    note = text_field(
        "What should the sender know?",
        Needed("Enter what the sender should know, so that they can find something else"),
        component="textarea",
        rows="3",
    )

    def validate_reason(self, field: Field) -> None:
        """A reason belongs to whoever said no."""
        if self.kind.data in DECLINE_REASONS and field.data not in DECLINE_REASONS[self.kind.data]:
            raise ValidationError(f"Select a reason that fits “{self.kind.data}”")


class ServiceForm(Form):
    """A service that the partner offers."""

    name = text_field("Name of the service", Needed("Enter the name of the service"))
    description = text_field(
        "What is it?", Needed("Enter what the service is"), component="textarea", rows="3"
    )
    who_for = text_field("Who is it for?", Needed("Enter who the service is for"))
    capacity = radio_field(
        "Places now",
        [("taking referrals", "Taking referrals"), ("few places", "Few places"), ("paused", "Paused")],
        Needed("Select whether you have places now"),
    )
    reply_days = IntegerField(
        "Days in which you answer a referral",
        [Needed("Enter in how many days you answer"), NumberRange(1, 28, "Days must be between 1 and 28")],
        default=3,
        widget=NHS("input", classes="nhsuk-input--width-3", inputmode="numeric"),
    )
    contact_email = email_field(
        "E-mail address for news of referrals",
        Optional(),
        Email("Enter an e-mail address, like name@example.org"),
        hint="We write when a referral waits. The e-mail names no patient.",
    )
